"""Health and metrics of one process on a port of its own: /livez, /readyz, /metrics.

Live means: the process turns its main loop. Ready means: it could do its work right now (broker, database). A broker
that is away makes a process not ready but leaves it alive. Works in native and in green threads.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], None]
EXIT_STUCK = 70


class Health:
    """The checks of a process and the small server that tells of them. A check raises when something is wrong."""

    def __init__(self) -> None:
        self.live: dict[str, Check] = {}
        self.ready: dict[str, Check] = {}
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    def serve(self, host: str, port: int) -> None:
        """Start answering on host:port (0: a free port, see `port`). Raises OSError when the port is taken."""
        health = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/metrics":
                    self._send(200, CONTENT_TYPE_LATEST, generate_latest())
                elif self.path in ("/livez", "/readyz"):
                    results = health.run(health.live if self.path == "/livez" else health.live | health.ready)
                    good = all(result == "ok" for result in results.values())
                    self._send(200 if good else 503, "application/json", orjson.dumps(results))
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
            request_queue_size = 32

        self._server = Server((host, port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(1.0,), name="health", daemon=True).start()

    def run(self, checks: dict[str, Check]) -> dict[str, str]:
        """Return what each check says: `ok` or what is wrong."""
        results = {}
        for name, check in checks.items():
            try:
                check()
                results[name] = "ok"
            except Exception as error:
                results[name] = str(error).split("\n", 1)[0][:200] or type(error).__name__
        return results

    def stop(self) -> None:
        """Stop answering."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def watch(
    last_turn: Callable[[], float], limit: float, *, thread: type[threading.Thread], sleep: Check | None = None
) -> None:
    """End the process when its main loop has not turned for `limit` seconds; the supervisor starts a fresh one.

    `thread` and `sleep` must be the native ones, or the watchdog would be stuck together with what it watches.
    """
    pause: Callable[[float], None] = sleep or time.sleep  # type: ignore[assignment]

    def look() -> None:
        strikes = 0
        while True:
            pause(min(1.0, limit / 4))
            # Twice in a row: a process that was itself stopped for a while must get the chance to turn.
            strikes = strikes + 1 if time.monotonic() - last_turn() > limit else 0
            if strikes >= 2:
                sys.stderr.write(
                    f'{{"level":"critical","event":"main loop stuck for {limit:g} s, ending the process"}}\n'
                )
                sys.stderr.flush()
                os._exit(EXIT_STUCK)

    thread(target=look, name="watchdog", daemon=True).start()
