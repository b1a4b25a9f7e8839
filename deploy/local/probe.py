"""Is a process ready, is it alive: asked over HTTP, or in the store's own language."""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

from deploy.local import postgres
from deploy.local.paths import Place
from deploy.local.ports import amqp_answers, answers
from deploy.local.processes import Process

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http_ok(url: str, timeout: float) -> bool:
    """Whether a GET of `url` answers 200 within `timeout` seconds."""
    try:
        with _direct.open(url, timeout=timeout) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def ready(place: Place, process: Process, timeout: float = 2.0) -> bool:
    """Whether the process can do its work now. One without a probe of its own counts as ready while it runs."""
    if process.health:
        return http_ok(process.health, timeout)
    return _store_answers(place, process, timeout)


def alive(place: Place, process: Process, timeout: float = 2.0) -> bool:
    """Whether the process answers at all. Not ready is alive; stuck is not."""
    if process.alive:
        return http_answers(process.alive, timeout)
    return _store_answers(place, process, timeout)


def http_answers(url: str, timeout: float) -> bool:
    """200, or nothing listens yet: a process that still starts is not stuck, one that accepts and is silent is."""
    port = urlsplit(url).port or 80
    return not answers(port, timeout) or http_ok(url, timeout)


def _store_answers(place: Place, process: Process, timeout: float) -> bool:
    if process.name == "postgres":
        return postgres.alive(postgres.admin_url(place), max(2, int(timeout)))
    if process.name == "rabbitmq":
        return amqp_answers(place["amqp"], timeout)
    if process.name == "epmd":
        return answers(place["epmd"], timeout)
    return True
