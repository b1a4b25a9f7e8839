"""How long a signing key lives: published before it signs, signing for a period, believed a while longer, then gone."""

from __future__ import annotations

from datetime import datetime, timedelta

# A key must have been published this long before it signs, so that nobody has to ask for it twice.
PUBLISHED_FIRST = timedelta(seconds=5)
# Another process of identity may go on signing with the old key this long after a rotation.
NOTICED_WITHIN = timedelta(seconds=10)
# Clocks of two machines may differ by this much.
CLOCKS = timedelta(seconds=30)


def is_due(activated_at: datetime, now: datetime, period: timedelta) -> bool:
    """Tell whether the key in use has signed for its period and must give way to the next."""
    return now - activated_at >= period


def may_sign(created_at: datetime, now: datetime) -> bool:
    """Tell whether a key has been published for long enough to begin to sign."""
    return now - created_at >= PUBLISHED_FIRST


def seconds_to_wait(created_at: datetime, now: datetime) -> int:
    """Return the whole seconds (1 or more) until `may_sign` holds."""
    return max(1, int((created_at + PUBLISHED_FIRST - now).total_seconds()) + 1)


def believed_until(now: datetime, token_life: timedelta) -> datetime:
    """Return the moment from which nothing signed by a key retired now is believed: its last token is over by then."""
    return now + token_life + NOTICED_WITHIN + CLOCKS
