"""python -m deploy.local.guard: what watches the watcher.

supervisor restarts a process that ends. This one restarts supervisord when that ends, and a process that runs but no
longer answers (a frozen broker, a loop): the part that a liveness probe has in Kubernetes. It also turns logs over.
"""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local import probe, stale, supervise
from deploy.local.bootstrap import exclusive
from deploy.local.paths import Place, current
from deploy.local.processes import Process, table
from deploy.local.say import Trouble

LOOK_EVERY = 0.5  # seconds, for supervisord
PROBE_EVERY = 2.5  # seconds, for liveness
# Probes in a row without an answer. A store answers from threads of its own, so its silence is not mere work; a
# service that computes for long has a watchdog of its own (chassis/health.py) and gets more time.
GIVE_UP_AFTER = {"store": 3, "peer": 4, "suite": 6}
LOG_BYTES = 20_000_000
GRACE = 45.0  # seconds after its start in which a process need not answer yet


def main() -> None:
    place = current()
    parent = supervise.supervisord_pid(place)  # not getppid(): it may have been killed while we started
    failures: dict[str, int] = {}
    seen_alive: dict[str, int] = {}
    probed = time.monotonic()
    while True:
        time.sleep(LOOK_EVERY)
        if os.getppid() != parent:
            _revive(place, parent)
            return
        if time.monotonic() - probed >= PROBE_EVERY:
            _probe(place, failures, seen_alive)
            for log in place.logs.glob("*.log"):
                _turn_over(log)
            probed = time.monotonic()


def _revive(place: Place, parent: int | None) -> None:
    """supervisord is gone: a new one adopts the processes, which go on meanwhile."""
    print(f"supervisord (pid {parent}) is gone, starting again", flush=True)
    with exclusive(place.run / "supervisord.lock", "somebody else starts supervisord"):
        if supervise.supervisord_pid(place) is None:
            supervise.launch(place)


def _probe(place: Place, failures: dict[str, int], seen_alive: dict[str, int]) -> None:
    processes = table(place)
    states = supervise.information(place)
    running = {name: entry for name, entry in states.items() if entry["statename"] == "RUNNING" and name in processes}

    def look(name: str) -> tuple[str, bool]:
        return name, probe.alive(place, processes[name], 2.0)

    with ThreadPoolExecutor(8) as pool:
        for name, alive in pool.map(look, running):
            entry = running[name]
            if alive:
                failures[name] = 0
                seen_alive[name] = entry["pid"]
            elif seen_alive.get(name) == entry["pid"] or entry["now"] - entry["start"] > GRACE:
                failures[name] = failures.get(name, 0) + 1
            if failures.get(name, 0) >= GIVE_UP_AFTER.get(processes[name].kind, 6):
                failures[name] = 0
                _replace(place, processes[name], entry["pid"])


def _turn_over(log: Path, limit: int = LOG_BYTES, kept: int = 3) -> None:
    """Copy a long log aside and empty it; writers append, so they go on at its beginning."""
    if log.stat().st_size < limit or log.name == "supervisord.log":  # that one supervisord turns over itself
        return
    for number in range(kept, 1, -1):
        older = log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)


def _replace(place: Place, process: Process, pid: int) -> None:
    """What does not answer does not hear SIGTERM either: kill, supervisor starts it again."""
    print(f"{process.name} (pid {pid}) has not answered several probes in a row, killing it", flush=True)
    stale.kill(place, process.name)


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        print(f"guard: {trouble}", flush=True)
        raise SystemExit(1) from trouble
