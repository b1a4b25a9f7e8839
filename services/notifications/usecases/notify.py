"""An event becomes one message: in the portal, and on its way over the channels its addressee takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis.bus import Bus
from chassis.caller import Delivery
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Event
from chassis.telemetry import get_logger
from chassis.text import fold
from chassis.unit_of_work import UnitOfWork
from services.identity import messages as identity
from services.notifications.domain.delivery import QUEUED
from services.notifications.domain.kinds import KINDS, channels
from services.notifications.settings import settings
from services.notifications.store.tables import ClientPhone, DeliveryRow, MessageRow, PreferenceRow
from services.notifications.usecases.compose import Composed, compose
from services.notifications.usecases.facts import FACTS, FOR_STAFF, Facts

log = get_logger(__name__)

PHONE = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(frozen=True)
class Addressee:
    """Where a message goes: addresses are empty when there is none."""

    email: str
    phone: str
    language: str
    name: str


def run(db: Database, bus: Bus, event: Event, delivery: Delivery) -> None:
    """Write the message of an event, once however often the event is delivered.

    Raises PortalError when identity is away and the event itself does not say enough; the retry ladder comes back.
    """
    addressed = [(facts, addressee) for facts, addressee in _addressed(bus, event) if addressee is not None]
    ready = [(facts, addressee, _composed(facts, addressee)) for facts, addressee in addressed]
    if not ready:
        return
    with db.unit_of_work(delivery) as uow:
        for facts, addressee, composed in ready:
            write(uow, facts, addressee, composed, moment=now())


def _addressed(bus: Bus, event: Event) -> Iterator[tuple[Facts, Addressee | None]]:
    """Yield what is told to whom: the person or client concerned, and staff where they must know."""
    facts = FACTS[type(event)](event)
    if facts is not None:
        yield facts, find_addressee(bus, facts)
    for_staff = FOR_STAFF.get(type(event))
    if for_staff is not None and settings().security_address:
        told = for_staff(event)
        yield told, find_addressee(bus, told)


def _composed(facts: Facts, addressee: Addressee) -> Composed:
    values = {"client_name": addressee.name, **facts.values}
    return compose(facts.kind, addressee.language, facts.path, values)


def find_addressee(bus: Bus, facts: Facts) -> Addressee | None:
    """Return whom to tell: the person the event names, else the client's address, else its first user's.

    None for a client who is erased: an invoice that is paid later must not make a message that stays for good.
    """
    if facts.client_id is None:
        return Addressee(facts.email, facts.phone, facts.language or "lv", str(facts.values.get("name", "")))
    try:
        cards = bus.call(identity.GetClients(client_ids=[facts.client_id], with_users=True), timeout=3.0).items
    except PortalError as error:
        if not facts.email or error.code not in ("unavailable", "deadline"):
            raise
        log.warning("identity is away; the event's own address is used", kind=facts.kind)
        return Addressee(facts.email, facts.phone, facts.language or "lv", "")
    if not cards:
        log.warning("no such client", client=str(facts.client_id), kind=facts.kind)
        return Addressee(facts.email, facts.phone, facts.language or "lv", "")
    card = cards[0]
    if card.erased:
        return None
    # An address of a person only when the person may see such a message for the whole client.
    needed = KINDS[facts.kind].right
    users = [user for user in card.users if needed is None or needed in user.rights]
    email = facts.email or (card.invoice_email if facts.to_invoices else None) or card.email
    email = email or (users[0].email if users else "")
    phone = facts.phone or card.phone or (users[0].phone if users else None) or ""
    return Addressee(email, phone, card.language, card.name)


def write(uow: UnitOfWork, facts: Facts, addressee: Addressee, composed: Composed, *, moment: datetime) -> UUID:
    """Add the message and its deliveries to the open transaction; returns the message's id."""
    kind = KINDS[facts.kind]
    session = uow.session
    message = MessageRow(
        id=new_id(), kind=kind.name, client_id=facts.client_id, user_id=facts.user_id, right=kind.right,
        language=addressee.language, subject=composed.subject, body=composed.body, html=composed.html,
        sms=composed.sms, link=composed.link, link_id=facts.link_id, created_at=moment,
        permits=sorted(facts.permits), contracts=sorted(facts.contracts),
    )  # fmt: skip
    session.add(message)
    session.flush()
    chosen: dict[str, tuple[bool, bool]] = {}
    phone = addressee.phone
    if facts.client_id is not None:
        rows = session.execute(sa.select(PreferenceRow).where(PreferenceRow.client_id == facts.client_id)).scalars()
        chosen = {row.group: (row.email, row.sms) for row in rows}
        given = session.get(ClientPhone, facts.client_id)
        phone = given.phone if given is not None else phone
    sent_over = []
    for channel in sorted(channels(kind, chosen)):
        address = addressee.email if channel == "email" else phone
        if not address or (channel == "sms" and not PHONE.fullmatch(address)):
            continue
        session.add(new_delivery(message, channel, address, moment))
        sent_over.append(channel)
    uow.audit(
        "notifications.message.write", on=("message", message.id), client=facts.client_id, right="service",
        detail={"kind": kind.name, "channels": sent_over},
    )  # fmt: skip
    return message.id


def new_delivery(message: MessageRow, channel: str, address: str, moment: datetime) -> DeliveryRow:
    """Return a delivery that is due at once."""
    return DeliveryRow(
        id=new_id(), message_id=message.id, client_id=message.client_id, channel=channel, address=address,
        search=fold(f"{address} {message.subject}")[:500], status=QUEUED, attempts=0, created_at=moment, since=moment,
        next_try_at=moment,
    )  # fmt: skip
