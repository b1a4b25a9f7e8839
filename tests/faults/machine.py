"""The stack under test as its operator sees it: what runs, and how to hurt it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import stack

HEAL_SECONDS = 30.0
LOOK_EVERY = 1.0  # a look at the status is a process of its own, which what heals would have to wait for


def crowded() -> float:
    """By how much others slow this machine down: 1.0 up to two runnable processes per core, more above.

    The suite, its load and the killed process itself stay below that; a machine shared with other work does not.
    """
    return max(1.0, os.getloadavg()[0] / (2 * (os.cpu_count() or 1)))


def portal(*arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run ./portal against the stack under test."""
    env = os.environ | {"PORTAL_RUN": str(stack.run_dir())}
    command = [sys.executable, "-m", "deploy.local.cli", *arguments]
    return subprocess.run(command, cwd=stack.ROOT, env=env, capture_output=True, text=True, timeout=seconds)


def status() -> dict[str, Any]:
    """What `./portal status --json` says; its exit code must agree with it."""
    done = portal("status", "--json", seconds=30)
    picture: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if picture["ready"] else 1)
    return picture


def pid(name: str) -> int:
    """The process id of one supervised process, or of supervisord."""
    found = supervisord() if name == "supervisord" else pids(status())[name]
    assert found, f"{name} does not run"
    return found


def pids(picture: dict[str, Any]) -> dict[str, int | None]:
    """The process ids in a picture of the status; None for what does not run."""
    return {process["name"]: process["pid"] for process in picture["processes"]}


def supervisord() -> int | None:
    """The process id supervisord has written down; None while a new one has not written it whole."""
    try:
        return int((stack.run_dir() / "supervisord.pid").read_text())
    except (FileNotFoundError, ValueError):
        return None


def children(parent: int) -> list[int]:
    """The processes below one."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "stat").read_text()
            except OSError:
                continue
            if int(line.rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return sorted(found)


def hurt(victim: int, which: signal.Signals = signal.SIGKILL) -> None:
    os.kill(victim, which)


def heal(name: str, before: int, *, since: float, seconds: float = HEAL_SECONDS) -> float:
    """Wait until `./portal status --json` is green again with another process of that name; returns after how long."""
    while True:
        picture = status()
        took = time.monotonic() - since
        other = supervisord() if name == "supervisord" else pids(picture).get(name)
        if picture["ready"] and other and other != before:
            return took
        waiting = [process["name"] for process in picture["processes"] if not process["ready"]]
        assert took < seconds * crowded(), f"not green {took:.0f} s after {name} was hurt; not ready: {waiting}"
        time.sleep(LOOK_EVERY)


def until_green(seconds: float = HEAL_SECONDS) -> None:
    """Wait until `./portal status --json` is green."""
    until("all is green", lambda: status()["ready"], seconds, every=LOOK_EVERY)


def until(what: str, look: Callable[[], Any], seconds: float, every: float = 0.2) -> Any:
    """Return what `look` finds as soon as it is something."""
    end = time.monotonic() + seconds * crowded()
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(every)
    return found
