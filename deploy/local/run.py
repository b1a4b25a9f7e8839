"""python -m deploy.local.run NAME: become one process of the stack. What supervisor starts, every time.

Adopts the process if it still runs; else clears what a killed predecessor left behind, waits for what the process
needs, then replaces itself by it, so the supervised pid is the real one. Also the brake on a process that dies at
once: two seconds between two starts. Output goes straight to the log file, not through supervisord, which may die.
"""

import os
import sys
import time
from pathlib import Path

from deploy.local import adopt, postgres, stale
from deploy.local.code import fingerprint
from deploy.local.paths import ROOT, Place, current
from deploy.local.ports import amqp_answers, answers, wait_until_free
from deploy.local.processes import Process, table

BRAKE_SECONDS = 2.0
WAIT_SECONDS = 60.0


def main(name: str) -> None:
    place = current()
    process = table(place)[name]
    _log_to(place.logs / f"{name}.log")
    if name != "guard" and (pid := adopt.running_pid(place, name)):
        print(f"{name} runs already (pid {pid}), standing guard over it", flush=True)
        adopt.stand_guard(place, name, pid)
        return
    if left := stale.end(place, name, grace=2.0):
        print(f"ended what was left of {', '.join(left)}", flush=True)
    _brake(place, name)
    if process.kind == "suite":
        _wait(lambda: gate(place).exists(), f"{name}: waiting until the databases are migrated", 3600)
    for store in process.needs:
        _wait(lambda store=store: _answers(place, store), f"{name}: waiting for {store}", WAIT_SECONDS)
    for port in process.ports:
        if not wait_until_free(port, 10):
            print(f"{name}: port {port} is still in use", flush=True)
    if name == "postgres":
        postgres.clear_stale_lock(place)
    adopt.keep_note(place, name, fingerprint(process))
    _become(place, process)


def gate(place: Place) -> Path:
    """The file whose presence says: databases and exchanges are as this code wants them."""
    return place.state / "prepared"


def _brake(place: Place, name: str) -> None:
    since = time.time() - adopt.note(place, name).get("started", 0.0)
    if 0 <= since < BRAKE_SECONDS:
        time.sleep(BRAKE_SECONDS - since)


def _log_to(file: Path) -> None:
    """Append to the log; guard turns over what has grown long, which appending writers do not mind."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _wait(condition, text: str, seconds: float) -> None:  # type: ignore[no-untyped-def]
    until, said = time.monotonic() + seconds, False
    while not condition():
        if time.monotonic() > until:
            print(f"{text}: not after {seconds:.0f} s, starting all the same", flush=True)
            return
        if not said:
            print(text, flush=True)
            said = True
        time.sleep(0.1)


def _answers(place: Place, store: str) -> bool:
    if store not in table(place):  # a broker or a database of somebody else's
        return True
    if store == "rabbitmq":
        return amqp_answers(place["amqp"])
    return answers(place[store])


def _become(place: Place, process: Process) -> None:
    env = process.env | {"PORTAL_MARK": place.mark, "PORTAL_PROCESS": process.name}
    if process.kind == "store":
        os.chdir(place.daemons / ("postgres" if process.name == "postgres" else "rabbitmq"))
        if daemon := postgres.as_daemon():
            os.setgroups([])
            os.setgid(daemon["group"])
            os.setuid(daemon["user"])
    else:
        os.chdir(ROOT)
    os.execve(process.command[0], list(process.command), env)


if __name__ == "__main__":
    main(sys.argv[1])
