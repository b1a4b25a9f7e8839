"""Import a register of permits: `./portal import-permits FILE` (`python -m services.permits.importer FILE`)."""

from __future__ import annotations

import sys

from chassis.imports import command
from services.permits.store import import_tables, tables
from services.permits.store.imports import KIT
from services.permits.usecases import work_import

assert import_tables  # its tables belong to the metadata


def main(arguments: list[str] | None = None) -> int:
    """Import the named file, show how far it is, and say what came of it."""
    return command.main(KIT, tables.metadata, "permits", work_import.run, arguments)


if __name__ == "__main__":
    sys.exit(main())
