"""python -m deploy.local.shell SERVICE: a Python prompt with the service's database, bus and messages at hand."""

import code
import importlib
import os
import sys
from typing import Any


def names(service: str) -> dict[str, Any]:
    """What the prompt knows: db (chassis.database.Database), bus (acting as the service), tables, m (the messages)."""
    from chassis.bus import Bus
    from chassis.database import Database

    tables = importlib.import_module(f"services.{service}.store.tables")
    messages = importlib.import_module(f"services.{service}.messages")
    return {
        "db": Database(service, tables.metadata),
        "bus": Bus(service=service, name="shell"),
        "tables": tables,
        "m": messages,
        **{name: value for name, value in vars(messages).items() if name[:1].isupper()},
    }


def main(service: str) -> None:
    """Open the prompt."""
    import readline
    import rlcompleter

    os.environ.setdefault("SERVICE_NAME", service)
    known = names(service)
    readline.set_completer(rlcompleter.Completer(known).complete)
    readline.parse_and_bind("tab: complete")
    banner = (
        f"{service}: db, bus, tables, m (messages, also by their own names).\n"
        "  with db.reading() as conn: conn.execute(...)\n"
        "  bus.call(m.SomeRequest(...))"
    )
    code.interact(banner=banner, local=known, exitmsg="")


if __name__ == "__main__":
    main(sys.argv[1])
