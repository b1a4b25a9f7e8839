"""The mail catcher: takes every message the portal sends and shows it (`python -m deploy.local.mail_catcher`).

SMTP on SMTP_PORT, pages and JSON on PORT. Environment: HOST, PORT, SMTP_PORT, STATE_DIR (else PORTAL_RUN/peers), KEEP.
An address `reject@…` is refused for good (550), `later@…` twice for the time being (451): real servers do both.
"""

from __future__ import annotations

import email
import email.policy
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.serving import make_server

from deploy.local.catcher_store import Store
from deploy.local.catcher_texts import LINK, TEXTS, Quiet, iso, language, linked, moment

LARGEST = 15 * 1024 * 1024
BUSY_TRIES = 2


class Catcher:
    """aiosmtpd's handler: a message is acknowledged once it is on the disk."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        local = address.partition("@")[0].lower()
        if local == "reject":
            return "550 5.1.1 no such mailbox here"
        if local == "later" and self.store.tried(address) <= BUSY_TRIES:
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        parsed = parse(raw)
        number = self.store.add(
            envelope.mail_from or "", envelope.rcpt_tos, str(parsed["Subject"] or ""), raw,
            str(parsed["Message-ID"] or ""),
        )  # fmt: skip
        print(f"message {number}", flush=True)
        return f"250 2.0.0 kept as {number}"


def parse(raw: bytes) -> EmailMessage:
    """Return a message as Python's e-mail library reads it."""
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def parts(message: EmailMessage) -> tuple[str, str]:
    """Return the text part and the HTML part, empty when there is none."""
    found = []
    for kind in ("plain", "html"):
        part = message.get_body(preferencelist=(kind,))
        found.append(part.get_content() if part is not None and part.get_content_type() == f"text/{kind}" else "")
    return found[0], found[1]


def described(row: Any, message: EmailMessage | None = None) -> dict[str, Any]:
    """Return a message for the JSON interface; with its parts and links when `message` is given."""
    data = {
        "id": row["id"], "at": iso(row["at"]), "from": row["sender"], "to": row["recipients"].split(", "),
        "subject": row["subject"], "message_id": row["reference"],
    }  # fmt: skip
    if message is not None:
        text, html = parts(message)
        headers = {name: str(value) for name, value in message.items()}
        data |= {"text": text, "html": html, "links": list(dict.fromkeys(LINK.findall(text))), "headers": headers}
    return data


def create_app(store: Store) -> Flask:
    """Return the pages and the JSON interface over `store`."""
    app = Flask(__name__, template_folder="templates/mail", static_folder=None)

    def one(number: int) -> Any:
        row = store.get(number)
        if row is None:
            abort(404)
        return row

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        store.find(limit=1)
        return {"status": "ok"}

    @app.get("/")
    def front() -> str:
        q, chosen = request.args.get("q", "").strip(), language()
        rows = store.find(q)
        return render_template("front.html", rows=rows, q=q, t=TEXTS[chosen], language=chosen, moment=moment)

    @app.get("/messages/<int:number>")
    def page(number: int) -> str:
        row, chosen = one(number), language()
        parsed = parse(row["content"])
        text, html = parts(parsed)
        return render_template(
            "message.html", m=row, sender=str(parsed["From"] or row["sender"]), text=linked(text), html=html,
            t=TEXTS[chosen], language=chosen, moment=moment,
        )  # fmt: skip

    @app.get("/messages/<int:number>/source")
    def source(number: int) -> Response:
        return Response(one(number)["content"], mimetype="text/plain")

    @app.get("/messages/<int:number>/html")
    def html(number: int) -> Response:
        # Shown in a frame that may run nothing; links leave the frame.
        response = Response(parts(parse(one(number)["content"]))[1], mimetype="text/html")
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        return response

    @app.get("/api/messages")
    def listed() -> Response:
        rows = store.find(request.args.get("q", ""), to=request.args.get("to", ""))
        full = [(row, store.get(row["id"])) for row in rows]
        return jsonify([described(row, parse(found["content"])) for row, found in full if found])

    @app.get("/api/messages/<int:number>")
    def shown(number: int) -> Response:
        row = one(number)
        return jsonify(described(row, parse(row["content"])))

    @app.delete("/api/messages")
    def clear() -> Response:
        store.clear()
        return Response(status=204)

    return app


def main() -> None:
    """Serve until told to stop: SMTP in a thread of its own, pages here."""
    environ = os.environ
    folder = Path(environ.get("STATE_DIR") or Path(environ.get("PORTAL_RUN", ".run")) / "peers")
    host, port, smtp_port = environ.get("HOST", "127.0.0.1"), int(environ["PORT"]), int(environ["SMTP_PORT"])
    store = Store(folder / "mail.sqlite", keep=int(environ.get("KEEP", "5000")))
    smtp = Controller(
        Catcher(store), hostname=host, port=smtp_port, data_size_limit=LARGEST, enable_SMTPUTF8=True, ready_timeout=10
    )
    smtp.start()
    server = make_server(host, port, create_app(store), threaded=True, request_handler=Quiet)
    print(f"mail catcher: SMTP on port {smtp_port}, pages on port {port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
