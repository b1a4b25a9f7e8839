"""The last letter: what was erased, what is kept and why. Written before the address is erased, and erased with it."""

from __future__ import annotations

from chassis.bus import Bus
from chassis.caller import Delivery
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from services.identity import messages as identity
from services.notifications.domain.kept import in_words
from services.notifications.usecases.compose import compose
from services.notifications.usecases.facts import Facts
from services.notifications.usecases.notify import Addressee, write


def run(db: Database, bus: Bus, event: identity.ErasureReported, delivery: Delivery) -> None:
    """Write the letter. The event says only whose it is: the address comes from identity while it still knows it.

    Raises PortalError when identity is away; the retry ladder comes back.
    """
    try:
        letter = bus.call(identity.GetErasureLetter(erasure_id=event.erasure_id))
    except PortalError as error:
        if error.code == "not_found":  # erased in the meantime: there is nobody to write to any more
            return
        raise
    language = letter.language
    kept = [
        {
            "title": part["title"][language],
            "count": part["count"],
            "reason": in_words(part["reason"])[language],
        }
        for part in letter.kept
    ]
    values = {"name": letter.name, "kept": kept}
    facts = Facts("erasure_report", "/", values, user_id=letter.user_id, email=letter.email, language=language)
    composed = compose(facts.kind, language, facts.path, values)
    with db.unit_of_work(delivery) as uow:
        write(uow, facts, Addressee(letter.email, "", language, letter.name), composed, moment=now())
