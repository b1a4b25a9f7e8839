"""Somebody came in: the place is remembered, and a mail goes out when neither device nor network is known (S1-31)."""

from __future__ import annotations

from datetime import datetime

from chassis.days import riga_day
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import places as rules
from services.identity.domain.places import Place
from services.identity.messages import UnusualSignIn
from services.identity.store import places
from services.identity.store.tables import SessionRecord, User


def came(unit: UnitOfWork, record: SessionRecord, moment: datetime) -> None:
    """Note where a session was opened from; only once everything that is owed was proven, or guesses would teach us."""
    place = Place(record.device, rules.network(record.address))
    known = places.known(unit.session, record.user_id)
    places.seen(unit.session, record.user_id, place, riga_day(moment), fresh=place not in known)
    if not rules.is_unusual(place, known):
        return
    user = unit.session.get_one(User, record.user_id)
    unit.audit(
        "identity.session.unusual",
        on=("session", record.id),
        detail={"device": place.device, "network": place.network},
    )
    unit.emit(
        UnusualSignIn(
            user_id=user.id,
            name=user.name,
            email=user.email,
            language=user.language,
            at=moment,
            device=place.device,
            address=record.address,
        )
    )
