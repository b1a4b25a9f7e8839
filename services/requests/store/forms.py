"""Published form versions. The ones that ship with the code are published at the first need of a process."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Database
from chassis.errors import PortalError
from chassis.telemetry import get_logger
from services.requests.domain.forms import Form, read_form
from services.requests.messages import FormDefinition
from services.requests.store.tables import FormVersion

log = get_logger(__name__)

SHIPPED = Path(__file__).resolve().parent.parent / "forms"
VERSIONS = FormVersion.__table__
ONE = sa.select(VERSIONS.c.definition).where(
    VERSIONS.c.form == sa.bindparam("form"), VERSIONS.c.version == sa.bindparam("version")
)


@dataclass(frozen=True)
class Published:
    """One version as the rules read it and as it crosses the bus."""

    form: Form
    message: FormDefinition


@lru_cache(maxsize=1)
def shipped() -> dict[str, int]:
    """Return the forms that are offered and their newest version, from the files that came with the code."""
    newest: dict[str, int] = {}
    for path in sorted(SHIPPED.glob("*.json")):
        raw = json.loads(path.read_text("utf-8"))
        newest[raw["form"]] = max(newest.get(raw["form"], 0), int(raw["version"]))
    return newest


# A version never changes, so what was read once stays true; databases differ in tests.
_read: dict[tuple[str, str, int], Published] = {}
_published: set[str] = set()


def publish(db: Database) -> None:
    """Put the shipped definitions into the database, once per process and database. A changed one is refused loudly."""
    if db.url in _published:
        return
    for path in sorted(SHIPPED.glob("*.json")):
        raw = json.loads(path.read_text("utf-8"))
        read_form(raw)
        digest = fingerprint(raw)
        with db.engine.begin() as connection:
            connection.execute(
                insert(FormVersion)
                .values(form=raw["form"], version=raw["version"], definition=raw, sha256=digest)
                .on_conflict_do_nothing()
            )
            kept = connection.execute(
                sa.select(VERSIONS.c.sha256).where(VERSIONS.c.form == raw["form"], VERSIONS.c.version == raw["version"])
            ).scalar_one()
        if kept != digest:
            log.error("a published form version was edited; give it a new number", form=raw["form"], file=path.name)
    _published.add(db.url)


def fingerprint(raw: dict[str, Any]) -> str:
    """Return the SHA-256 of a definition, whatever its layout in the file."""
    return hashlib.sha256(json.dumps(raw, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def get(db: Database, code: str, version: int | None = None) -> Published:
    """Return a version of a form, the newest offered one for None. Raises PortalError requests.unknown_form."""
    publish(db)
    if version is None:
        version = shipped().get(code)
    if version is None:
        raise PortalError("requests.unknown_form", field="form")
    key = (db.url, code, version)
    if key not in _read:
        with db.reading() as connection:
            raw = connection.execute(ONE, {"form": code, "version": version}).scalar()
        if raw is None:
            raise PortalError("requests.unknown_form", field="form")
        _read[key] = Published(read_form(raw), FormDefinition.model_validate(raw))
    return _read[key]


def offered(db: Database) -> list[Published]:
    """Return the newest version of every form, in the order of their codes."""
    return [get(db, code) for code in sorted(shipped())]


def every(db: Database) -> list[Published]:
    """Return every version ever published, the oldest of each form first."""
    publish(db)
    with db.reading() as connection:
        known = connection.execute(sa.select(VERSIONS.c.form, VERSIONS.c.version).order_by(*VERSIONS.primary_key)).all()
    return [get(db, row.form, row.version) for row in known]
