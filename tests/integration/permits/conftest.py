"""A database of permits of its own, and a stand-in for the one service the importer asks: identity."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.caller import Caller
from chassis.database import Database
from chassis.messages import Request
from services.identity.messages import (
    ClientCard,
    ClientCards,
    GetClients,
    UpsertClients,
    UpsertedClients,
    UpsertOutcome,
)
from services.permits.messages import (
    AppendImportChunk,
    FinishImport,
    GetPermit,
    Import,
    Permit,
    StartImport,
)
from services.permits.store import import_tables, tables
from services.permits.store.imports import KIT
from services.permits.usecases import show_permit, work_import

assert import_tables  # adds its tables to the metadata

REGISTER = Path(__file__).resolve().parents[4] / "shared" / "data" / "radio_licences.csv.gz"
DATA = Path(__file__).resolve().parent.parent.parent / "data"
ENGINEER = Caller(kind="staff", user=uuid.UUID(int=7), roles=frozenset({"permit_engineer"}), name="Inženieris")
TIMER = Caller(kind="timer", service="permits", name="timer:permits.work_imports")


class Identity:
    """Answers as identity does: the same reference is always the same client; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request[Any]] = []
        self.refused: set[str] = set()
        self.away = False

    def call(self, request: Request[Any], **_: Any) -> Any:
        from chassis.errors import PortalError

        self.asked.append(request)
        if self.away:
            raise PortalError("unavailable")
        if isinstance(request, UpsertClients):
            return UpsertedClients(items=[self._upsert(record.external_ref or "") for record in request.clients])
        if isinstance(request, GetClients):
            return ClientCards(items=[self._card(client) for client in request.client_ids])
        raise AssertionError(f"nobody told the stand-in about {type(request).__name__}")

    def _upsert(self, ref: str) -> UpsertOutcome:
        if ref in self.refused:
            return UpsertOutcome(client_id=None, outcome="refused", error="invalid")
        return UpsertOutcome(client_id=uuid.uuid5(uuid.NAMESPACE_URL, ref), outcome="created")

    def _card(self, client: uuid.UUID) -> ClientCard:
        nothing = dict.fromkeys(("reg_no", "address", "email", "invoice_email", "phone"))
        return ClientCard.model_validate(
            {**nothing, "client_id": client, "kind": "legal", "name": "SIA Tests", "language": "lv"}
        )


@pytest.fixture(scope="session")
def permits_url(new_database: Callable[..., str]) -> str:
    return new_database("permits")


@pytest.fixture
def db(permits_url: str) -> Iterator[Database]:
    """The database of permits, empty."""
    import sqlalchemy as sa

    database = Database("permits", tables.metadata, permits_url, pool_size=4)
    names = ", ".join(t.name for t in tables.metadata.sorted_tables)
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield database
    database.close()


@pytest.fixture
def identity() -> Identity:
    return Identity()


def hand_over(db: Database, content: bytes, name: str = "register.csv", part: int = 300_000) -> uuid.UUID:
    """Upload a file as the staff console does; returns the import's id."""
    opened = KIT.start(db, StartImport(name=name, size=len(content)), ENGINEER)
    import base64

    for start in range(0, len(content), part):
        data = base64.b64encode(content[start : start + part]).decode()
        KIT.append(db, AppendImportChunk(import_id=opened.import_id, offset=start, data=data), ENGINEER)
    KIT.finish(db, FinishImport(import_id=opened.import_id), ENGINEER)
    return opened.import_id


def import_file(db: Database, identity: Identity, content: bytes, name: str = "register.csv") -> Import:
    """Upload a file, let the worker work, and return how it ended."""
    import_id = hand_over(db, content, name)
    while True:
        work_import.run(db, identity, TIMER)  # type: ignore[arg-type]
        state = KIT.one(db, import_id, ENGINEER)
        if state.status in ("done", "failed"):
            return state


def count(db: Database, table: Any) -> int:
    import sqlalchemy as sa

    with db.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def permit(db: Database, number: str) -> Permit:
    return Permit.model_validate_json(show_permit.run(db, GetPermit(permit_no=number), ENGINEER))
