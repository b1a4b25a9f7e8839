"""Counting attempts to sign in: the check and the count are one statement, so parallel guesses cannot slip by."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.lockout import Guard, LockPolicy

# The arithmetic of domain/lockout.begin; no row comes back while sign-in is closed or every try is in hand.
_BEGIN = sa.text("""
INSERT INTO sign_in_guards AS g (subject, failures, pending, locks, last_attempt_at)
VALUES (:subject, 0, 1, 0, :now)
ON CONFLICT (subject) DO UPDATE SET
    failures = CASE WHEN g.locked_until IS NULL THEN g.failures ELSE 0 END,
    pending = CASE WHEN g.last_attempt_at < :stale THEN 1 ELSE g.pending + 1 END,
    locked_until = NULL,
    last_attempt_at = :now
WHERE (g.locked_until IS NULL OR g.locked_until <= :now)
    AND CASE WHEN g.locked_until IS NULL THEN g.failures ELSE 0 END
        + CASE WHEN g.last_attempt_at < :stale THEN 0 ELSE g.pending END < :tries
RETURNING g.failures, g.pending, g.locks, g.locked_until, g.last_attempt_at
""")
# The arithmetic of domain/lockout.fail; `closed` tells the attempt that closed the account.
_FAIL = sa.text("""
INSERT INTO sign_in_guards AS g (subject, failures, pending, locks, locked_until, last_attempt_at)
VALUES (
    :subject, 1, 0, CASE WHEN :tries <= 1 THEN 1 ELSE 0 END,
    CASE WHEN :tries <= 1 THEN CAST(:now AS timestamptz) + make_interval(secs => LEAST(:base, :longest)) END, :now
)
ON CONFLICT (subject) DO UPDATE SET
    pending = GREATEST(g.pending - 1, 0),
    failures = CASE WHEN g.locked_until > :now THEN g.failures ELSE g.failures + 1 END,
    locks = CASE WHEN g.locked_until > :now OR g.failures + 1 < :tries THEN g.locks ELSE g.locks + 1 END,
    refused = CASE WHEN g.locked_until > :now THEN g.refused ELSE 0 END,
    locked_until = CASE
        WHEN g.locked_until > :now THEN g.locked_until
        WHEN g.failures + 1 >= :tries
        THEN CAST(:now AS timestamptz) + make_interval(secs => LEAST(:base * power(2, LEAST(g.locks, 30)), :longest))
    END
RETURNING g.failures, g.pending, g.locks, g.locked_until, g.last_attempt_at
""")
_RELEASE = sa.text("UPDATE sign_in_guards SET pending = GREATEST(pending - 1, 0) WHERE subject = :subject")
_REFUSE = sa.text("UPDATE sign_in_guards SET refused = refused + 1 WHERE subject = :subject RETURNING refused")
_FORGIVE = sa.text("DELETE FROM sign_in_guards WHERE subject = :subject")
_READ = sa.text("""
SELECT failures, pending, locks, locked_until, last_attempt_at FROM sign_in_guards WHERE subject = :subject
""")
_TIDY = sa.text("DELETE FROM sign_in_guards WHERE subject LIKE 'address:%' AND last_attempt_at < :before")


def of_user(user_id: UUID) -> str:
    """Return the subject under which the failures of an account are counted."""
    return f"user:{user_id}"


def of_factor(user_id: UUID) -> str:
    """Return the subject under which wrong second factors of an account are counted, apart from wrong passwords."""
    return f"factor:{user_id}"


def of_address(address: str | None) -> str:
    """Return the subject under which unknown user names from one network address are counted."""
    return f"address:{address or 'unknown'}"


def _guard(row: Any) -> Guard:
    return Guard(row.failures, row.pending, row.locks, row.locked_until, row.last_attempt_at)


def begin(session: Session, subject: str, now: datetime, policy: LockPolicy) -> Guard | None:
    """Take up an attempt; None while sign-in is closed or every try is in hand. Commit before checking."""
    values = {"subject": subject, "now": now, "tries": policy.tries, "stale": now - policy.forget}
    row = session.execute(_BEGIN, values).first()
    return _guard(row) if row else None


def fail(session: Session, subject: str, now: datetime, policy: LockPolicy) -> Guard:
    """Count an attempt in hand as failed."""
    values = {
        "subject": subject,
        "now": now,
        "tries": policy.tries,
        "base": policy.base.total_seconds(),
        "longest": policy.longest.total_seconds(),
    }
    return _guard(session.execute(_FAIL, values).one())


def release(session: Session, subject: str) -> None:
    """Give back an attempt in hand that was not looked at."""
    session.execute(_RELEASE, {"subject": subject})


def refuse(session: Session, subject: str) -> int:
    """Count an attempt refused while sign-in is closed; return how many there were since it closed, 1 at least."""
    return session.execute(_REFUSE, {"subject": subject}).scalar() or 1


def forgive(session: Session, subject: str) -> bool:
    """Forget all failures after a success or an unblocking; tell whether there were any."""
    return bool(session.execute(_FORGIVE, {"subject": subject}).rowcount)  # type: ignore[attr-defined]


def read(session: Session, subject: str) -> Guard:
    """Return where the counting stands."""
    row = session.execute(_READ, {"subject": subject}).first()
    return _guard(row) if row else Guard()


def tidy(session: Session, before: datetime) -> None:
    """Forget addresses not seen since `before`."""
    session.execute(_TIDY, {"before": before})
