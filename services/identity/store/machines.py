"""Machine clients and their secrets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.text import fold
from services.identity.store.machine_tables import Machine, MachineSecret

TOUCH_AFTER = timedelta(minutes=1)

_LIST = sa.text("""
SELECT m.id, m.version, m.name, m.contact, m.note, m.scopes, m.status, m.created_at, m.created_by, m.disabled_at,
    m.disabled_by, count(s.id) FILTER (WHERE s.revoked_at IS NULL) AS live_secrets, max(s.last_used_at) AS last_used_at
FROM machine_clients m LEFT JOIN machine_secrets s ON s.machine_id = m.id
WHERE (CAST(:id AS uuid) IS NULL OR m.id = :id)
    AND (CAST(:pattern AS text) IS NULL OR m.search_text LIKE :pattern)
    AND (CAST(:status AS text) IS NULL OR m.status = :status)
    AND (CAST(:after AS uuid) IS NULL OR (m.name, m.id) > (SELECT name, id FROM machine_clients WHERE id = :after))
GROUP BY m.id ORDER BY m.name, m.id LIMIT :limit
""")
_SECRETS = sa.text("""
SELECT id, hint, created_at, created_by, last_used_at, last_address, revoked_at, revoked_by FROM machine_secrets
WHERE machine_id = :machine ORDER BY created_at DESC LIMIT 50
""")
_LIVE = sa.text("""
SELECT m.id, m.name, m.scopes, m.status, s.id AS secret_id, s.hash, s.last_used_at
FROM machine_clients m LEFT JOIN machine_secrets s ON s.machine_id = m.id AND s.revoked_at IS NULL
WHERE m.id = :machine
""")
_TOUCH = sa.text("UPDATE machine_secrets SET last_used_at = :now, last_address = :address WHERE id = :id")
_GOOD = sa.text("""
SELECT m.scopes FROM machine_clients m JOIN machine_secrets s ON s.machine_id = m.id
WHERE m.id = :machine AND s.id = :secret AND m.status = 'active' AND s.revoked_at IS NULL
""")


def listed(
    reader: sa.Connection | Session,
    *,
    machine_id: UUID | None = None,
    pattern: str | None = None,
    status: str | None = None,
    after: UUID | None = None,
    limit: int = 1,
) -> Sequence[sa.Row[Any]]:
    """Return machines by name, or the one asked for, with how many live secrets each has and when it was last used.

    `pattern` is a folded LIKE pattern.
    """
    values = {"id": machine_id, "pattern": pattern, "status": status, "after": after, "limit": limit}
    return reader.execute(_LIST, values).all()


def describe(machine: Machine) -> None:
    """Bring the search column of a machine up to date."""
    machine.search_text = fold(f"{machine.name} {machine.contact} {machine.note or ''}")


def secrets_of(reader: sa.Connection | Session, machine_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the secrets of a machine, newest first, revoked ones too; never their hashes."""
    return reader.execute(_SECRETS, {"machine": machine_id}).all()


def live_secrets(reader: sa.Connection, machine_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return a machine once per live secret (once with none), for checking what it brought."""
    return reader.execute(_LIVE, {"machine": machine_id}).all()


def scopes_in_force(reader: sa.Connection, machine_id: UUID, secret_id: UUID) -> list[str] | None:
    """Return the machine's scopes while it and the secret are in force, else None."""
    found = reader.execute(_GOOD, {"machine": machine_id, "secret": secret_id}).scalar()
    return None if found is None else list(found)


def touch(session: Session, secret_id: UUID, now: datetime, address: str | None) -> None:
    """Note when and from where a secret was used."""
    session.execute(_TOUCH, {"id": secret_id, "now": now, "address": address})


def locked(session: Session, machine_id: UUID) -> Machine | None:
    """Return a machine, locked against others who would change it."""
    return session.get(Machine, machine_id, with_for_update=True)


def secret_of(session: Session, machine_id: UUID, secret_id: UUID) -> MachineSecret | None:
    """Return one secret of a machine."""
    found = session.get(MachineSecret, secret_id)
    return found if found is not None and found.machine_id == machine_id else None


def count_live(session: Session, machine_id: UUID) -> int:
    """Return how many secrets of a machine are in force."""
    statement = sa.select(sa.func.count()).where(
        MachineSecret.machine_id == machine_id, MachineSecret.revoked_at.is_(None)
    )
    return session.execute(statement).scalar_one()
