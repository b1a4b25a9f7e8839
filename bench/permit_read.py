"""(a) An authenticated permit read: the suite, a one-process monolith, nameko as it comes, in one interleaved run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import orjson
import sqlalchemy as sa

from bench import load
from bench.people import sign_in
from bench.report import Bar, Finding
from tests import stack

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = (1, 16, 64)
ROUNDS = 5
SECONDS = 3
OURS, MONOLITH, STOCK = "the suite", "Flask monolith, one process", "stock nameko"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str, token: str) -> bool:
    try:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=2) as answer:
            return bool(orjson.loads(answer.read()))
    except (urllib.error.URLError, OSError, ValueError):
        return False


@contextmanager
def process(command: list[str], env: dict[str, str]) -> Iterator[None]:
    """Run a process beside the measurement and stop it afterwards."""
    running = subprocess.Popen(
        command, env=os.environ | env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()


def gunicorn(app: str, port: int, workers: int, threads: int) -> list[str]:
    """Return the command of a threaded gunicorn."""
    return [
        sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", str(workers), "--threads", str(threads),
        "-b", f"127.0.0.1:{port}", "--keep-alive", "30", "--worker-connections", "1000", app,
    ]  # fmt: skip


def permit_paths(url: str, client: UUID | None) -> list[str]:
    """Return the paths of the client's permits."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        ids = connection.scalars(
            sa.text("SELECT id FROM permits WHERE holder_client_id = :client"), {"client": client}
        ).all()
    return [f"/api/v1/permits/{permit_id}" for permit_id in ids]


def run() -> Finding:
    """Measure and return the finding."""
    e = stack.endpoints()
    database = stack.database_url("permits")
    session = sign_in("anna@radiolinks.example")
    token = session.secret
    paths = permit_paths(database, session.client)
    mono, stock = free_port(), free_port()
    env = {
        "DATABASE_URL": database,
        "BENCH_TOKEN": token,
        "BENCH_CLIENT": str(session.client),
        "AMQP_URI": e["amqp"]["admin"].replace("amqp://", "pyamqp://"),
        "PYTHONWARNINGS": "ignore",
    }
    bases = {OURS: stack.portal_url(), MONOLITH: f"http://127.0.0.1:{mono}", STOCK: f"http://127.0.0.1:{stock}"}
    rounds: dict[tuple[str, int], list[load.Load]] = {}
    with (
        process(gunicorn("bench.stacks.monolith:app", mono, 1, 64), env),
        process([sys.executable, "-m", "bench.stacks.stock_run"], env),
        process(gunicorn("bench.stacks.stock_gateway:app", stock, 2, 32), env),
    ):
        for name, base in bases.items():
            _wait(base + paths[0], token, name)
        for number in range(ROUNDS + 1):
            for connections in CONNECTIONS:
                for name, base in bases.items():
                    measured = load.run(
                        base,
                        paths,
                        connections=connections,
                        seconds=SECONDS if number else 1,
                        headers=session.headers,
                    )
                    if number:  # the first round only warms up
                        rounds.setdefault((name, connections), []).append(measured)
    return _finding({key: load.median(values) for key, values in rounds.items()})


def _wait(url: str, token: str, name: str) -> None:
    until = time.monotonic() + 20
    while not _answers(url, token):
        if time.monotonic() > until:
            raise SystemExit(f"{name} does not answer at {url}")
        time.sleep(0.2)


def _finding(medians: dict[tuple[str, int], load.Load]) -> Finding:
    finding = Finding(
        "a-permit-read",
        "(a) Authenticated permit read",
        ("stack", "in flight", "requests/s", "p50 ms", "p95 ms", "× monolith", "× stock nameko", "errors"),
        notes=f"Median of {ROUNDS} interleaved rounds of {SECONDS} s; random permits of one client. "
        "The suite: a gateway of two workers, one permits process. The monolith runs the same SELECT in one process "
        "with 64 threads. Stock nameko: "
        "Flask with a proxy per thread (two workers), one service process with `@rpc` and the ORM.",
    )
    for (name, connections), value in sorted(medians.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        against_mono = value.rps / medians[(MONOLITH, connections)].rps
        against_stock = value.rps / medians[(STOCK, connections)].rps
        finding.rows.append(
            (
                name,
                connections,
                f"{value.rps:.0f}",
                f"{value.p50:.1f}",
                f"{value.p95:.1f}",
                f"{against_mono:.2f}",
                f"{against_stock:.2f}",
                value.bad + value.broken,
            )
        )
    ours = medians[(OURS, 64)]
    finding.bars = [
        Bar("64 in flight, against the monolith", ours.rps / medians[(MONOLITH, 64)].rps, 0.5),
        Bar("64 in flight, against stock nameko", ours.rps / medians[(STOCK, 64)].rps, 1.8),
        Bar("errors", sum(m.bad + m.broken for m in medians.values()), 0, at_least=False),
    ]
    return finding
