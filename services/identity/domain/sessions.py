"""How long a session lives (C13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class SessionLimits:
    """A session ends `absolute` after it began, and `idle` after its last use."""

    idle: timedelta
    absolute: timedelta


CUSTOMER = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
STAFF = SessionLimits(idle=timedelta(minutes=15), absolute=timedelta(hours=8))


def is_over(at: datetime, last_used_at: datetime, ends_at: datetime, limits: SessionLimits, unseen: timedelta) -> bool:
    """Tell whether a session is over at the moment `at`.

    `unseen` is how long a use may go unnoticed: the gateway holds a signed token for some minutes without asking, so
    the last use kept can be that much too early. Nobody is thrown out before the full idle time.
    """
    return at >= ends_at or at - last_used_at >= limits.idle + unseen
