"""What a service class names as its dependencies: its database and its bus.

class Service:
    name = "billing"
    db = DatabaseDependency(tables.metadata)
    bus = BusDependency()
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from nameko.extensions import DependencyProvider

from chassis.bus import Bus
from chassis.database import Database
from chassis.key_set import SigningKeys
from chassis.process import settings
from chassis.trust import trusted


class DatabaseDependency(DependencyProvider):
    """Gives the service its `chassis.database.Database`; one per process."""

    constant = True

    def __init__(self, metadata: sa.MetaData, pool_size: int | None = None) -> None:
        self.metadata = metadata
        self.pool_size = pool_size
        self.database: Database | None = None
        super().__init__()

    def setup(self) -> None:
        """Make the pools; connects at the first use."""
        # One connection per worker: those beyond the pool's size are made and thrown away at every use, which
        # costs more than the query (a third of all time, and most of PostgreSQL's, when the pool had ten).
        size = self.pool_size or settings().rpc_workers
        self.database = Database(self.container.service_name, self.metadata, pool_size=size)

    def get_dependency(self, worker_ctx: Any) -> Database | None:
        """Return the database."""
        return self.database

    def stop(self) -> None:
        """Close the pools; nameko calls this after all work has ended."""
        if self.database is not None:
            self.database.close()


class BusDependency(DependencyProvider):
    """Gives the service a `chassis.bus.Bus` that acts as `service:<name>`; one per process."""

    constant = True

    def __init__(self) -> None:
        self.bus: Bus | None = None
        super().__init__()

    def setup(self) -> None:
        """Make the client; connects at the first call."""
        name = self.container.service_name
        bus = self.bus = Bus(service=name, name=name)
        trusted.use(lambda: bus.call(SigningKeys()))  # one connection less than a lookup of its own

    def get_dependency(self, worker_ctx: Any) -> Bus | None:
        """Return the client."""
        return self.bus

    def stop(self) -> None:
        """Close the connection."""
        if self.bus is not None:
            self.bus.close()
