"""A database of notifications, a real mail server and a real SMS provider on ports of their own, and who answers for
identity."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from werkzeug.serving import make_server

from chassis.caller import Caller, Delivery, service_caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Event, Request
from deploy.local import mail_catcher, sms_catcher
from deploy.local.catcher_store import Store
from services.identity.messages import ClientCard, ClientCards, ClientUser, GetClients, GetLink, MailedLink
from services.notifications.settings import settings
from services.notifications.store import tables
from services.notifications.usecases import notify, send

CLIENT, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
RIGHTS = frozenset({"permits.see", "finance.see", "finance.pay", "requests.submit"})
ANNA = Caller(kind="user", user=uuid.UUID(int=11), client=CLIENT, rights=RIGHTS, name="Anna Kalniņa")
JURIS = Caller(kind="user", user=uuid.UUID(int=12), client=CLIENT, rights=frozenset({"permits.see"}), name="Juris")
STRANGER = Caller(kind="user", user=uuid.UUID(int=13), client=OTHER, rights=RIGHTS, name="Ilze")
SERVICE = Caller(kind="staff", user=uuid.UUID(int=21), roles=frozenset({"customer_service"}), name="Laura")
TIMER = Caller(kind="timer", service="notifications", name="timer:notifications.send_due")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """The mail catcher's SMTP server; can be stopped and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "mail.sqlite")
        self.port = free_port()
        self._controller: Controller | None = None
        self.start()

    def start(self) -> None:
        handler = mail_catcher.Catcher(self.store)
        self._controller = Controller(handler, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        """Return what arrived, oldest first."""
        rows = [self.store.get(row["id"]) for row in self.store.find(to=to)]
        return [mail_catcher.described(row, mail_catcher.parse(row["content"])) for row in rows if row][::-1]


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def sms(tmp_path: Path) -> Iterator[tuple[Store, str]]:
    """The SMS catcher's provider interface: what it kept, and its address."""
    store = Store(tmp_path / "sms.sqlite")
    server = make_server("127.0.0.1", 0, sms_catcher.create_app(store), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield store, f"http://127.0.0.1:{server.server_port}/messages"
    server.shutdown()


@pytest.fixture(autouse=True)
def _environment(mail: MailServer, sms: tuple[Store, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PROFILE", "local")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("NOTIFICATIONS_SMTP_URL", f"smtp://127.0.0.1:{mail.port}")
    monkeypatch.setenv("NOTIFICATIONS_SMS_URL", sms[1])
    monkeypatch.setenv("NOTIFICATIONS_SMTP_TIMEOUT", "3")
    settings.cache_clear()
    yield
    settings.cache_clear()


class Identity:
    """Answers as identity does; can be away; its card of the client can be changed."""

    def __init__(self) -> None:
        self.away = False
        self.link = MailedLink(state="open", token="T" * 54, code="7KQ2M-X9D4T")
        self.card: dict[str, Any] = {
            "kind": "legal", "name": 'SIA "Radio Links"', "reg_no": None, "address": None,
            "email": "info@radiolinks.example", "invoice_email": "rekini@radiolinks.example", "phone": None,
            "language": "lv", "users": [],
        }  # fmt: skip

    def call(self, request: Request[Any], **_: Any) -> Any:
        if self.away:
            raise PortalError("unavailable")
        if isinstance(request, GetLink):
            return self.link
        assert isinstance(request, GetClients)
        return ClientCards(items=[ClientCard(client_id=c, **self.card) for c in request.client_ids])

    def only_a_user(self) -> None:
        """Leave the client without an address of its own."""
        anna = ClientUser(user_id=uuid.UUID(int=11), name="Anna", email="anna@radiolinks.example", phone=None,
                          language="lv", role="main", rights=sorted(RIGHTS))  # fmt: skip
        self.card |= {"email": None, "invoice_email": None, "users": [anna]}


@pytest.fixture
def identity() -> Identity:
    return Identity()


@pytest.fixture(scope="session")
def notifications_url(new_database: Callable[..., str]) -> str:
    return new_database("notifications")


@pytest.fixture
def db(notifications_url: str) -> Iterator[Database]:
    """The database of notifications, empty."""
    database = Database("notifications", tables.metadata, notifications_url, pool_size=4)
    names = ", ".join(t.name for t in tables.metadata.sorted_tables)
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield database
    database.close()


def delivery(source: str = "requests") -> Delivery:
    return Delivery(new_id(), "on_case", service_caller(source), now(), "test")


def tell(db: Database, identity: Identity, event: Event, which: Delivery | None = None) -> None:
    """Let an event arrive."""
    notify.run(db, identity, event, which or delivery())  # type: ignore[arg-type]


def due_now(db: Database) -> None:
    """Let every waiting delivery be due at once."""
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE deliveries SET next_try_at = now() WHERE status = 'queued'"))


def send_all(db: Database, identity: Identity | None = None) -> int:
    return send.run(db, identity or Identity(), TIMER)  # type: ignore[arg-type]


def rows(db: Database) -> list[Any]:
    """Return the deliveries, oldest first."""
    with db.reading() as connection:
        return list(connection.execute(sa.select(tables.DeliveryRow.__table__).order_by("created_at", "id")).all())


def events(db: Database, routing_key: str) -> list[dict[str, Any]]:
    """Return the data of the events in the outbox, oldest first."""
    outbox = db.tables.outbox
    with db.reading() as connection:
        found = connection.execute(
            sa.select(outbox.c.envelope).where(outbox.c.routing_key == routing_key).order_by(outbox.c.position)
        ).scalars()
        return [orjson.loads(bytes(row))["data"] for row in found]


def audited(db: Database) -> list[str]:
    outbox = db.tables.outbox
    with db.reading() as connection:
        found = connection.execute(sa.select(outbox.c.envelope).where(outbox.c.exchange == "portal.audit")).scalars()
        return [r["action"] for row in found for r in orjson.loads(bytes(row))["data"]["records"]]
