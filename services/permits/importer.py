"""Import a register from the command line: `python -m services.permits.importer FILE` (`./portal import-permits FILE`).

Drives the same use cases as the staff console. The running service does the work; when none runs, this process
does. Ends with 0 when the file was imported, 1 when it was broken, 2 when it cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import sys
import time
import uuid
from pathlib import Path

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from services.permits.messages import (
    CHUNK_BYTES,
    AppendImportChunk,
    FinishImport,
    GetImport,
    Import,
    ImportReport,
    StartImport,
)
from services.permits.store import import_tables, tables
from services.permits.usecases import receive_import, show_imports, work_import

assert import_tables  # its tables belong to the metadata

COMMAND = Caller(kind="service", service="permits", name="command:import-permits", language="en")
# As long as the service keeps working the file moves on at least this often.
PATIENCE_SECONDS = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Import the named file, show how far it is, and say what came of it."""
    parser = argparse.ArgumentParser(prog="./portal import-permits", description="Import a register of permits.")
    parser.add_argument("file", type=Path, help="a CSV file, plain or gzip")
    parser.add_argument("--report", type=Path, help="write the rows with problems to this CSV file")
    chosen = parser.parse_args(arguments)
    db = Database("permits", tables.metadata, pool_size=3)
    bus = Bus(service="permits", name="import-permits")
    try:
        import_id = hand_over(db, chosen.file)
        state = watch(db, bus, import_id)
        if chosen.report:
            write_report(db, import_id, chosen.report)
    except OSError as error:
        print(f"{chosen.file} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    except PortalError as error:
        print(f"{error.sentence('en')} ({error.code})", file=sys.stderr)
        return 1
    finally:
        bus.close()
        db.close()
    print(result(state))
    return 0 if state.status == "done" else 1


def hand_over(db: Database, path: Path) -> uuid.UUID:
    """Send the file to the service's store, part by part. Raises OSError, PortalError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        opened = receive_import.start(db, StartImport(name=path.name, size=size), COMMAND)
        offset = 0
        while part := file.read(CHUNK_BYTES):
            data = base64.b64encode(part).decode()
            chunk = AppendImportChunk(import_id=opened.import_id, offset=offset, data=data)
            receive_import.append(db, chunk, COMMAND)
            offset += len(part)
            show(f"sent {offset:,} of {size:,} bytes")
    receive_import.finish(db, FinishImport(import_id=opened.import_id), COMMAND)
    return opened.import_id


def watch(db: Database, bus: Bus, import_id: uuid.UUID) -> Import:
    """Show the progress until the import has ended; lend a hand when nobody works on it."""
    moved, before = time.monotonic(), ""
    while True:
        state = show_imports.one(db, GetImport(import_id=import_id), COMMAND)
        if state.status in ("done", "failed"):
            show("")
            return state
        line = (
            f"{state.status}: {state.rows_read:,} rows, {state.bytes_read:,} of {state.bytes_total:,} bytes, "
            f"{state.permits_applied:,} of {state.permits_seen:,} permits"
        )
        show(line)
        if line != before:
            moved, before = time.monotonic(), line
        elif time.monotonic() - moved > PATIENCE_SECONDS:
            work_import.run(db, bus, COMMAND)
            moved = time.monotonic()
        time.sleep(0.3)


def write_report(db: Database, import_id: uuid.UUID, path: Path) -> None:
    """Write the problems found as CSV."""
    after = None
    with path.open("w", encoding="utf-8", newline="") as file:
        while True:
            part = show_imports.report(db, ImportReport(import_id=import_id, language="en", after=after), COMMAND)
            file.write(part.text)
            after = part.next
            if after is None:
                return


def result(state: Import) -> str:
    """Return what came of an import, in a few lines."""
    if state.status == "failed":
        return f"Nothing was changed: {state.error} ({state.error_code})"
    lines = [
        f"{state.rows_read:,} rows, {state.permits_seen:,} permits: {state.created:,} created, "
        f"{state.changed:,} changed, {state.unchanged:,} unchanged, {state.rejected:,} left alone because of errors."
    ]
    if state.unchanged_file:
        lines.append("Everything in this file was here already; nothing was changed.")
    if state.error_rows or state.warning_rows:
        lines.append(
            f"{state.error_rows:,} rows with errors, {state.warning_rows:,} with warnings (--report writes them)."
        )
    return "\n".join(lines)


def show(line: str) -> None:
    """Write one line that the next one replaces; only where somebody watches."""
    if sys.stderr.isatty():
        with contextlib.suppress(BrokenPipeError):
            print(f"\r\x1b[2K{line}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
