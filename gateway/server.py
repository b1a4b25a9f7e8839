"""What runs around the application under gunicorn: health and metrics on a port of their own, logs as JSON lines.

A small process of its own answers the probes, so that a worker that is busy or stuck cannot make them wait. Workers
write a pulse into shared memory every second: their process id, the time, and whether their bus connection works.
"""

from __future__ import annotations

import logging
import mmap
import os
import signal
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from gunicorn.glogging import Logger

SLOTS = 64
PULSE_SECONDS = 1.0
STALE_SECONDS = 6.0
_SLOT = struct.Struct("<qd?7x")  # process id, moment of the pulse (monotonic clock of the machine), connected


class JsonLogger(Logger):
    """gunicorn's own messages go the way of all logs; its access log is ours (gateway.app)."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
        self.error_log.setLevel(logging.INFO)


class Pulses:
    """The workers' signs of life, in memory shared by master, workers and health process."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, SLOTS * _SLOT.size)

    def beat(self, slot: int, connected: bool) -> None:
        """Write a worker's pulse."""
        at = slot % SLOTS * _SLOT.size
        self._memory[at : at + _SLOT.size] = _SLOT.pack(os.getpid(), time.monotonic(), connected)

    def clear(self, pid: int) -> None:
        """Forget a worker that has ended."""
        for slot in range(SLOTS):
            at = slot * _SLOT.size
            if _SLOT.unpack_from(self._memory, at)[0] == pid:
                self._memory[at : at + _SLOT.size] = bytes(_SLOT.size)

    def fresh(self) -> list[tuple[int, bool]]:
        """Return process id and connection of every worker whose pulse is fresh."""
        now = time.monotonic()
        found = [_SLOT.unpack_from(self._memory, slot * _SLOT.size) for slot in range(SLOTS)]
        return [(pid, connected) for pid, at, connected in found if pid and now - at < STALE_SECONDS]


def start_pulse(pulses: Pulses, slot: int) -> None:
    """Begin a worker's pulse in a thread of its own; it also opens the bus connection before the first request."""
    from gateway import bus

    def run() -> None:
        client = bus.client()
        while True:
            # Connecting is begun here and goes on by itself; the pulse must not wait for the broker.
            pulses.beat(slot, client.connected or client.connect(timeout=0.2))
            time.sleep(PULSE_SECONDS)

    threading.Thread(target=run, name="pulse", daemon=True).start()


def verdict(pulses: Pulses, workers: int) -> tuple[bool, bool, dict[str, str]]:
    """Return live, ready, and what is wrong with which part."""
    fresh = pulses.fresh()
    connected = sum(1 for _, up in fresh if up)
    live = bool(fresh)
    ready = connected >= workers
    return live, ready, {
        "workers": "ok" if len(fresh) >= workers else f"{len(fresh)} of {workers} workers answer",
        "bus": "ok" if ready else f"{connected} of {workers} workers are connected to the broker",
    }


def start_health(pulses: Pulses, workers: int, address: tuple[str, int], listeners: list[Any]) -> int:
    """Fork the health process; returns its id. It ends when its parent does."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for listener in listeners:
            listener.close()  # or the port would stay taken after the master is gone
        _serve(pulses, workers, address, parent)
    finally:
        os._exit(0)


def _serve(pulses: Pulses, workers: int, address: tuple[str, int], parent: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            live, ready, parts = verdict(pulses, workers)
            if self.path == "/livez":
                self._send(200 if live else 503, "application/json", orjson.dumps({"workers": parts["workers"]}))
            elif self.path == "/readyz":
                self._send(200 if ready else 503, "application/json", orjson.dumps(parts))
            elif self.path == "/metrics":
                self._send(200, "text/plain; version=0.0.4; charset=utf-8", _metrics())
            else:
                self._send(404, "text/plain", b"not found\n")

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes come every few seconds: not worth a log line."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(address, Handler)
    threading.Thread(target=server.serve_forever, args=(0.5,), daemon=True).start()
    while os.getppid() == parent:
        time.sleep(0.5)


def _metrics() -> bytes:
    """Return the sum over all workers, read from the files they keep (prometheus_client's multiprocess mode)."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
