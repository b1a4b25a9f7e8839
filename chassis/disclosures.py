"""Who read what: recorded once a request for staff, gathered and written in batches for a client's own people."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from chassis.audit import AuditRecord
from chassis.errors import PortalError
from chassis.telemetry import get_logger

log = get_logger(__name__)

FLUSH_SECONDS = 1.0
AGAIN_AFTER_SECONDS = 15 * 60
REMEMBERED = 50_000
BATCH = 1000
MOST_WAITING = 100_000
REQUESTS = 1000
REQUEST_SECONDS = 60.0


def _look(record: AuditRecord) -> tuple[object, ...]:
    who, what = (record.actor, record.correlation_id), (record.object_kind, record.object_id, record.client)
    return (*who, record.action, *what)


class Disclosures:
    """Holds records for at most a second (FLUSH_SECONDS), one per person, action and object in 15 minutes."""

    def __init__(self, service: str, write: Callable[[list[AuditRecord]], None]) -> None:
        self._service = service
        self._write = write
        self._waiting: list[AuditRecord] = []
        self._requests: OrderedDict[tuple[object, ...], float] = OrderedDict()
        self._seen: dict[tuple[str, str, str | None], float] = {}
        self._thread: threading.Thread | None = None

    def gather(self, record: AuditRecord) -> None:
        """Take a record, unless the same person was shown the same object a short while ago."""
        key = (record.actor, record.action, record.object_id)
        moment = time.monotonic()
        if moment - self._seen.get(key, -AGAIN_AFTER_SECONDS) < AGAIN_AFTER_SECONDS:
            return
        if len(self._seen) >= REMEMBERED:
            self._seen.clear()
        self._seen[key] = moment
        self._waiting.append(record)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"disclosures-{self._service}", daemon=True)
            self._thread.start()

    def first_of_request(self, record: AuditRecord) -> bool:
        """Tell whether nothing was recorded yet of this look, by this person, in the course of this request."""
        if not record.correlation_id:
            return True
        key, moment = _look(record), time.monotonic()
        # A proxy may send the same number for ever: nothing that takes longer is one request.
        if moment - self._requests.get(key, moment - REQUEST_SECONDS) < REQUEST_SECONDS:
            return False
        self._requests[key] = moment
        while len(self._requests) > REQUESTS:
            self._requests.popitem(last=False)
        return True

    def not_written(self, record: AuditRecord) -> None:
        """The record was not written after all: the next call of the request tries again."""
        self._requests.pop(_look(record), None)

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            try:
                self.flush()
            except PortalError as error:
                log.warning("disclosures wait for the database", waiting=len(self._waiting), code=error.code)

    def flush(self) -> None:
        """Write what waits. Raises PortalError unavailable when the database is away; then nothing is lost."""
        while self._waiting:
            batch = self._waiting[:BATCH]
            if len(self._waiting) > MOST_WAITING:
                log.error("disclosures dropped, the database has been away too long", dropped=len(self._waiting))
                self._waiting.clear()
                return
            self._write(batch)
            del self._waiting[: len(batch)]
