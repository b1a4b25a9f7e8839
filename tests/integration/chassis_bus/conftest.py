"""A virtual host, keys and databases of these tests' own, on the stack's broker and server."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from broker import Broker  # noqa: E402
from running import FaultProxy, Hall, Outside, Program  # noqa: E402

HEARTBEAT = 2
LADDER = "0.2,0.4"


@pytest.fixture(scope="session")
def api(endpoints: dict[str, Any]) -> Callable[..., Any]:
    """Call the broker's management API as administrator."""
    admin = urlsplit(endpoints["amqp"]["admin"])
    token = base64.b64encode(f"{admin.username}:{admin.password}".encode()).decode()

    def call(method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{endpoints['management']}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    return call


@contextmanager
def made_vhost(api: Callable[..., Any], endpoints: dict[str, Any]) -> Iterator[str]:
    """Make an empty virtual host, as the stack's: quorum queues by default."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    api("PUT", f"vhosts/{name}", {"default_queue_type": "quorum"})
    admin = urlsplit(endpoints["amqp"]["admin"]).username
    api("PUT", f"permissions/{name}/{admin}", {"configure": ".*", "write": ".*", "read": ".*"})
    yield name
    api("DELETE", f"vhosts/{name}")


def url_of(vhost: str, endpoints: dict[str, Any]) -> str:
    """URL of a virtual host, as administrator."""
    return str(urlsplit(endpoints["amqp"]["admin"])._replace(path=f"/{vhost}").geturl())


@pytest.fixture
def vhost(api: Callable[..., Any], endpoints: dict[str, Any]) -> Iterator[str]:
    """The name of a virtual host of this test's own."""
    with made_vhost(api, endpoints) as name:
        yield name


@pytest.fixture
def amqp_url(vhost: str, endpoints: dict[str, Any]) -> str:
    """URL of the virtual host, as administrator."""
    return url_of(vhost, endpoints)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files of echo, hall and a stranger; the stranger's is not trusted."""
    folder = tmp_path_factory.mktemp("keys")
    trusted = []
    for name in ("service:echo", "service:hall", "identity:1", "stranger"):
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name.replace(':', '-')}.pem").write_bytes(pem)
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        if name != "stranger":
            x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
            trusted.append({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": name, "alg": "EdDSA"})
    (folder / "trusted.json").write_text(json.dumps({"keys": trusted}))
    return folder


@pytest.fixture(autouse=True)
def this_process(monkeypatch: pytest.MonkeyPatch, amqp_url: str, keys: Path) -> Iterator[None]:
    """Let the test itself speak on the virtual host."""
    from chassis.process import settings

    monkeypatch.setenv("PROFILE", "local")
    monkeypatch.setenv("AMQP_URL", amqp_url)
    monkeypatch.setenv("AMQP_HEARTBEAT", str(HEARTBEAT))
    monkeypatch.setenv("EVENT_LADDER", LADDER)
    monkeypatch.setenv("TRUSTED_KEYS_FILE", str(keys / "trusted.json"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@contextmanager
def running(amqp_url: str, keys: Path, folder: Path) -> Iterator[Callable[..., Program]]:
    """Start processes on a virtual host; all are ended at the end."""
    programs: list[Program] = []

    def start(what: str, *, module: str = "chassis.run", service: str = "echo", **env: str) -> Program:
        base = {
            "AMQP_URL": amqp_url,
            "AMQP_HEARTBEAT": str(HEARTBEAT),
            "EVENT_LADDER": LADDER,
            "TRUSTED_KEYS_FILE": str(keys / "trusted.json"),
            "SERVICE_KEY_FILE": str(keys / f"service-{service}.pem"),
        }
        log = folder / f"{len(programs)}.log"
        program = Program(module, what, env=base | env, log=log)
        programs.append(program)
        return program

    start.programs = programs  # type: ignore[attr-defined]
    yield start
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
            program.process.wait()
        if os.environ.get("SHOW_LOGS"):
            sys.stdout.write(program.text())


@pytest.fixture
def run(amqp_url: str, keys: Path, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start processes: `run("echo_service:Service")`, `run("hall", module="chassis.relay")`; ended with the test."""
    with running(amqp_url, keys, tmp_path) as start:
        yield start


@pytest.fixture
def proxy(amqp_url: str) -> Iterator[FaultProxy]:
    """A way to the broker that can stall or be cut; `proxy.url` leads through it."""
    parts = urlsplit(amqp_url)
    made = FaultProxy((parts.hostname or "127.0.0.1", parts.port or 5672))
    netloc = f"{parts.username}:{parts.password}@127.0.0.1:{made.port}"
    made.url = parts._replace(netloc=netloc).geturl()  # type: ignore[attr-defined]
    yield made
    made.close()


@pytest.fixture
def bus() -> Iterator[Any]:
    """A client of the virtual host in this process."""
    from chassis.bus import Bus

    client = Bus(name="test")
    yield client
    client.close()


@pytest.fixture
def hall_database(new_database: Callable[..., str]) -> str:
    """DSN of a database with hall's tables."""
    import hall_service

    from chassis.tables import create_chassis_tables

    url = new_database()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        create_chassis_tables(connection)
        hall_service.heard.create(connection)
        hall_service.ticks.create(connection)
    return url


def declare_all(url: str) -> None:
    """Declare echo's and hall's exchanges and queues."""
    import echo_service
    import hall_service

    from chassis.topology import declare, subscriptions_of
    from chassis.wire import Connection

    connection = Connection(url, name="test")
    connection.connect()
    connection.channel(1)
    handlers = [each for module in (echo_service, hall_service) for each in subscriptions_of(module.Service)]
    declare(connection, ["echo", "hall"], handlers)
    connection.close()


@pytest.fixture
def topology(amqp_url: str, this_process: None) -> None:
    """Everything these services need is declared."""
    declare_all(amqp_url)


@pytest.fixture(scope="session")
def node() -> Iterator[Broker]:
    """A private broker; it takes some seconds to start, so all tests that torment it share it."""
    broker = Broker(_free_range())
    broker.start()
    yield broker
    broker.close()


@pytest.fixture
def own_broker(node: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """The private broker, set as this process's and its programs' broker."""
    from chassis.process import settings

    monkeypatch.setenv("AMQP_URL", node.url)
    settings.cache_clear()
    return node


def _free_range() -> int:
    """A first port with twenty free ones behind it."""
    for first in range(21000, 30000, 50):
        sockets = []
        try:
            for port in range(first, first + 20):
                probe = socket.socket()
                sockets.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for probe in sockets:
                probe.close()
        return first
    raise RuntimeError("no twenty free ports in a row")


@pytest.fixture
def hall(hall_database: str, run: Callable[..., Program]) -> Hall:
    return Hall(hall_database, run)


@pytest.fixture
def outside(amqp_url: str) -> Any:
    made = Outside(amqp_url)
    yield made
    made.connection.close()
