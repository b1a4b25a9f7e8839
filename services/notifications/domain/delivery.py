"""When a delivery is tried again, and when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

# Seconds before the second, third, ... try; the last one repeats until the give-up time.
WAITS = (5, 15, 60, 300, 900, 1800, 3600)

QUEUED, SENDING, SENT, FAILED = "queued", "sending", "sent", "failed"
RESENDABLE = frozenset({SENT, FAILED})


def next_try(attempts: int, created_at: datetime, now: datetime, give_up_hours: float) -> datetime | None:
    """Return when to try again after `attempts` (1 or more) that failed for the time being, None to give up."""
    if attempts < 1:
        raise ValueError("there was no attempt yet")
    moment = now + timedelta(seconds=WAITS[min(attempts, len(WAITS)) - 1])
    return None if moment > created_at + timedelta(hours=give_up_hours) else moment


def message_id(delivery: object, sender: str) -> str:
    """Return the Message-ID of a delivery: always the same, so that a copy sent after a crash is known as one."""
    return f"<{delivery}@{sender.rpartition('@')[2]}>"
