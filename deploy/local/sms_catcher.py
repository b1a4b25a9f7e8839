"""The SMS catcher: takes text messages over HTTP as a gateway provider does (`python -m deploy.local.sms_catcher`).

Contract: POST /messages `{"to": "+371…", "text": "…", "reference": "…", "sender": "…"}` answers 202 `{"id": …}`; the
same reference sent again answers 200 with the same id. Environment: HOST, PORT, STATE_DIR (or PORTAL_RUN), KEEP.
A number ending in 0000 is refused for good (422), one ending in 1111 twice for the time being (503).
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.serving import make_server

from deploy.local.catcher_store import Store
from deploy.local.catcher_texts import TEXTS, Quiet, iso, language, linked, moment

NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
LONGEST = 1000
BUSY_TRIES = 2


def described(row: Any) -> dict[str, Any]:
    """Return a message for the JSON interface."""
    text = bytes(row["content"]).decode()
    return {
        "id": row["id"], "at": iso(row["at"]), "from": row["sender"], "to": row["recipients"], "text": text,
        "reference": row["reference"],
    }  # fmt: skip


def create_app(store: Store) -> Flask:
    """Return the provider's interface, the pages and the JSON interface over `store`."""
    app = Flask(__name__, template_folder="templates/sms", static_folder=None)
    adding = threading.Lock()

    def refuse(status: int, reason: str) -> Response:
        response = jsonify({"error": reason})
        response.status_code = status
        return response

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        store.find(limit=1)
        return {"status": "ok"}

    @app.post("/messages")
    def send() -> Response:
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict):
            return refuse(400, "not JSON")
        to, text, reference = (str(asked.get(key) or "") for key in ("to", "text", "reference"))
        if not NUMBER.fullmatch(to) or to.endswith("0000"):
            return refuse(422, "no such number")
        if not text or len(text) > LONGEST:
            return refuse(422, "text missing or too long")
        if to.endswith("1111") and store.tried(to) <= BUSY_TRIES:
            return refuse(503, "try again later")
        with adding:
            known = store.by_reference(reference) if reference else None
            number = known or store.add(str(asked.get("sender") or ""), [to], text[:80], text.encode(), reference)
        print(f"message {number}", flush=True)
        response = jsonify({"id": str(number)})
        response.status_code = 200 if known else 202
        return response

    @app.get("/")
    def front() -> str:
        q, chosen = request.args.get("q", "").strip(), language()
        rows = [(row, store.get(row["id"])) for row in store.find(q)]
        shown = [(row, linked(bytes(full["content"]).decode())) for row, full in rows if full]
        return render_template("front.html", rows=shown, q=q, t=TEXTS[chosen], language=chosen, moment=moment)

    @app.get("/api/messages")
    def listed() -> Response:
        rows = store.find(request.args.get("q", ""), to=request.args.get("to", ""))
        return jsonify([described(full) for row in rows if (full := store.get(row["id"]))])

    @app.get("/api/messages/<int:number>")
    def one(number: int) -> Response:
        row = store.get(number)
        if row is None:
            abort(404)
        return jsonify(described(row))

    @app.delete("/api/messages")
    def clear() -> Response:
        store.clear()
        return Response(status=204)

    return app


def main() -> None:
    """Serve until told to stop."""
    environ = os.environ
    folder = Path(environ.get("STATE_DIR") or Path(environ.get("PORTAL_RUN", ".run")) / "peers")
    port = int(environ["PORT"])
    store = Store(folder / "sms.sqlite", keep=int(environ.get("KEEP", "5000")))
    server = make_server(
        environ.get("HOST", "127.0.0.1"), port, create_app(store), threaded=True, request_handler=Quiet
    )
    print(f"SMS catcher on port {port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
