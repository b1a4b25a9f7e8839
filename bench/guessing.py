"""Sign-ins as load, from a process of their own, so that the clients' work does not delay the clock that measures.

`python -m bench.guessing` reads a plan from standard input (JSON) and writes what each attempt gave to standard output:
seconds, status. A closed plan sends the next attempt of a connection when the last one was answered; an open one sends
at fixed moments, whatever the answers, and counts the wait from the moment an attempt was due.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
Attempt = tuple[str, str]  # user name, password


@dataclass(frozen=True)
class Answers:
    """What a plan gave: seconds and status of each attempt, in the order of the plan."""

    seconds: list[float]
    statuses: list[int]

    def p(self, percent: int, status: int = 201) -> float:
        """Return a percentile in milliseconds of the attempts answered with `status`."""
        found = sorted(s for s, code in zip(self.seconds, self.statuses, strict=True) if code == status)
        return found[min(len(found) - 1, len(found) * percent // 100)] * 1000 if found else float("nan")

    @property
    def counts(self) -> Counter[int]:
        """How many answers had which status; 0 are broken connections."""
        return Counter(self.statuses)


class Load:
    """A plan being worked off in a process of its own."""

    def __init__(self, base: str, attempts: Sequence[Attempt], *, connections: int, per_second: float = 0) -> None:
        plan = {"base": base, "attempts": attempts, "connections": connections, "per_second": per_second}
        # A file, not a pipe: whoever only asks whether it still runs does not read, and a full pipe never ends.
        self._found = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.guessing"], cwd=ROOT, stdin=subprocess.PIPE, stdout=self._found, text=True
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(plan))
        self._process.stdin.close()

    @property
    def running(self) -> bool:
        """Tell whether attempts are still being made."""
        return self._process.poll() is None

    def answers(self) -> Answers:
        """Wait for the end. Raises SystemExit when the process failed."""
        if self._process.wait():
            raise SystemExit("the load broke off")
        with self._found as found:
            found.seek(0)
            return Answers(**json.load(found))


def _attempt(connection: http.client.HTTPConnection, email: str, password: str) -> int:
    body = json.dumps({"email": email, "password": password})
    try:
        connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0
    return answer.status


def _due(count: int, per_second: float, begun: float) -> Iterator[tuple[int, float | None]]:
    return ((number, begun + number / per_second if per_second else None) for number in range(count))


def work_off(plan: dict[str, Any]) -> Answers:
    """Make the attempts of a plan and return what they gave."""
    host = urlsplit(plan["base"]).netloc
    attempts: list[Attempt] = plan["attempts"]
    seconds, statuses = [0.0] * len(attempts), [0] * len(attempts)
    waiting: SimpleQueue[tuple[int, float | None]] = SimpleQueue()
    for entry in _due(len(attempts), plan["per_second"], time.perf_counter() + 0.2):
        waiting.put(entry)

    def client() -> None:
        connection = http.client.HTTPConnection(host, timeout=60)
        while True:
            try:
                number, due = waiting.get_nowait()
            except Empty:
                return
            if due is not None:
                time.sleep(max(due - time.perf_counter(), 0))
            began = due if due is not None else time.perf_counter()
            statuses[number] = _attempt(connection, *attempts[number])
            seconds[number] = time.perf_counter() - began

    clients = [threading.Thread(target=client) for _ in range(plan["connections"])]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    return Answers(seconds, statuses)


if __name__ == "__main__":
    answers = work_off(json.load(sys.stdin))
    json.dump({"seconds": answers.seconds, "statuses": answers.statuses}, sys.stdout)
