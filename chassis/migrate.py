"""Bring databases to the present schema: `python -m chassis.migrate billing requests` or `... all`.

One migrator at a time per database (advisory lock); a migration that cannot get its table lock within
LOCK_TIMEOUT gives up and is tried again, so it never queues readers behind itself.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import exc

from chassis.settings import database_url

ROOT = Path(__file__).resolve().parent.parent
ADVISORY_KEY = 7_245_001
LOCK_TIMEOUT = "3s"
TRIES = 10


def services() -> list[str]:
    """Return the names of the services that have migrations, in alphabetical order."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/migrations") if any(path.glob("0*.py")))


def config_for(service: str, connection: sa.Connection) -> Config:
    """Return Alembic's configuration for one service's numbered migrations."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "chassis" / "migrations"))
    config.set_main_option("version_locations", str(ROOT / "services" / service / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(service: str, url: str | None = None) -> str:
    """Upgrade one service's database to the newest migration and return that revision.

    Raises sqlalchemy.exc.OperationalError when the database is away or a lock was not to be had in ten tries.
    """
    engine = sa.create_engine(url or database_url(service), poolclass=sa.NullPool)
    for attempt in range(1, TRIES + 1):
        try:
            with engine.connect() as connection:
                connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_KEY})
                connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
                connection.commit()
                config = config_for(service, connection)
                command.upgrade(config, "head")
                connection.commit()
                return ScriptDirectory.from_config(config).get_current_head() or "none"
        except exc.OperationalError as error:
            if getattr(error.orig, "pgcode", None) != "55P03" or attempt == TRIES:
                raise
            time.sleep(min(0.5 * attempt, 3))
    raise AssertionError("unreachable")


def main(arguments: list[str]) -> int:
    """Migrate the named services, or all of them, and say to which revision."""
    if not arguments:
        print("usage: python -m chassis.migrate all | SERVICE...", file=sys.stderr)
        return 2
    for service in services() if arguments == ["all"] else arguments:
        print(f"{service}: {migrate(service)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
