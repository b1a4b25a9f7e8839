"""Import a register of clients: `./portal import-clients FILE.csv [--source NAME] [--report OUT.csv]`."""

from __future__ import annotations

import sys

from chassis.imports import command
from services.identity.store import tables
from services.identity.store.imports import KIT
from services.identity.usecases import import_clients


def main(arguments: list[str] | None = None) -> int:
    """Import the named file, show how far it is, and say what came of it."""
    source = ("klienti", "which register the file is from: only data of the same register are corrected by it")
    return command.main(KIT, tables.metadata, "clients", import_clients.run, arguments, source=source)


if __name__ == "__main__":
    sys.exit(main())
