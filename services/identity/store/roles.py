"""Roles: what they may, who has them, and open sessions that must learn of a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

_KINDS = sa.text("""
SELECT k.role, ARRAY(SELECT p.permission FROM role_permissions p WHERE p.role = k.role ORDER BY p.permission)
    AS permissions
FROM role_kinds k ORDER BY k.place
""")
_HOLDERS = sa.text("""
SELECT r.role, r.granted_at, u.id, u.name, u.email FROM staff_roles r JOIN users u ON u.id = r.user_id
WHERE u.kind = 'staff' AND u.status IN ('pending', 'active', 'blocked') ORDER BY u.sort_key, u.id
""")
_HISTORY = sa.text("""
SELECT at, what, role, ground, by_name FROM role_changes WHERE user_id = :id ORDER BY at DESC, id DESC LIMIT 200
""")
_SESSIONS = sa.text("SELECT id FROM sessions WHERE user_id = :id AND ended_at IS NULL AND ends_at > :now")
# Administrators who can sign in; their rows are locked, so that two cannot be taken away at the same moment.
_ADMINISTRATORS = sa.text("""
SELECT u.id FROM users u WHERE u.status = 'active' AND u.id IN
    (SELECT r.user_id FROM staff_roles r WHERE r.role = 'administrator') ORDER BY u.id FOR UPDATE
""")


def kinds(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Return all roles with what they may."""
    return connection.execute(_KINDS).all()


def holders(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Return who has which role."""
    return connection.execute(_HOLDERS).all()


def history(connection: sa.Connection, user_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the changes of somebody's roles, newest first."""
    return connection.execute(_HISTORY, {"id": user_id}).all()


def open_sessions(session: Session, user_id: UUID, now: datetime) -> list[UUID]:
    """Return the open sessions of a user."""
    return list(session.execute(_SESSIONS, {"id": user_id, "now": now}).scalars())


def administrators(session: Session) -> list[UUID]:
    """Return administrators who can sign in, locked until the commit."""
    return list(session.execute(_ADMINISTRATORS).scalars())
