"""Places users sign in from: remembered, looked up, forgotten; and passwords that have become old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.places import MOST, Place

_KNOWN = sa.text("SELECT device, network FROM known_places WHERE user_id = :user_id")
_SEEN = sa.text("""
INSERT INTO known_places (user_id, device, network, seen_on) VALUES (:user_id, :device, :network, :today)
ON CONFLICT (user_id, device, network) DO UPDATE SET seen_on = :today WHERE known_places.seen_on < :today
""")
_BEYOND = sa.text("""
DELETE FROM known_places p USING (
    SELECT device, network FROM known_places WHERE user_id = :user_id
    ORDER BY seen_on DESC, device, network OFFSET :most
) old WHERE p.user_id = :user_id AND p.device = old.device AND p.network = old.network
""")
_TIDY = sa.text("DELETE FROM known_places WHERE seen_on < :before")
_OLD_PASSWORDS = sa.text("""
SELECT u.id, u.name, u.email, u.language, p.changed_at
FROM passwords p JOIN users u ON u.id = p.user_id
WHERE p.changed_at < :before AND p.blocked_at IS NULL AND (p.reminded_at IS NULL OR p.reminded_at < :before)
    AND u.status = 'active' AND u.password_allowed
ORDER BY p.changed_at, u.id LIMIT :limit FOR UPDATE OF p SKIP LOCKED
""")
_REMINDED = sa.text("UPDATE passwords SET reminded_at = :now WHERE user_id = ANY(:user_ids)")


def known(session: Session, user_id: UUID) -> list[Place]:
    """Return the places of a user."""
    return [Place(row.device, row.network) for row in session.execute(_KNOWN, {"user_id": user_id})]


def seen(session: Session, user_id: UUID, place: Place, today: date, *, fresh: bool) -> None:
    """Remember that a place was used; a `fresh` one may push the one used longest ago out."""
    session.execute(_SEEN, {"user_id": user_id, "device": place.device, "network": place.network, "today": today})
    if fresh:
        session.execute(_BEYOND, {"user_id": user_id, "most": MOST})


def tidy(session: Session, before: date) -> None:
    """Forget places not used since a day."""
    session.execute(_TIDY, {"before": before})


def old_passwords(session: Session, before: datetime, limit: int) -> Sequence[sa.Row[Any]]:
    """Return people whose password is from before a moment, and who were not told since then; rows are locked."""
    return session.execute(_OLD_PASSWORDS, {"before": before, "limit": limit}).all()


def reminded(session: Session, user_ids: list[UUID], now: datetime) -> None:
    """Note that people were told that their password is old."""
    session.execute(_REMINDED, {"user_ids": user_ids, "now": now})
