"""Metrics of requests; liveness and readiness live in gunicorn.conf.py's health process."""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter, Histogram

REQUEST_SECONDS = Histogram(
    "portal_http_request_seconds", "Time to answer a request, by endpoint", ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUESTS = Counter("portal_http_requests_total", "Requests answered", ["endpoint", "method", "status"])


def observe(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    key = (endpoint, method, status)
    known = _known.get(key)
    if known is None:
        shown = method if method in _METHODS else "OTHER"
        known = _known[key] = (REQUEST_SECONDS.labels(endpoint), REQUESTS.labels(endpoint, shown, status))
        if len(_known) > _MOST:
            _known.clear()  # somebody invents methods
    known[0].observe(seconds)
    known[1].inc()


# Looking a metric up by its labels takes longer than counting.
_known: dict[tuple[str, str, int], tuple[Any, Any]] = {}
_MOST = 5000
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
