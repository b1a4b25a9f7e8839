"""Billing on a real database with a real sandbox bank; a receiver of the bank's notices stands for the gateway."""

from __future__ import annotations

import base64
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chassis.database import Database
from chassis.errors import PortalError
from services.billing import messages as m
from services.billing.providers.registry import provider
from services.billing.settings import settings
from services.billing.store import tables
from services.billing.usecases import payment_notice
from tests.integration.billing.world import API_KEY, NOBODY, Bank, World


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """The sandbox bank as a process of its own."""
    found = Bank(free_port(), tmp_path_factory.mktemp("bank"))
    found.start()
    yield found
    found.stop()


class Receiver:
    """Stands where the gateway stands: takes the bank's notices and hands them to billing."""

    def __init__(self) -> None:
        self.db: Database | None = None
        self.seen: list[tuple[bytes, str, int]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.take(body, self.headers.get("X-Signature", ""))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Tests speak for themselves."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body: bytes, signature: str) -> int:
        assert self.db is not None
        status = 200
        try:
            notice = m.PaymentNotice(body=base64.b64encode(body).decode(), signature=signature)
            payment_notice.run(self.db, notice, NOBODY)
        except PortalError as error:
            status = error.status
        self.seen.append((body, signature, status))
        return status

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/bank/callback"


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()


@pytest.fixture(scope="session")
def configured(bank: Bank, receiver: Receiver) -> Iterator[None]:
    """The environment billing would be started with."""
    before = dict(os.environ)
    os.environ.update(
        PROFILE="local",
        BILLING_BANK_URL=bank.url,
        BILLING_BANK_API_KEY=API_KEY,
        BILLING_BANK_CALLBACK_URL=receiver.url,
        BILLING_BANK_SECONDS="2",
        PUBLIC_URL="http://portal.example",
    )
    settings.cache_clear()
    provider.cache_clear()
    yield
    os.environ.clear()
    os.environ.update(before)
    settings.cache_clear()
    provider.cache_clear()


@pytest.fixture(scope="module")
def db(new_database: Callable[..., str], configured: None, receiver: Receiver) -> Iterator[Database]:
    database = Database("billing", tables.metadata, url=new_database("billing"), pool_size=20)
    receiver.db = database
    yield database
    database.close()


@pytest.fixture(scope="module")
def world(db: Database, bank: Bank, receiver: Receiver) -> World:
    """A published price list, and words to make clients, invoices and payments."""
    return World(db, bank)
