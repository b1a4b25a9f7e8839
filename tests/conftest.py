"""Fixtures every suite shares: the stack's addresses and throw-away databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from tests import stack

# What an example costs says something about the machine and its other work, nothing about the rule.
settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")


@pytest.fixture(scope="session")
def endpoints() -> dict[str, Any]:
    """URLs, ports, DSNs and credentials of the running stack."""
    return stack.endpoints()


@pytest.fixture(scope="session")
def new_database(endpoints: dict[str, Any]) -> Iterator[Callable[..., str]]:
    """Make an empty database on the stack's server (migrated as `service` when named); dropped at the end."""
    url = sa.make_url(endpoints["database_admin"]).set(drivername="postgresql+psycopg2")
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def create(template: str = "") -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} {f'TEMPLATE {template}' if template else ''}"))
        made.append(name)
        return name

    def address(name: str) -> str:
        return url.set(database=name).render_as_string(hide_password=False)

    @lru_cache
    def template_of(service: str | None) -> str:
        """A database nobody works in, with the present schema: copying it takes a tenth of migrating anew."""
        name = create()
        with sa.create_engine(address(name), poolclass=sa.NullPool).begin() as connection:
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS unaccent"))
        if service:
            from chassis.migrate import migrate

            migrate(service, address(name))
        return name

    def make(service: str | None = None) -> str:
        return address(create(template_of(service)))

    yield make
    with admin.connect() as connection:
        for name in made:
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.dispose()
