"""The permit read in one process without a bus: the limit of what any split into services can reach."""

from __future__ import annotations

import os

import orjson
import sqlalchemy as sa
from flask import Flask, Response, request

from chassis.days import riga_today
from services.permits.store import reading

app = Flask(__name__)
TOKEN, CLIENT = os.environ["BENCH_TOKEN"], os.environ["BENCH_CLIENT"]
engine = sa.create_engine(
    os.environ["DATABASE_URL"], pool_size=64, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
)
PARTS = ("stations", "assignments", "equipment", "history", "conditions")
SESSIONS = {TOKEN: CLIENT}


@app.get("/api/v1/permits/<uuid:permit_id>")
def get_permit(permit_id: str) -> Response | tuple[str, int]:
    """Look the session up in memory, run the suite's own SELECT, answer the same JSON."""
    client = SESSIONS.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if client is None:
        return "", 401
    with engine.connect() as connection:
        row = (
            connection.execute(reading.OWN_PERMIT_BY_ID, {"permit_id": permit_id, "client": client}).mappings().first()
        )
    if row is None:
        return "", 404
    permit = reading.shown(row, riga_today())
    for part in PARTS:
        permit[part] = orjson.Fragment(row[part] or b"[]")
    return Response(orjson.dumps(permit), content_type="application/json")
