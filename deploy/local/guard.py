"""python -m deploy.local.guard: what watches the watcher.

supervisor restarts a process that ends. This one restarts supervisord when that ends, and a process that runs but no
longer answers (a frozen broker, a loop): the part that a liveness probe has in Kubernetes.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor

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
GRACE = 45.0  # seconds after its start in which a process need not answer yet


def main() -> None:
    place, parent = current(), os.getppid()
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
            probed = time.monotonic()


def _revive(place: Place, parent: int) -> None:
    """supervisord is gone: its children write into closed pipes, so all are ended and all are started again."""
    with (place.logs / "guard.log").open("a") as log:  # the pipe to supervisord broke with it
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    print(f"supervisord (pid {parent}) is gone, starting again", flush=True)
    with exclusive(place.run / "supervisord.lock", "somebody else starts supervisord"):
        if supervise.supervisord_pid(place) is None:
            stale.end(place, grace=3.0)
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
