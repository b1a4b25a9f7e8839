"""The stock gateway: Flask, a `ClusterRpcProxy` per thread (a shared one is corrupt, one per request leaks queues)."""

from __future__ import annotations

import os
import threading
from typing import Any

from flask import Flask, Response, jsonify, request
from nameko.standalone.rpc import ClusterRpcProxy

app = Flask(__name__)
TOKEN, CLIENT = os.environ["BENCH_TOKEN"], os.environ["BENCH_CLIENT"]
_local = threading.local()


def proxy() -> Any:
    """Return this thread's proxy."""
    if not hasattr(_local, "proxy"):
        _local.proxy = ClusterRpcProxy({"AMQP_URI": os.environ["AMQP_URI"]}, timeout=10).start()
    return _local.proxy


@app.get("/api/v1/permits/<permit_id>")
def get_permit(permit_id: str) -> Response | tuple[str, int]:
    """Answer as the suite's route does."""
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return "", 401
    found = proxy().bench_stock_permits.get_permit(permit_id, CLIENT)
    return jsonify(found) if found else ("", 404)
