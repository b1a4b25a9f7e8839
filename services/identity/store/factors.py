"""Second factors: read together, used once, forgotten together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.second_factor import Factors
from services.identity.store.factor_tables import RecoveryCode, SecurityKey, TotpFactor

CHALLENGE_GOOD = timedelta(minutes=5)
SET_UP_GOOD = timedelta(minutes=15)

_SUMMARY = sa.text("""
SELECT (SELECT confirmed_at FROM totp_factors WHERE user_id = :user_id AND confirmed_at IS NOT NULL) AS totp_since,
    (SELECT count(*) FROM security_keys WHERE user_id = :user_id) AS keys,
    (SELECT count(*) FROM recovery_codes WHERE user_id = :user_id AND used_at IS NULL) AS recovery_left
""")
_USE_STEP = sa.text("""
UPDATE totp_factors SET last_step = :step, last_used_at = :now WHERE id = :id AND last_step < :step
""")
_USE_CODE = sa.text("""
UPDATE recovery_codes SET used_at = :now WHERE user_id = :user_id AND code_hash = :code_hash AND used_at IS NULL
""")
_TAKE_CHALLENGE = sa.text("""
DELETE FROM key_challenges WHERE session_id = :session_id AND purpose = :purpose RETURNING challenge, expires_at
""")
_PUT_CHALLENGE = sa.text("""
INSERT INTO key_challenges (session_id, purpose, challenge, expires_at)
VALUES (:session_id, :purpose, :challenge, :expires_at)
ON CONFLICT (session_id, purpose) DO UPDATE SET challenge = excluded.challenge, expires_at = excluded.expires_at
""")
# The count must rise, unless the key keeps none (always 0): one that stands still or falls is a copy's.
_USE_KEY = sa.text("""
UPDATE security_keys SET sign_count = :count, last_used_at = :now
WHERE id = :id AND (sign_count < :count OR (sign_count = 0 AND :count = 0))
""")


def summary(reader: sa.Connection | Session, user_id: UUID) -> sa.Row[Any]:
    """Return `totp_since`, `keys` and `recovery_left` of a user."""
    return reader.execute(_SUMMARY, {"user_id": user_id}).one()


def of(reader: sa.Connection | Session, user_id: UUID) -> Factors:
    """Return what a user can prove themselves with."""
    row = summary(reader, user_id)
    return Factors(row.totp_since is not None, row.keys, row.recovery_left)


def totp(session: Session, user_id: UUID) -> TotpFactor | None:
    """Return the application in force."""
    wanted = sa.select(TotpFactor).where(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_not(None))
    return session.execute(wanted).scalar()


def totp_begun(session: Session, user_id: UUID) -> TotpFactor | None:
    """Return the application being set up, in force or not any more."""
    wanted = sa.select(TotpFactor).where(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_(None))
    return session.execute(wanted.with_for_update()).scalar()


def use_step(session: Session, factor_id: UUID, step: int, now: datetime) -> bool:
    """Use a code up; False when another request was faster."""
    return bool(session.execute(_USE_STEP, {"id": factor_id, "step": step, "now": now}).rowcount)  # type: ignore[attr-defined]


def use_recovery(session: Session, user_id: UUID, code_hash: bytes, now: datetime) -> bool:
    """Use a recovery code up; False when there is none such left."""
    values = {"user_id": user_id, "code_hash": code_hash, "now": now}
    return bool(session.execute(_USE_CODE, values).rowcount)  # type: ignore[attr-defined]


def new_recovery(session: Session, user_id: UUID, hashes: Sequence[bytes], now: datetime) -> None:
    """Put new recovery codes in the place of all earlier ones."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=one, created_at=now) for one in hashes)
    session.flush()


def keys(reader: sa.Connection | Session, user_id: UUID) -> list[Any]:
    """Return the security keys of a user, oldest first."""
    columns = (
        SecurityKey.id, SecurityKey.name, SecurityKey.credential_id, SecurityKey.public_key, SecurityKey.sign_count,
        SecurityKey.transports, SecurityKey.created_at, SecurityKey.last_used_at, SecurityKey.backed_up,
    )  # fmt: skip
    wanted = sa.select(*columns).where(SecurityKey.user_id == user_id).order_by(SecurityKey.created_at, SecurityKey.id)
    return list(reader.execute(wanted))


def use_key(session: Session, key_id: UUID, count: int, now: datetime) -> bool:
    """Note a key's new count; False when it did not rise."""
    return bool(session.execute(_USE_KEY, {"id": key_id, "count": count, "now": now}).rowcount)  # type: ignore[attr-defined]


def put_challenge(session: Session, session_id: UUID, purpose: str, challenge: bytes, now: datetime) -> None:
    """Keep the challenge of a ceremony for five minutes; an earlier one of the session is dead."""
    values = {
        "session_id": session_id, "purpose": purpose, "challenge": challenge, "expires_at": now + CHALLENGE_GOOD,
    }  # fmt: skip
    session.execute(_PUT_CHALLENGE, values)


def take_challenge(session: Session, session_id: UUID | None, purpose: str, now: datetime) -> bytes | None:
    """Return the challenge of a session and forget it, so that no answer counts twice; None when too late."""
    row = session.execute(_TAKE_CHALLENGE, {"session_id": session_id, "purpose": purpose}).first()
    return bytes(row.challenge) if row is not None and row.expires_at > now else None


def forget(session: Session, user_id: UUID) -> None:
    """Delete every factor of a user: reset by staff, or the user is erased."""
    for table in (TotpFactor, RecoveryCode, SecurityKey):
        session.execute(sa.delete(table).where(table.user_id == user_id))
