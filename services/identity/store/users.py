"""Users: found by user name, by id, by words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.text import fold, sort_key
from services.identity.store.tables import User

_ACCOUNT = sa.text("""
SELECT u.id, u.kind, u.name, u.email, u.language, u.status, u.must_change_password, p.changed_at,
    CASE WHEN u.password_allowed AND p.blocked_at IS NULL THEN p.hash END AS hash
FROM users u LEFT JOIN passwords p ON p.user_id = u.id
WHERE u.email_key = :email_key AND u.kind = :audience
""")
_CARDS = sa.text("SELECT id, kind, name, email, phone, language FROM users WHERE id = ANY(:ids)")
_PROFILE = sa.text("""
SELECT u.id, u.version, u.kind, u.name, u.email, u.phone, u.language, u.status, u.blocked_until,
    u.email_unproven, u.created_at, u.last_sign_in_at,
    u.second_factor_required, p.changed_at, p.hash, p.blocked_at AS revoked_at,
    ARRAY(SELECT r.role FROM staff_roles r WHERE r.user_id = u.id ORDER BY r.role) AS roles,
    g.failures, g.locked_until
FROM users u LEFT JOIN passwords p ON p.user_id = u.id
LEFT JOIN sign_in_guards g ON g.subject = 'user:' || u.id
WHERE u.id = :id
""")
_LIST = """
SELECT u.id, u.kind, u.name, u.email, u.status, u.last_sign_in_at, u.sort_key, p.blocked_at AS revoked_at,
    CASE WHEN g.locked_until > now() THEN g.locked_until END AS locked_until,
    ARRAY(SELECT r.role FROM staff_roles r WHERE r.user_id = u.id ORDER BY r.role) AS roles,
    ARRAY(SELECT c.name FROM representations x JOIN clients c ON c.id = x.client_id
          WHERE x.user_id = u.id AND x.ended_at IS NULL ORDER BY c.sort_key LIMIT 5) AS clients
FROM users u LEFT JOIN sign_in_guards g ON g.subject = 'user:' || u.id LEFT JOIN passwords p ON p.user_id = u.id
"""


def account(connection: sa.Connection, email_key: str | None, audience: str) -> sa.Row[Any] | None:
    """Return the account of a user name with its password hash, or None."""
    return connection.execute(_ACCOUNT, {"email_key": email_key, "audience": audience}).first()


def cards(connection: sa.Connection, ids: Sequence[UUID]) -> Sequence[sa.Row[Any]]:
    """Return people by id."""
    return connection.execute(_CARDS, {"ids": list(ids)}).all()


def remember_name(user: User, name: str) -> None:
    """Keep a name the person typed and gives up, for the day on which they are erased; the newest ten."""
    user.former = [*(one for one in user.former if one != name), name][-10:]


def remember_email(user: User, email: str) -> None:
    """Keep an e-mail the person proved and gives up; every one, whatever was typed since."""
    user.former_emails = [*(one for one in user.former_emails if one != email), email]


def profile(reader: sa.Connection | Session, user_id: UUID | None) -> sa.Row[Any] | None:
    """Return one person with roles and the state of sign-in."""
    return reader.execute(_PROFILE, {"id": user_id}).first()


def page(
    connection: sa.Connection,
    *,
    pattern: str | None,
    kind: str | None,
    status: str | None,
    reported: bool,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` users by name; `pattern` is a folded LIKE pattern."""
    conditions = ["true"]
    values: dict[str, Any] = {"limit": limit}
    for column, value in (("kind", kind), ("status", status)):
        if value is not None:
            conditions.append(f"u.{column} = :{column}")
            values[column] = value
    if reported:
        conditions.append("p.blocked_at IS NOT NULL AND u.status <> 'deleted'")
    if pattern is not None:
        conditions.append("u.search_text LIKE :pattern")
        values["pattern"] = pattern
    if after is not None:
        conditions.append("(u.sort_key, u.id) > (:after_key, CAST(:after_id AS uuid))")
        values["after_key"], values["after_id"] = after
    statement = f"{_LIST} WHERE {' AND '.join(conditions)} ORDER BY u.sort_key, u.id LIMIT :limit"
    return connection.execute(sa.text(statement), values).all()


def describe(user: User) -> None:
    """Bring the search and sort columns of a user up to date."""
    user.search_text = fold(f"{user.name} {user.email} {user.phone or ''}")
    user.sort_key = sort_key(user.name)
