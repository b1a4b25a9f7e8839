"""The demo's messages: what the clients were told lately. Loading them again changes nothing, nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import format_day, now, riga_today
from chassis.demo_ids import CLIENT_RADIO, CLIENT_WATER, USER_ANNA, demo_id
from chassis.text import fold
from chassis.unit_of_work import UnitOfWork
from services.notifications.domain.delivery import FAILED, SENT, message_id
from services.notifications.domain.kinds import KINDS
from services.notifications.settings import settings
from services.notifications.store.tables import AttemptRow, DeliveryRow, MessageRead, MessageRow
from services.notifications.usecases.compose import compose

TITLE = {"lv": "Jauna atļauja fiksēto sakaru līnijai", "en": "New permit for a fixed link"}
# The demo's cases in the order in which requests numbers them, and how many days ago they were submitted.
SUBMITTED = {"overdue": 48, "refused": 61, "question": 30, "waiting": 12, "review": 8}
NO_MAILBOX = "550 5.1.1 no such mailbox here"


@dataclass(frozen=True)
class Planned:
    """A message of the demo: to whom, how many days ago, whether it was read and whether its e-mail arrived."""

    key: str
    kind: str
    client: UUID
    days_ago: int
    path: str
    email: str
    values: dict[str, Any] = field(default_factory=dict)
    read: bool = False
    arrived: bool = True


def load(db: Database) -> str:
    """Add what is missing of the demo and say how much that was."""
    with db.unit_of_work(service_caller("notifications")) as uow:
        added = sum(_message(uow, planned) for planned in _plan())
        if added:
            uow.audit("notifications.demo.load", on=("demo", "notifications"), detail={"messages": added})
    return f"{added} messages added" if added else "all there already"


def _plan() -> tuple[Planned, ...]:
    today = riga_today()
    review, waiting, refused = (f"/requests/{demo_id(f'request:{key}')}" for key in ("review", "waiting", "refused"))
    anna = "anna@radiolinks.example"
    due = format_day(today + timedelta(days=9))

    def case(key: str, **more: Any) -> dict[str, Any]:
        years = {name: (today - timedelta(days=days)).year for name, days in SUBMITTED.items()}
        before = list(years)[: list(years).index(key) + 1]
        number = sum(years[name] == years[key] for name in before)
        return {"case_no": f"P-{years[key]}-{number:06d}", "title": TITLE, **more}

    return (
        Planned("refused", "case_refused", CLIENT_RADIO, 59, refused, anna,
                case("refused", reason="Pieprasītais kanāls Jelgavas virzienā jau ir piešķirts."), read=True),
        Planned("waiting", "case_information_requested", CLIENT_RADIO, 10, waiting, anna,
                case("waiting", text="Lūdzu, pievienojiet antenas starojuma diagrammu un masta īpašnieka piekrišanu.")),
        Planned("review", "case_submitted", CLIENT_RADIO, 8, review, anna,
                case("review", submitted_on=format_day(today - timedelta(days=8)), due_on=due), read=True),
        Planned("water", "case_submitted", CLIENT_WATER, 48, f"/requests/{demo_id('request:overdue')}",
                "reject@pilsudens.example",
                case("overdue", submitted_on=format_day(today - timedelta(days=48)), due_on=due), arrived=False),
    )  # fmt: skip


def _message(uow: UnitOfWork, planned: Planned) -> int:
    number = demo_id(f"message:{planned.key}")
    if uow.session.get(MessageRow, number):
        return 0
    kind, at = KINDS[planned.kind], now() - timedelta(days=planned.days_ago)
    text = compose(kind.name, "lv", planned.path, planned.values)
    uow.session.add(
        MessageRow(
            id=number, kind=kind.name, client_id=planned.client, right=kind.right, language="lv",
            subject=text.subject, body=text.body, html=text.html, sms=text.sms, link=text.link, created_at=at,
        )
    )  # fmt: skip
    uow.session.flush()
    if planned.read:
        uow.session.add(MessageRead(message_id=number, user_id=USER_ANNA, read_at=at + timedelta(hours=2)))
    delivery, sent_at = demo_id(f"delivery:{planned.key}"), at + timedelta(seconds=2)
    row = DeliveryRow(
        id=delivery, message_id=number, client_id=planned.client, channel="email", address=planned.email,
        search=fold(f"{planned.email} {text.subject}")[:500], status=SENT if planned.arrived else FAILED, attempts=1,
        created_at=at, since=at, sent_at=sent_at if planned.arrived else None,
        failure=None if planned.arrived else NO_MAILBOX,
        provider_ref=message_id(delivery, settings().from_address) if planned.arrived else None,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    detail = "accepted by the mail server" if planned.arrived else NO_MAILBOX
    uow.session.add(
        AttemptRow(
            id=demo_id(f"attempt:{planned.key}"), delivery_id=delivery, at=sent_at,
            outcome="sent" if planned.arrived else "refused", detail=detail,
        )
    )  # fmt: skip
    return 1
