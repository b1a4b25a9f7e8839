"""Imports as they are shown, claimed and prolonged."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.errors import sentence
from services.permits.messages import Import, ImportProblem
from services.permits.store.import_tables import import_problems, imports

ALL = sa.select(imports)
ONE = ALL.where(imports.c.id == sa.bindparam("import_id"))
NEWEST = ALL.order_by(imports.c.started_at.desc(), imports.c.id.desc()).limit(sa.bindparam("limit"))
OLDER = NEWEST.where(
    sa.tuple_(imports.c.started_at, imports.c.id)
    < sa.tuple_(sa.cast(sa.bindparam("at"), sa.DateTime(timezone=True)), sa.cast(sa.bindparam("id"), sa.UUID))
)

_p = import_problems.c
_AFTER = sa.tuple_(sa.bindparam("row_no", type_=sa.Integer), sa.bindparam("id", type_=sa.BigInteger))
PROBLEMS = (
    sa.select(import_problems)
    .where(_p.import_id == sa.bindparam("import_id"), sa.tuple_(_p.row_no, _p.id) > _AFTER)
    .order_by(_p.row_no, _p.id)
    .limit(sa.bindparam("limit"))
)


class LeaseLost(Exception):
    """Another process took the import over; whoever gets this stops at once."""


_CLAIM = sa.text("""
UPDATE imports SET lease_owner = :owner, lease_until = now() + make_interval(secs => :seconds),
    attempts = attempts + 1
WHERE id = (SELECT id FROM imports
            WHERE status IN ('waiting', 'reading', 'applying') AND (lease_until IS NULL OR lease_until < now())
            ORDER BY started_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, name, blob_id, status, attempts
""")

_RELEASE = sa.text("""
UPDATE imports SET lease_owner = NULL, lease_until = now() + make_interval(secs => :seconds)
WHERE id = :import_id AND lease_owner = :owner
""")


def claim(session: Session, owner: uuid.UUID, seconds: float) -> sa.Row[Any] | None:
    """Take the oldest import that waits or whose worker fell silent."""
    return session.execute(_CLAIM, {"owner": owner, "seconds": seconds}).first()


def release(session: Session, import_id: uuid.UUID, owner: uuid.UUID, seconds: float) -> None:
    """Give an import back; nobody takes it for `seconds`."""
    session.execute(_RELEASE, {"import_id": import_id, "owner": owner, "seconds": seconds})


def proceed(session: Session, import_id: uuid.UUID, owner: uuid.UUID, seconds: float, **values: Any) -> None:
    """Write progress at the beginning of a transaction: holds the import until the commit and prolongs the lease.

    Raises LeaseLost when somebody else has it; nothing of the transaction may then stay.
    """
    until = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    done = session.execute(
        sa.update(imports)
        .where(imports.c.id == import_id, imports.c.lease_owner == owner)
        .values(lease_until=until, **values)
        .returning(imports.c.id)
    ).first()
    if done is None:
        raise LeaseLost(str(import_id))


def to_import(row: sa.Row[Any], language: str) -> Import:
    """Return an import as it is shown."""
    fields = row._mapping
    return Import(
        **{name: fields[name] for name in Import.model_fields if name in fields and name != "started_by"},
        import_id=row.id,
        started_by=row.started_by_name,
        error=sentence(row.error_code, row.error_params, language) if row.error_code else None,
        unchanged_file=row.status == "done" and not (row.created or row.changed or row.rejected or row.error_rows),
    )


def to_problem(row: sa.Row[Any]) -> ImportProblem:
    """Return a problem as it is shown."""
    return ImportProblem(
        row=row.row_no,
        permit_no=row.permit_no,
        column=row.column_name,
        value=row.value,
        code=row.code,
        params=row.params,
        severity=row.severity,
    )
