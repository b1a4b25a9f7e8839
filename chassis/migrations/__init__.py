"""The Alembic environment shared by all services, and the helper their first migrations call."""

from alembic import op

from chassis.tables import create_chassis_tables as _create

__all__ = ["create_chassis_tables"]


def create_chassis_tables(operations: object = op) -> None:
    """Create outbox, inbox, idempotency keys and blobs; for a service's migration 0001."""
    _create(operations.get_bind())  # type: ignore[attr-defined]
