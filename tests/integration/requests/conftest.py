"""A database of requests of its own, and a stand-in for the one service it asks: identity."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from chassis.caller import Caller, Delivery, service_caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Request
from services.identity.messages import ClientCard, ClientCards, GetClients
from services.permits.messages import PermitIssued
from services.requests import messages as m
from services.requests.store import tables
from services.requests.usecases import attach, drafts, follow, staff_moves, submit
from tests.unit.requests.factories import PDF, fixed_link

CLIENT, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
RIGHTS = frozenset({"requests.submit"})
ANNA = Caller(kind="user", user=uuid.UUID(int=11), client=CLIENT, rights=RIGHTS, name="Anna Ozola", address="192.0.2.1",
              session=uuid.UUID(int=111), assurance="substantial")  # fmt: skip
STRANGER = Caller(kind="user", user=uuid.UUID(int=12), client=OTHER, rights=RIGHTS, name="Ilze Svešā")
ENGINEER = Caller(kind="staff", user=uuid.UUID(int=21), roles=frozenset({"permit_engineer"}), name="Jānis Inženieris")
COLLEAGUE = Caller(kind="staff", user=uuid.UUID(int=22), roles=frozenset({"permit_engineer"}), name="Līga Kolēģe")
TIMER = Caller(kind="timer", service="requests", name="timer:requests.test")


class Identity:
    """Answers as identity does; can be away."""

    def __init__(self) -> None:
        self.away = False

    def call(self, request: Request[Any], **_: Any) -> Any:
        if self.away:
            raise PortalError("unavailable")
        assert isinstance(request, GetClients)
        known: dict[str, Any] = {
            "kind": "legal",
            "reg_no": None,
            "address": None,
            "email": None,
            "invoice_email": None,
            "phone": None,
        }
        return ClientCards(
            items=[ClientCard(client_id=c, name="SIA Radio Links", language="lv", **known) for c in request.client_ids]
        )


@pytest.fixture(scope="session")
def requests_url(new_database: Callable[..., str]) -> str:
    return new_database("requests")


@pytest.fixture
def db(requests_url: str) -> Iterator[Database]:
    """The database of requests, empty but for the published forms."""
    database = Database("requests", tables.metadata, requests_url, pool_size=4)
    kept = {"form_versions", "timeline", "confirmations"}
    names = ", ".join(t.name for t in tables.metadata.sorted_tables if t.name not in kept)
    with database.engine.begin() as connection:
        # The append-only tables refuse even this; a test database may be told to look away.
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text(f"TRUNCATE {names}, timeline, confirmations RESTART IDENTITY CASCADE"))
    yield database
    database.close()


@pytest.fixture
def identity() -> Identity:
    return Identity()


def upload(
    db: Database,
    case_id: uuid.UUID,
    content: bytes = PDF,
    name: str = "datu lapa.pdf",
    document: str | None = "data_sheet",
    caller: Caller = ANNA,
    piece: int = 512 * 1024,
) -> m.Attachment:
    """Upload a file as the gateway does, piece by piece."""
    opened = attach.start(
        db, m.StartAttachment(case_id=case_id, name=name, size=len(content), document=document), caller
    )
    for start in range(0, len(content), piece):
        data = base64.b64encode(content[start : start + piece]).decode()
        opened = attach.append(
            db, m.AppendAttachment(attachment_id=opened.attachment_id, offset=start, data=data), caller
        )
    return opened


def ready_draft(db: Database, caller: Caller = ANNA, **changed: str) -> m.Draft:
    """Return a draft that only wants its confirmation."""
    draft = drafts.start(db, Identity(), m.StartDraft(form="fixed_link"), caller)
    upload(db, draft.case_id, caller=caller)
    data = fixed_link(riga_today(), **changed)
    return drafts.save(db, m.SaveDraft(case_id=draft.case_id, data=data, version=draft.version), caller)


def submitted(db: Database, identity: Identity, caller: Caller = ANNA, **changed: str) -> m.CaseView:
    draft = ready_draft(db, caller, **changed)
    request = m.Submit(case_id=draft.case_id, version=draft.version, confirmed=True)
    return submit.run(db, identity, request, caller)  # type: ignore[arg-type]


def in_review(db: Database, identity: Identity, **changed: str) -> m.CaseView:
    case = submitted(db, identity, **changed)
    return staff_moves.take(db, m.TakeCase(case_id=case.case_id), ENGINEER)


def approved(db: Database, identity: Identity) -> m.CaseView:
    case = in_review(db, identity)
    request = m.Approve(case_id=case.case_id, conditions="Ievērot EIRP robežu.", confirmed=True)
    return staff_moves.approve(db, request, ENGINEER)


def delivery(handler: str = "on_event", source: str = "permits") -> Delivery:
    return Delivery(new_id(), handler, service_caller(source), now(), "test")


def events(db: Database, routing_key: str) -> list[dict[str, Any]]:
    """Return the data of the events in the outbox, oldest first."""
    outbox = db.tables.outbox
    with db.reading() as connection:
        rows = connection.execute(
            sa.select(outbox.c.envelope).where(outbox.c.routing_key == routing_key).order_by(outbox.c.position)
        ).scalars()
        return [orjson.loads(bytes(row))["data"] for row in rows]


def audited(db: Database) -> list[str]:
    """Return the actions in the audit trail, oldest first."""
    return [r["action"] for batch in events(db, "recorded") + events(db, "audit.recorded") for r in batch["records"]]


def refused_as(code: str, attempt: Any) -> PortalError:
    with pytest.raises(PortalError) as refused:
        attempt()
    assert refused.value.code == code, refused.value
    return refused.value


def issue(db: Database, case: m.CaseView, permit_id: Any = None) -> PermitIssued:
    event = PermitIssued(
        permit_id=permit_id or new_id(), permit_no="F-2026-0001", client_id=case.client_id, case_id=case.case_id,
        case_no=case.case_no, service_kind="fixed", permit_kind="use", valid_from=None, valid_to=None,
    )  # fmt: skip
    follow.permit_issued(db, event, delivery())
    return event
