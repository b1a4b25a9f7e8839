"""What runs and how it is: processes, queues, outboxes, dead letters. Answers quickly whatever is down."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from deploy.local import adopt, probe, rabbitmq, stale, supervise
from deploy.local.paths import SERVICES, Place, config
from deploy.local.postgres import service_url
from deploy.local.processes import Process, table

OUTBOX = """
select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::float
from outbox where published_at is null
"""


def collect(place: Place) -> dict[str, Any]:
    """The whole picture as plain data; `ready` is true when every process runs and answers."""
    states = supervise.information(place)
    expected = list(table(place).values())
    with ThreadPoolExecutor(24) as pool:
        processes = pool.map(lambda process: _process(place, process, states.get(process.name)), expected)
        queues = pool.submit(rabbitmq.queues, place) if not config().get("amqp_url") else None
        outboxes = pool.map(lambda service: _outbox(place, service), _with_database(expected))
        found = list(processes)
        listed = queues.result() if queues else None
        outbox = dict(outboxes)
    # a stream keeps what has been read: its length says nothing about work that waits
    depths = {
        queue["name"]: queue.get("messages", 0)
        for queue in listed or []
        if queue["type"] != "stream" and not _left_behind(queue)
    }
    streams = {queue["name"]: queue.get("messages", 0) for queue in listed or [] if queue["type"] == "stream"}
    return {
        "ready": bool(found) and all(process["ready"] for process in found),
        "port": place.port,
        "processes": found,
        "queues": depths if listed is not None else None,
        "streams": streams if listed is not None else None,
        "outbox": outbox,
        "dead_letters": {name: depth for name, depth in depths.items() if name.endswith(".dead")}
        if listed is not None
        else None,
    }


def _left_behind(queue: dict[str, Any]) -> bool:
    """Whether it is the ear of a process that is gone: nobody waits for what lies there, and it goes by itself."""
    return ".hearing." in queue["name"] and not queue.get("consumers")


def _process(place: Place, process: Process, entry: dict[str, Any] | None) -> dict[str, Any]:
    running = entry is not None and entry["statename"] == "RUNNING"
    note = adopt.note(place, process.name)
    started, pid = note.get("started", time.time()), note.get("pid")
    running = running and bool(pid) and stale.running(int(pid or 0))
    return {
        "name": process.name,
        "state": entry["statename"] if entry else "ABSENT",
        "ready": running and probe.ready(place, process),
        # the process itself, also where supervisor has only adopted it
        "pid": pid if running else None,
        "uptime": round(time.time() - started) if running else None,
    }


def _with_database(processes: list[Process]) -> list[str]:
    names = {process.name for process in processes}
    return [service for service in SERVICES if service in names]


def _outbox(place: Place, service: str) -> tuple[str, dict[str, Any] | None]:
    import psycopg2

    url = service_url(place, service, config().get("database_url")).replace("+psycopg2", "")
    try:
        connection = psycopg2.connect(url, connect_timeout=2, options="-c statement_timeout=2000")
    except psycopg2.Error:
        return service, None
    try:
        with connection.cursor() as cursor:
            cursor.execute(OUTBOX)
            pending, oldest = cursor.fetchone()
            return service, {"pending": pending, "oldest_seconds": round(oldest, 1)}
    except psycopg2.Error:
        return service, None
    finally:
        connection.close()


def show(place: Place, as_json: bool) -> int:
    """Print the picture; exit code 0 when everything is ready."""
    picture = collect(place)
    if as_json:
        print(json.dumps(picture, indent=1))
        return 0 if picture["ready"] else 1
    print(f"{'process':16} {'state':10} {'ready':6} {'pid':>8} {'up':>10}")
    for entry in picture["processes"]:
        uptime = "" if entry["uptime"] is None else _duration(entry["uptime"])
        mark = "yes" if entry["ready"] else "NO"
        print(f"{entry['name']:16} {entry['state'].lower():10} {mark:6} {entry['pid'] or '-':>8} {uptime:>10}")
    print()
    if picture["queues"] is None:
        print("queues: the broker does not tell")
    else:
        _list("queues with messages", {name: depth for name, depth in picture["queues"].items() if depth})
        _list("dead letters", {name: depth for name, depth in picture["dead_letters"].items() if depth})
    boxes = {service: box or {"pending": "unknown"} for service, box in picture["outbox"].items()}
    _list("outbox waiting", {service: box["pending"] for service, box in boxes.items() if box["pending"]})
    print("\nready" if picture["ready"] else "\nNOT ready; ./portal logs NAME shows why")
    return 0 if picture["ready"] else 1


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _list(title: str, numbers: dict[str, Any]) -> None:
    print(f"{title}:", ", ".join(f"{name} {number}" for name, number in sorted(numbers.items())) or "none")
