"""The sandbox bank: a process of its own that takes no money (`python -m deploy.local.bank`).

It speaks the contract of public payment providers (design/domain.md 4.1): create a purchase, send the payer to its
page, tell the merchant by a signed callback, answer questions about the state, give money back. On its page the
tester decides what the bank does, good or bad. Environment: PORT or BANK_PORT, HOST, BANK_API_KEY, STATE_DIR.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

from chassis.money import format_eur, from_cents
from deploy.local.bank_store import OPEN, Store, shown
from deploy.local.bank_texts import TEXTS

MODES = ("approve", "twice", "before", "never", "delay", "decline", "cancel")


class Bank:
    """The bank's key, memory and postman."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.store = Store(folder / "bank.sqlite")
        self.key = _key(folder / "bank-key.pem")
        self._wake = threading.Event()

    def public_key(self) -> bytes:
        """Return the PEM with which merchants verify X-Signature."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def decide(self, number: str, mode: str, *, seconds: float = 0, **changed: Any) -> bool:
        """Do what the tester chose; False when the purchase was decided before."""
        if mode == "delay":
            return self.store.delay(number, seconds, "approve")
        status = {"decline": "error", "cancel": "cancelled"}.get(mode, "paid")
        notices = {"never": 0, "twice": 2}.get(mode, 1)
        # An ordinary notice takes a moment, so the browser is often back first; "before" sends it while it waits.
        wait = 0 if mode in ("before", "twice") else 0.7
        done = self.store.settle(number, status, notices=notices, notice_delay=wait, **changed)
        if done and mode == "before":
            for notice in self.store.due_notices(number):
                self.send(notice)
        self._wake.set()
        return done

    def send(self, notice: dict[str, Any]) -> None:
        """Send one notice, signed over its raw body; keep how it went."""
        body = bytes(notice["body"])
        signature = self.key.sign(body, padding.PKCS1v15(), hashes.SHA256())
        headers = {"Content-Type": "application/json", "X-Signature": base64.b64encode(signature).decode()}
        try:
            answer = requests.post(notice["url"], data=body, headers=headers, timeout=5, allow_redirects=False)
            good, text = answer.status_code in (200, 201, 202, 204), f"{answer.status_code}"
        except requests.RequestException as error:
            good, text = False, type(error).__name__
        self.store.notice_sent(notice["id"], notice["attempts"] + 1, good, text)
        print(f"notice {notice['id']} of {notice['purchase_id']}: {text}", flush=True)

    def work(self) -> None:
        """Carry out delayed decisions and send notices, for ever."""
        while True:
            for number, mode in self.store.due_decisions():
                self.decide(number, mode)
            for notice in self.store.due_notices():
                self.send(notice)
            self._wake.wait(0.2)
            self._wake.clear()


def _key(path: Path) -> rsa.RSAPrivateKey:
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        fresh = path.with_suffix(".new")
        fresh.write_bytes(pem)
        fresh.chmod(0o600)
        fresh.rename(path)
    loaded = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise SystemExit(f"{path} is not an RSA key")
    return loaded


def create_app(folder: Path, api_key: str) -> Flask:
    """Return the bank's web application; state lives in `folder`."""
    app = Flask(__name__, template_folder="templates/bank", static_folder=None)
    bank = Bank(folder)
    app.extensions["bank"] = bank
    store = bank.store

    def authorised() -> None:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(sent.encode(), api_key.encode()):
            abort(401)

    def purchase(number: str) -> dict[str, Any]:
        row = store.get(number)
        if row is None:
            abort(404)
        return row

    def answer(row: dict[str, Any], status: int = 200) -> Response:
        data = shown(row) | {"checkout_url": f"{request.host_url}pay/{row['id']}"}
        response = jsonify(data)
        response.status_code = status
        return response

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        store.recent(1)
        return {"status": "ok"}

    @app.get("/api/v1/public_key/")
    @app.get("/public_key/")
    def public_key() -> Response:
        return Response(bank.public_key(), mimetype="application/x-pem-file")

    @app.post("/api/v1/purchases/")
    def create() -> Response:
        authorised()
        asked = request.get_json()
        try:
            good = asked["purchase"]["products"] and asked["reference"] and asked["success_redirect"]
            good = good and all(int(p["price"]) > 0 for p in asked["purchase"]["products"])
        except (KeyError, TypeError, ValueError):
            good = False
        if not good or asked["purchase"].get("currency") != "EUR":
            abort(400)
        row, fresh = store.create(asked)
        return answer(row, 201 if fresh else 200)

    @app.get("/api/v1/purchases/")
    def find() -> Response:
        authorised()
        return jsonify({"results": [shown(row) | {"checkout_url": f"{request.host_url}pay/{row['id']}"}
                                    for row in store.find(request.args.get("reference", ""))]})  # fmt: skip

    @app.get("/api/v1/purchases/<number>/")
    def status(number: str) -> Response:
        authorised()
        return answer(purchase(number))

    @app.post("/api/v1/purchases/<number>/cancel/")
    def cancel(number: str) -> Response:
        authorised()
        purchase(number)
        # Executing already: too late to stop. The merchant sees in the answer what the state is.
        if purchase(number)["status"] != "pending_execute":
            store.settle(number, "cancelled", notices=0)
        return answer(purchase(number))

    @app.post("/api/v1/purchases/<number>/refund/")
    def refund(number: str) -> Response:
        authorised()
        asked = request.get_json(silent=True) or {}
        row = purchase(number)
        amount = int(asked.get("amount") or row["paid_total"] - row["refunded"])
        given = store.refund(number, amount, str(asked.get("key") or time.time_ns()))
        if given is None:
            abort(400)
        return answer(given)

    @app.post("/test/purchases/<number>/decide")
    def decide(number: str) -> Response:
        """For tests: mode, and if wanted seconds, amount (cents), currency, reference, force (decided before)."""
        asked = request.get_json()
        mode = asked.pop("mode", "")
        if mode not in MODES:
            abort(400)
        purchase(number)
        if not bank.decide(number, mode, **asked):
            abort(409)
        return answer(purchase(number))

    @app.get("/")
    def front() -> str:
        language = _language("lv")
        rows = [shown(row) for row in store.recent()]
        return render_template("front.html", rows=rows, t=TEXTS[language], language=language, eur=_eur)

    @app.get("/pay/<number>")
    def page(number: str) -> str:
        row = purchase(number)
        store.viewed(number)
        data = shown(row)
        language = _language(data["purchase"]["language"])
        return render_template(
            "pay.html", p=data, open=row["status"] in OPEN[:2], t=TEXTS[language], language=language, eur=_eur
        )

    @app.post("/pay/<number>")
    def choose(number: str) -> Any:
        row = purchase(number)
        mode = request.form.get("mode", "")
        if mode not in MODES:
            abort(400)
        seconds = min(max(request.form.get("seconds", 5, type=int), 1), 600)
        if not bank.decide(number, mode, seconds=seconds) and row["status"] not in ("paid", "error", "cancelled"):
            abort(409)
        asked = _asked(row)
        key = {"cancel": "cancel_redirect", "decline": "failure_redirect"}.get(mode, "success_redirect")
        return redirect(asked.get(key) or asked["success_redirect"], 303)

    threading.Thread(target=bank.work, name="bank", daemon=True).start()
    return app


def _asked(row: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(row["request"]))


def _language(preferred: str) -> str:
    chosen = request.args.get("language") or preferred
    return chosen if chosen in TEXTS else "lv"


def _eur(value: int) -> str:
    return format_eur(from_cents(value))


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Health probes would drown everything else."""
        if not self.path.startswith("/healthz"):
            super().log_request(code, size)


def main() -> None:
    """Serve until told to stop. One process, a thread per request; all state is on the disk at every answer."""
    environ = os.environ
    folder = Path(environ.get("STATE_DIR") or Path(environ.get("PORTAL_RUN", ".run")) / "peers")
    port = int(environ.get("PORT") or environ.get("BANK_PORT") or 8081)
    app = create_app(folder, environ.get("BANK_API_KEY", "sandbox"))
    server = make_server(environ.get("HOST", "127.0.0.1"), port, app, threaded=True, request_handler=_Quiet)
    print(f"sandbox bank on port {port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
