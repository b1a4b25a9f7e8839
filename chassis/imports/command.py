"""Importing a register from the command line: the same steps as in the staff console.

The running service does the work; when none runs, this process does. Ends with 0 when the file was imported, 1 when it
was broken, 2 when it cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.imports.kit import Kit
from chassis.imports.messages import CHUNK_BYTES, AppendFields, FinishFields, ImportState, ReportFields, StartFields

# As long as the service keeps working the file moves on at least this often.
PATIENCE_SECONDS = 5.0


def main(
    kit: Kit[Any],
    metadata: Any,
    what: str,
    work: Callable[[Database, Bus, Caller], int],
    arguments: list[str] | None = None,
    **more: tuple[str, str],
) -> int:
    """Import the named file, show how far it is, and say what came of it.

    `what` is `permits` in `import-permits`; `more` are the service's own columns of an import: default and help.
    """
    parser = argparse.ArgumentParser(prog=f"./portal import-{what}", description=f"Import a register of {what}.")
    parser.add_argument("file", type=Path, help="a CSV file, plain or gzip")
    parser.add_argument("--report", type=Path, help="write the rows with problems to this CSV file")
    for name, (default, text) in more.items():
        parser.add_argument(f"--{name}", default=default, help=text)
    chosen = parser.parse_args(arguments)
    own = {name: getattr(chosen, name) for name in more}
    caller = Caller(kind="service", service=kit.service, name=f"command:import-{what}", language="en")
    db = Database(kit.service, metadata, pool_size=3)
    bus = Bus(service=kit.service, name=f"import-{what}")
    try:
        import_id = hand_over(kit, db, chosen.file, caller, own)
        state = watch(kit, db, bus, import_id, caller, work)
        if chosen.report:
            write_report(kit, db, import_id, chosen.report, caller)
    except OSError as error:
        print(f"{chosen.file} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    except PortalError as error:
        print(f"{error.sentence('en')} ({error.code})", file=sys.stderr)
        return 1
    finally:
        bus.close()
        db.close()
    print(result(state, what))
    return 0 if state.status == "done" else 1


def hand_over(kit: Kit[Any], db: Database, path: Path, caller: Caller, own: dict[str, Any]) -> uuid.UUID:
    """Send the file to the service's store, part by part. Raises OSError, PortalError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        opened = kit.start(db, StartFields(name=path.name, size=size), caller, **own)
        offset = 0
        while part := file.read(CHUNK_BYTES):
            data = base64.b64encode(part).decode()
            kit.append(db, AppendFields(import_id=opened.import_id, offset=offset, data=data), caller)
            offset += len(part)
            show(f"sent {offset:,} of {size:,} bytes")
    kit.finish(db, FinishFields(import_id=opened.import_id), caller)
    import_id: uuid.UUID = opened.import_id
    return import_id


def watch(
    kit: Kit[Any],
    db: Database,
    bus: Bus,
    import_id: uuid.UUID,
    caller: Caller,
    work: Callable[[Database, Bus, Caller], int],
) -> ImportState:
    """Show the progress until the import has ended; lend a hand when nobody works on it."""
    moved, before = time.monotonic(), ""
    while True:
        state: ImportState = kit.one(db, import_id, caller)
        if state.status in ("done", "failed"):
            show("")
            return state
        done = state.created + state.changed + state.unchanged + state.rejected
        line = (
            f"{state.status}: {state.rows_read:,} rows, {state.bytes_read:,} of {state.bytes_total:,} bytes, "
            f"{done:,} done"
        )
        show(line)
        if line != before:
            moved, before = time.monotonic(), line
        elif time.monotonic() - moved > PATIENCE_SECONDS:
            work(db, bus, caller)
            moved = time.monotonic()
        time.sleep(0.3)


def write_report(kit: Kit[Any], db: Database, import_id: uuid.UUID, path: Path, caller: Caller) -> None:
    """Write the problems found as CSV."""
    after = None
    with path.open("w", encoding="utf-8", newline="") as file:
        while True:
            part = kit.report(db, ReportFields(import_id=import_id, language="en", after=after), caller)
            file.write(part.text)
            after = part.next
            if after is None:
                return


def result(state: ImportState, what: str) -> str:
    """Return what came of an import, in a few lines."""
    if state.status == "failed":
        return f"Nothing was changed: {state.error} ({state.error_code})"
    seen = state.created + state.changed + state.unchanged + state.rejected
    lines = [
        f"{state.rows_read:,} rows, {seen:,} {what}: {state.created:,} created, "
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
