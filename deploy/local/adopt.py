"""What runs under which pid, and taking over a process whose supervisord was killed.

Every start leaves a note in the run directory. A supervisord that replaces a killed one finds the processes of the
stack still at work; each of its programs then stands guard over the one that runs instead of starting another. So the
death of supervisord interrupts nobody.
"""

import contextlib
import json
import os
import select
import signal
import time
from pathlib import Path
from typing import Any

from deploy.local import stale
from deploy.local.paths import Place, write_private

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


def note(place: Place, name: str) -> dict[str, Any]:
    """What the last start of a process left: code (its fingerprint), started (unix time), pid. Empty when none."""
    with contextlib.suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(_file(place, name).read_text())
        return found
    return {}


def keep_note(place: Place, name: str, code: str) -> None:
    """Write down that this process is about to become `name`."""
    values = {"code": code, "started": time.time(), "pid": os.getpid()}
    write_private(_file(place, name), json.dumps(values))


def _file(place: Place, name: str) -> Path:
    return place.state / f"{name}.json"


def running_pid(place: Place, name: str) -> int | None:
    """The pid of the process of that name that was started last, if it still runs."""
    pid = note(place, name).get("pid")
    return pid if pid and pid != os.getpid() and pid in stale.ours(place, name) and stale.running(pid) else None


def stand_guard(place: Place, name: str, pid: int) -> None:
    """Return when the process ends; signals to us are passed on to it, and it is not adopted a second time then."""

    def pass_on(which: int, _: object) -> None:
        _file(place, name).unlink(missing_ok=True)
        stale.send(pid, signal.Signals(which))

    for which in PASSED_ON:
        signal.signal(which, pass_on)
    with contextlib.suppress(OSError):  # a kernel without pidfd: look now and then
        descriptor = os.pidfd_open(pid)
        select.select([descriptor], [], [])
        os.close(descriptor)
    while stale.running(pid):
        time.sleep(0.2)
