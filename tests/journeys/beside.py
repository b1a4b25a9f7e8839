"""One more process of the suite beside the running ones, with other settings: as an operator would have set them."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from deploy.local.paths import ROOT, Place
from deploy.local.processes import table
from tests import stack
from tests.journeys.api_client import eventually


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def beside(name: str, log: Path, *, bind: int | None = None, **settings: str) -> Iterator[int]:
    """Run `name` once more until the block ends, ready when it begins; yields its health port.

    `bind` is the port of another gateway. What it shares with the first one is the broker and the database.
    """
    process = table(Place(stack.run_dir(), stack.endpoints()["ports"]["gateway"]))[name]
    health = free_port()
    command = [f"127.0.0.1:{bind}" if bind and before == "--bind" else word
               for before, word in zip(("", *process.command), process.command, strict=False)]  # fmt: skip
    env = process.env | {"HEALTH_PORT": str(health), "GATEWAY_WORKERS": "1"} | settings
    with log.open("ab") as written:
        running = subprocess.Popen(command, cwd=ROOT, env=env, stdout=written, stderr=subprocess.STDOUT)
        try:
            eventually(f"another {name}", lambda: _ready(running, health, log), 60)
            yield health
        finally:
            running.terminate()
            running.wait(30)


def _ready(running: subprocess.Popen[bytes], health: int, log: Path) -> bool:
    assert running.poll() is None, log.read_text()[-3000:]
    try:
        return requests.get(f"http://127.0.0.1:{health}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
