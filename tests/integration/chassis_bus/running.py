"""Programs these tests run: services as real processes, a proxy that breaks connections, a broker of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.stack import ROOT

HERE = Path(__file__).resolve().parent


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float = 10, what: str = "condition") -> Any:
    """Wait until `condition` says something true, and return it."""
    limit = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < limit, f"{what} did not come within {seconds} s"
        time.sleep(0.05)


class Program:
    """A process of the chassis (`chassis.run` or `chassis.relay`) with its health port and its log."""

    def __init__(self, module: str, *arguments: str, env: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self.log = log
        full = os.environ | env
        full |= {"HEALTH_PORT": str(self.port), "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}", "PROFILE": "local"}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=ROOT, env=full, stdout=out, stderr=out
            )

    def probe(self, path: str) -> tuple[int, dict[str, str]]:
        """Status and body of a health page; status 0 when nobody answers within two seconds."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=2) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())
        except OSError:
            return 0, {}

    def metric(self, name: str) -> float:
        """The sum of a metric over the label values given in `name`, as in `x_total{code="ok"`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    def ready(self, seconds: float = 20) -> Program:
        """Wait until it is ready."""
        until(lambda: self.process.poll() is not None or self.probe("readyz")[0] == 200, seconds, "readiness")
        assert self.process.poll() is None, self.text()
        return self

    def text(self) -> str:
        """Everything it has logged."""
        return self.log.read_text(errors="replace")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


class FaultProxy:
    """A TCP proxy that can stall (bytes stop, sockets stay, as with a frozen peer) or cut everything."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.stalled = False
        self.down = False
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset all connections."""
        for each in list(self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                near.close()
                continue
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            self._sockets |= {near, far}
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                while self.stalled:
                    time.sleep(0.02)
                target.sendall(data)
        except OSError:
            self._sockets.discard(source)  # cut while waiting
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
