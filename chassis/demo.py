"""Load the demo: `python -m chassis.demo all` runs `services.<name>.demo.load(db)`; safe to repeat."""

from __future__ import annotations

import importlib
import importlib.util
import sys

from chassis.database import Database
from chassis.migrate import services


def load(service: str) -> str:
    """Run one service's demo loader and return what it says it did."""
    if importlib.util.find_spec(f"services.{service}.demo") is None:
        return "nothing to load"
    tables = importlib.import_module(f"services.{service}.store.tables")
    demo = importlib.import_module(f"services.{service}.demo")
    db = Database(service, tables.metadata, pool_size=2)
    try:
        return str(demo.load(db) or "loaded")
    finally:
        db.close()


def main(arguments: list[str]) -> int:
    """Load the demo of the named services, or of all."""
    if not arguments:
        print("usage: python -m chassis.demo all | SERVICE...", file=sys.stderr)
        return 2
    for service in services() if arguments == ["all"] else arguments:
        print(f"{service}: {load(service)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
