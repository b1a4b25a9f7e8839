"""Processes of this stack, recognised by two variables in their environment: PORTAL_MARK and PORTAL_PROCESS."""

import os
import signal
import time
from pathlib import Path

from deploy.local.paths import Place


def ours(place: Place, name: str | None = None) -> dict[int, str]:
    """Process ids of this stack with their names; all, or those of one supervised program."""
    found: dict[int, str] = {}
    mark = f"PORTAL_MARK={place.mark}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile, or it is somebody else's
            continue
        if mark not in variables:
            continue
        process = next((v[15:].decode() for v in variables if v.startswith(b"PORTAL_PROCESS=")), "")
        if name in (None, process):
            found[int(folder.name)] = process
    return found


def ancestors(pid: int) -> set[int]:
    """The process and all above it."""
    line: set[int] = set()
    while pid > 0 and pid not in line:
        line.add(pid)
        try:
            # the command name stands in parentheses and may hold anything
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            break
    return line


def end(place: Place, name: str | None = None, grace: float = 4.0) -> list[str]:
    """Ask processes of this stack to end, then kill what is left. Spares the caller and its ancestors.

    Returns the names of those that were found. PostgreSQL gets SIGINT, its fast shutdown.
    """
    spared = ancestors(os.getpid())
    found = {pid: process for pid, process in ours(place, name).items() if pid not in spared}
    for pid, process in found.items():
        send(pid, signal.SIGINT if process == "postgres" else signal.SIGTERM)
    until = time.monotonic() + grace
    while (left := [pid for pid in found if running(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    for pid in left:
        send(pid, signal.SIGKILL)
    until = time.monotonic() + 3
    while any(running(pid) for pid in left) and time.monotonic() < until:
        time.sleep(0.05)
    return sorted(set(found.values()))


def send(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
        if which == signal.SIGTERM:  # a stopped process does not hear anything else
            os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def running(pid: int) -> bool:
    """Whether the process is there and has not ended: a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(place: Place, name: str) -> None:
    """SIGKILL to every process of one supervised program."""
    for pid in ours(place, name):
        send(pid, signal.SIGKILL)
