"""Who acts for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.representation import Mandate

_ROWS = """
SELECT r.id, r.client_id, c.name AS client_name, c.kind AS client_kind, c.settlement, r.user_id, u.name AS user_name,
    u.email AS user_email, u.status AS user_status, u.phone AS user_phone, u.language AS user_language,
    r.role, r.valid_from, r.valid_to, r.ended_at, r.end_reason, r.version, r.ground,
    CASE WHEN c.services_asked_at IS NOT NULL THEN c.services END AS services,
    COALESCE((SELECT g.name FROM users g WHERE g.id::text = r.granted_by), r.granted_by) AS granted_by_name,
    ARRAY(SELECT x.right_name FROM representation_rights x
          WHERE x.representation_id = r.id AND x.scope_kind = 'client' ORDER BY x.right_name) AS rights,
    ARRAY(SELECT x.right_name || '|' || x.scope_kind || '|' || x.scope_id FROM representation_rights x
          WHERE x.representation_id = r.id AND x.scope_kind <> 'client'
          ORDER BY x.right_name, x.scope_kind, x.scope_no, x.scope_id) AS named,
    ARRAY(SELECT x.scope_no FROM representation_rights x
          WHERE x.representation_id = r.id AND x.scope_kind <> 'client'
          ORDER BY x.right_name, x.scope_kind, x.scope_no, x.scope_id) AS named_nos
FROM representations r JOIN clients c ON c.id = r.client_id JOIN users u ON u.id = r.user_id
"""
_OF_USER = sa.text(_ROWS + "WHERE r.user_id = :id ORDER BY r.ended_at IS NOT NULL, c.sort_key, r.id")
_OF_CLIENT = sa.text(
    _ROWS + "WHERE r.client_id = :id ORDER BY r.ended_at IS NOT NULL, r.role DESC, u.sort_key, r.id LIMIT 500"
)
_ONE = sa.text(_ROWS + "WHERE r.id = :id")
_OPEN_OF_CLIENTS = sa.text(
    _ROWS + "WHERE r.client_id = ANY(:ids) AND r.ended_at IS NULL ORDER BY r.role DESC, u.sort_key, r.id"
)
# The last word of a person on electronic settlement documents holds.
_WITHOUT_ELECTRONIC = sa.text("""
SELECT DISTINCT r.user_id FROM representations r
WHERE r.client_id = :id AND r.ended_at IS NULL AND (
    SELECT NOT k.given FROM consents k WHERE k.user_id = r.user_id AND k.kind = 'electronic_documents'
    ORDER BY k.at DESC, k.id DESC LIMIT 1)
""")

Reader = sa.Connection | Session


def of_user(reader: Reader, user_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the representations of a user, ended ones last."""
    return reader.execute(_OF_USER, {"id": user_id}).all()


def of_client(reader: Reader, client_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the representations of a client, main users first, ended ones last."""
    return reader.execute(_OF_CLIENT, {"id": client_id}).all()


def one(reader: Reader, representation_id: UUID) -> sa.Row[Any]:
    """Return one representation."""
    return reader.execute(_ONE, {"id": representation_id}).one()


def open_of_clients(reader: Reader, client_ids: Sequence[UUID]) -> Sequence[sa.Row[Any]]:
    """Return the representations of several clients that were not ended; their dates may still have passed."""
    return reader.execute(_OPEN_OF_CLIENTS, {"ids": list(client_ids)}).all()


def without_electronic(reader: Reader, client_id: UUID) -> list[UUID]:
    """Return who acts for a client and took back the consent to electronic settlement documents."""
    return list(reader.execute(_WITHOUT_ELECTRONIC, {"id": client_id}).scalars())


def mandate(row: sa.Row[Any]) -> Mandate:
    """Return a row as the rules see it."""
    return Mandate(
        client_id=row.client_id,
        client_name=row.client_name,
        role=row.role,
        rights=frozenset(row.rights),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        ended=row.ended_at is not None,
        named=frozenset(map(_named, row.named)),
        client_kind=row.client_kind,
        settlement=row.settlement,
        services=None if row.services is None else frozenset(row.services),
    )


def _named(text: str) -> tuple[str, str, UUID]:
    right, kind, object_id = text.split("|")
    return right, kind, UUID(object_id)


def mandates(reader: Reader, user_id: UUID) -> list[Mandate]:
    """Return the mandates of a user."""
    return [mandate(row) for row in of_user(reader, user_id)]
