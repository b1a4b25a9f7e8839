"""The one table of what runs on one machine: every process, its command, environment, ports and health."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import credentials, identity_providers, postgres, rabbitmq
from deploy.local.paths import ROOT, SERVICES, Place, config

# settings given in the environment of `./portal up` are kept and passed on to every process of the suite
APPLICATION = "gateway.app:create_app()"
OF_THE_SHELL = ("PATH", "HOME", "SSL_CERT_FILE")
OF_THE_SUITE = ("LOG_LEVEL", "OTEL_", "AMQP_HEARTBEAT", "RPC_", "EVENT_", "GATEWAY_", "RELAY_", "STEP_UP_")
PASSED_ON = (*OF_THE_SUITE, *(f"{service.upper()}_" for service in SERVICES))


@dataclass(frozen=True)
class Process:
    """One supervised program."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    health: str = ""  # URL that says 200 when the process can do its work; "" = the probes of status.py know
    alive: str = ""  # URL that says 200 while the process is not stuck; guard restarts one that is
    kind: str = "suite"  # suite | peer (sandbox bank, catchers) | store (PostgreSQL, RabbitMQ, epmd) | guard
    needs: tuple[str, ...] = ()  # stores that must answer before it starts
    stop_signal: str = "TERM"
    source: tuple[str, ...] = ()  # what it runs, relative to the clone: a change means a restart after `git pull`


def table(place: Place) -> dict[str, Process]:
    """Every process of the stack, stores first, in the order in which they start."""
    return {process.name: process for process in _all(place)}


def _all(place: Place) -> Iterator[Process]:
    given = config()
    if not given.get("database_url"):
        yield _postgres(place)
    if not given.get("amqp_url"):
        yield from _broker(place)
    yield from _peers(place)
    yield from _identity_providers(place)
    for service in SERVICES:
        yield _service(place, service)
    yield _relay(place)
    yield _gateway(place)
    yield Process("guard", (sys.executable, "-m", "deploy.local.guard"), base(place), kind="guard")


def _postgres(place: Place) -> Process:
    home = place.daemons / "postgres"
    command = (str(postgres.binaries(place) / "postgres"), "-D", str(home / "data"))
    env, ports = postgres.environment(home), (place["postgres"],)
    return Process("postgres", command, env, ports, kind="store", stop_signal="INT")  # INT: fast shutdown


def _broker(place: Place) -> Iterator[Process]:
    env = rabbitmq.environment(place)
    epmd = ("/usr/bin/epmd", "-port", str(place["epmd"]), "-address", "127.0.0.1")
    yield Process("epmd", epmd, env, (place["epmd"],), kind="store")
    ports = (place["amqp"], place["management"], place["dist"])
    yield Process("rabbitmq", (str(rabbitmq.program()),), env, ports, kind="store", needs=("epmd",))


def _peers(place: Place) -> Iterator[Process]:
    secrets = credentials.load(place)
    for name, module, ports, more in (
        ("bank", "bank", ("bank",), {"BANK_API_KEY": secrets["bank_api_key"]}),
        ("mail-catcher", "mail_catcher", ("mail-ui", "smtp"), {"SMTP_PORT": str(place["smtp"])}),
        ("sms-catcher", "sms_catcher", ("sms-catcher",), {}),
    ):
        port = place[ports[0]]
        folder = place.run / "peers"
        env = base(place) | {"HOST": "127.0.0.1", "PORT": str(port), "STATE_DIR": str(folder), **more}
        url = f"http://127.0.0.1:{port}/healthz"
        command = (sys.executable, "-m", f"deploy.local.{module}")
        source = (f"deploy/local/{module}.py",)
        yield Process(name, command, env, tuple(place[p] for p in ports), url, url, kind="peer", source=source)


def _identity_providers(place: Place) -> Iterator[Process]:
    if not identity_providers.available():
        return
    node = shutil.which("node") or "node"
    for name, script in (("oidc-provider", "oidc.mjs"), ("wsfed-provider", "wsfed.mjs")):
        url = f"http://127.0.0.1:{place[name]}/healthz"
        env = base(place) | identity_providers.environment(place, name)
        source = (f"deploy/local/idp/{script}", "deploy/local/idp/pages.mjs", "deploy/local/idp/people.json")
        command = (node, str(identity_providers.HOME / script))
        yield Process(name, command, env, (place[name],), url, url, kind="peer", source=source)


def _service(place: Place, service: str) -> Process:
    port = place[f"{service}-health"]
    env = suite_environment(place, service, f"svc-{service}", port)
    env[f"DATABASE_URL_{service.upper()}"] = database_url(place, service)
    if service == "identity":
        if identity_providers.available():
            env["IDENTITY_PROVIDERS_FILE"] = str(place.keys / "providers.json")
        env["IDENTITY_SIGNING_KEY_FILE"] = str(place.keys / "identity-signing.pem")
        env["IDENTITY_SEAL_FILE"] = str(place.keys / "seal.pem")
        env["IDENTITY_LINK_KEY"] = credentials.load(place)["identity_link_key"]
        # Every way to an account is open for looking at; and everybody on this machine has one address.
        env |= {"IDENTITY_REGISTRATION": "all", "IDENTITY_REGISTRATIONS_PER_ADDRESS": "100000"}
        env["IDENTITY_APPLICATION_GUESSES_PER_ADDRESS"] = "100000"
    if service == "billing":
        env |= {
            "BILLING_BANK_URL": f"http://127.0.0.1:{place['bank']}",
            "BILLING_BANK_API_KEY": credentials.load(place)["bank_api_key"],
            "BILLING_BANK_CALLBACK_URL": f"{env['PUBLIC_URL']}/bank/callback",
        }
    if service == "notifications":
        env["NOTIFICATIONS_SMTP_URL"] = f"smtp://127.0.0.1:{place['smtp']}"
        env["NOTIFICATIONS_SECURITY_ADDRESS"] = "security@portal.example"
        env["NOTIFICATIONS_SMS_URL"] = f"http://127.0.0.1:{place['sms-catcher']}/messages"
    command = (sys.executable, "-m", "chassis.run", service)
    source: tuple[str, ...] = ("chassis", f"services/{service}")
    if service == "identity":
        source += ("deploy/local/identity_providers.py",)
    return _app(service, command, env, (port,), source)


def _relay(place: Place) -> Process:
    env = suite_environment(place, "relay", "relay", place["relay-health"])
    env |= {f"DATABASE_URL_{service.upper()}": database_url(place, service) for service in SERVICES}
    command = (sys.executable, "-m", "chassis.relay", *SERVICES)
    return _app("relay", command, env, (place["relay-health"],), ("chassis",))


def _gateway(place: Place) -> Process:
    env = suite_environment(place, "gateway", "gateway", place["gateway-health"])
    env["GATEWAY_SECRET_KEY"] = credentials.load(place)["gateway_secret_key"]
    env["GATEWAY_FORM_ORIGINS"] = f"http://127.0.0.1:{place['bank']}"  # where "pay" leads the browser
    # Everybody on this machine, tests included, has one address: the limits per address would hit the wrong ones.
    env |= {"GATEWAY_SIGN_IN_PER_MINUTE": "600", "GATEWAY_CHANGES_PER_MINUTE": "6000"}
    env["GATEWAY_STRENGTH_PER_MINUTE"] = "6000"
    bind = f"127.0.0.1:{place['gateway']}"
    command = (sys.executable, "-m", "gunicorn", "-c", "gateway/gunicorn.conf.py", "--bind", bind, APPLICATION)
    source = ("chassis", "gateway")
    return _app("gateway", command, env, (place["gateway"], place["gateway-health"]), source)


def _app(
    name: str, command: tuple[str, ...], env: dict[str, str], ports: tuple[int, ...], source: tuple[str, ...]
) -> Process:
    health = f"http://127.0.0.1:{env['HEALTH_PORT']}"
    # They wait for no store: each becomes ready when the stores are, and imports its code while RabbitMQ boots.
    return Process(name, command, env, ports, f"{health}/readyz", f"{health}/livez", source=source)


def suite_environment(place: Place, name: str, broker_user: str, health_port: int) -> dict[str, str]:
    """The settings every process of the suite gets."""
    return base(place) | {
        "PROFILE": "local",
        "SERVICE_NAME": name,
        "AMQP_URL": amqp_url(place, broker_user),
        "HEALTH_HOST": "127.0.0.1",
        "HEALTH_PORT": str(health_port),
        "LOG_LEVEL": "INFO",
        "PUBLIC_URL": f"http://127.0.0.1:{place['gateway']}",
        "SERVICE_KEY_FILE": str(place.keys / f"{name}.pem"),
        "TRUSTED_KEYS_FILE": str(place.keys / "trusted.json"),
        **config().get("overrides", {}),
    }


def tool_environment(place: Place, as_service: str | None = None) -> dict[str, str]:
    """For commands beside the processes (migrate, topology, demo, redrive): every database, the broker as admin."""
    environments = [_service(place, service).env for service in SERVICES]
    merged = {name: value for env in environments for name, value in env.items()}
    merged |= suite_environment(place, as_service or "identity", "admin", 0)
    merged["GATEWAY_SECRET_KEY"] = credentials.load(place)["gateway_secret_key"]
    del merged["HEALTH_PORT"]
    return merged


def amqp_url(place: Place, user: str) -> str:
    return str(config().get("amqp_url") or rabbitmq.url(place, user))


def database_url(place: Place, service: str) -> str:
    return postgres.service_url(place, service, config().get("database_url"))


def base(place: Place) -> dict[str, str]:
    """A small environment of its own for every process: nothing of the shell that ran ./portal leaks in."""
    kept = {name: os.environ[name] for name in OF_THE_SHELL if name in os.environ}
    return kept | {
        "PORTAL_RUN": str(place.run),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore:::eventlet,ignore:::nameko",
        "VIRTUAL_ENV": str(Path(sys.prefix)),
    }


def overrides_from(environ: dict[str, str]) -> dict[str, str]:
    """Settings of the suite that stand in the environment of the shell."""
    others = ("REQUESTS_CA_BUNDLE",)  # of the library requests, not of the service
    return {name: value for name, value in environ.items() if name.startswith(PASSED_ON) and name not in others}
