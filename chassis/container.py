"""nameko's service container, leaner: one green thread per piece of work, one service instance, room for all work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import eventlet
from eventlet.greenpool import GreenPool
from nameko.containers import ServiceContainer, WorkerContext
from nameko.exceptions import ContainerBeingKilled

from chassis import telemetry

log = telemetry.get_logger(__name__)


class Container(ServiceContainer):
    """Runs one service class; entry points of the chassis hand their work to `spawn_work`."""

    def __init__(self, service_cls: type, config: dict[str, Any]) -> None:
        super().__init__(service_cls, config)
        # Each entry point says how much work it may have at once (prefetch), so handing work over never waits: a
        # full pool would block the thread that also answers the broker's heartbeats.
        own = sum(getattr(entrypoint, "workers", 1) for entrypoint in self.entrypoints)
        self._worker_pool = GreenPool(size=self.max_workers + own)
        self._instance: Any = None

    def service_for(self, entrypoint: Any) -> Any:
        """Return the service object a piece of work runs on; shared when no dependency differs per call."""
        if self._instance is not None:
            return self._instance
        service = self.service_cls()
        worker = WorkerContext(self, service, entrypoint)
        for provider in self.dependencies:
            setattr(service, provider.attr_name, provider.get_dependency(worker))
        if all(getattr(provider, "constant", False) for provider in self.dependencies):
            self._instance = service
        return service

    def spawn_work(self, work: Callable[..., None], *args: Any) -> None:
        """Run `work(*args)` in a green thread; an exception that escapes it ends the process, loudly."""
        if self._being_killed:
            raise ContainerBeingKilled
        self._worker_pool.spawn_n(self._work, work, args)

    def _work(self, work: Callable[..., None], args: tuple[Any, ...]) -> None:
        try:
            work(*args)
        except Exception:
            log.critical("work ended with an error nobody expected", exc_info=True)
            eventlet.spawn_n(self.kill, sys.exc_info())
