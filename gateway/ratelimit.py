"""Limits per address or session and minute, counted in each process's memory.

With two worker processes somebody may get up to twice the stated number; the hard limits on guessing passwords are
identity's (C8) and hold for the whole suite.
"""

from __future__ import annotations

import threading
import time

from chassis.errors import PortalError

WINDOW_SECONDS = 60
MAX_KEYS = 50_000


class Limiter:
    """Counts in windows of a minute; forgets a window as soon as the next one begins."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def check(self, key: str, limit: int) -> None:
        """Count one use of `key`. Raises PortalError too_many (429, with `retry_after` seconds) beyond `limit`."""
        now = int(time.time())
        window = now // WINDOW_SECONDS
        with self._lock:
            if window != self._window or len(self._counts) >= MAX_KEYS:
                self._window, self._counts = window, {}
            count = self._counts[key] = self._counts.get(key, 0) + 1
        if count > limit:
            raise PortalError("too_many", retry_after=(window + 1) * WINDOW_SECONDS - now)


limiter = Limiter()
