"""Counting attempts to sign in: the check and the count are one statement, so parallel guesses cannot slip by."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.lockout import Guard, LockPolicy

# The same arithmetic as domain/lockout.attempt; no row comes back while sign-in is closed.
_ATTEMPT = sa.text("""
INSERT INTO sign_in_guards AS g (subject, failures, locks, locked_until, last_attempt_at)
VALUES (
    :subject, 1,
    CASE WHEN :tries <= 1 THEN 1 ELSE 0 END,
    CASE WHEN :tries <= 1 THEN CAST(:now AS timestamptz) + make_interval(secs => LEAST(:base, :longest)) END,
    :now
)
ON CONFLICT (subject) DO UPDATE SET
    failures = CASE WHEN g.locked_until IS NULL THEN g.failures + 1 ELSE 1 END,
    locks = g.locks + CASE
        WHEN CASE WHEN g.locked_until IS NULL THEN g.failures + 1 ELSE 1 END >= :tries THEN 1 ELSE 0 END,
    locked_until = CASE
        WHEN CASE WHEN g.locked_until IS NULL THEN g.failures + 1 ELSE 1 END >= :tries
        THEN CAST(:now AS timestamptz) + make_interval(secs => LEAST(:base * power(2, LEAST(g.locks, 30)), :longest))
    END,
    last_attempt_at = :now
WHERE g.locked_until IS NULL OR g.locked_until <= :now
RETURNING g.failures, g.locks, g.locked_until
""")
_FORGIVE = sa.text("DELETE FROM sign_in_guards WHERE subject = :subject")
_READ = sa.text("SELECT failures, locks, locked_until FROM sign_in_guards WHERE subject = :subject")
_TIDY = sa.text("DELETE FROM sign_in_guards WHERE subject LIKE 'address:%' AND last_attempt_at < :before")


def of_user(user_id: UUID) -> str:
    """Return the subject under which the failures of an account are counted."""
    return f"user:{user_id}"


def of_address(address: str | None) -> str:
    """Return the subject under which unknown user names from one network address are counted."""
    return f"address:{address or 'unknown'}"


def attempt(session: Session, subject: str, now: datetime, policy: LockPolicy) -> Guard | None:
    """Count an attempt as failed before it is checked; None when sign-in is closed. Commit before checking."""
    row = session.execute(
        _ATTEMPT,
        {
            "subject": subject,
            "now": now,
            "tries": policy.tries,
            "base": policy.base.total_seconds(),
            "longest": policy.longest.total_seconds(),
        },
    ).first()
    return Guard(row.failures, row.locks, row.locked_until) if row else None


def forgive(session: Session, subject: str) -> bool:
    """Forget all failures after a success or an unblocking; tell whether there were any."""
    return bool(session.execute(_FORGIVE, {"subject": subject}).rowcount)  # type: ignore[attr-defined]


def read(session: Session, subject: str) -> Guard:
    """Return where the counting stands."""
    row = session.execute(_READ, {"subject": subject}).first()
    return Guard(row.failures, row.locks, row.locked_until) if row else Guard()


def tidy(session: Session, before: datetime) -> None:
    """Forget addresses not seen since `before`."""
    session.execute(_TIDY, {"before": before})
