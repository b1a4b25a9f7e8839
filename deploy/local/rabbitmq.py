"""A private RabbitMQ node: own directories, cookie, epmd and ports, all on 127.0.0.1, users with least rights."""

import base64
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from deploy.local import credentials
from deploy.local.bootstrap import apt
from deploy.local.paths import UNPRIVILEGED, Place, daemon_directory
from deploy.local.say import Trouble

# Never the wrappers in /usr/sbin: they force user rabbitmq and /var/lib/rabbitmq and leave an epmd behind.
PROGRAMS = (Path("/usr/lib/rabbitmq/bin"), Path("/opt/rabbitmq/sbin"), Path("/usr/local/opt/rabbitmq/sbin"))
VHOST = "portal"


def program() -> Path | None:
    """The rabbitmq-server script of the system, or of RABBITMQ_HOME."""
    places = [Path(os.environ["RABBITMQ_HOME"]) / "sbin"] if os.environ.get("RABBITMQ_HOME") else []
    for folder in (*places, *PROGRAMS):
        if (folder / "rabbitmq-server").exists():
            return folder / "rabbitmq-server"
    return None


def install() -> None:
    """Make sure there is a RabbitMQ to run. Raises Trouble with what to do where we may not install it."""
    if program() is None:
        try:
            apt(["rabbitmq-server"], "RabbitMQ")
        except Trouble as trouble:
            raise Trouble(f"{trouble} Or set AMQP_URL to a broker of yours.") from trouble
    if program() is None or shutil.which("erl") is None or shutil.which("epmd") is None:
        raise Trouble("RabbitMQ is not installed where it was looked for: set RABBITMQ_HOME, or AMQP_URL to a broker.")


def prepare(place: Place) -> None:
    """Write cookie, configuration and definitions of the node."""
    home = daemon_directory(place, "rabbitmq")
    files = {
        "rabbitmq.conf": _configuration(place, home),
        "definitions.json": json.dumps(definitions(place), indent=1),
        "enabled_plugins": "[rabbitmq_management].",
        "env.conf": "",  # without one of its own the node reads /etc/rabbitmq/rabbitmq-env.conf
        "advanced.config": "[].",
        ".erlang.cookie": credentials.load(place)["erlang_cookie"],
    }
    for name, text in files.items():
        file = home / name
        fresh = home / f"{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
            handle.write(text)
        fresh.chmod(0o400 if name == ".erlang.cookie" else 0o600)
        if os.getuid() == 0:
            os.chown(fresh, *UNPRIVILEGED)
        fresh.replace(file)
    for folder in ("mnesia", "log"):
        (home / folder).mkdir(exist_ok=True)
        if os.getuid() == 0:
            os.chown(home / folder, *UNPRIVILEGED)


def _configuration(place: Place, home: Path) -> str:
    return f"""# written by ./portal up
listeners.tcp.1 = 127.0.0.1:{place["amqp"]}
management.tcp.ip = 127.0.0.1
management.tcp.port = {place["management"]}
load_definitions = {home}/definitions.json
loopback_users = none
log.console = true
log.console.level = warning
log.console.use_colors = off
log.connection.level = error
log.file = false
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = 2GB
collect_statistics_interval = 2000
"""


def environment(place: Place) -> dict[str, str]:
    """The whole environment of the node and of epmd."""
    home = place.daemons / "rabbitmq"
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/opt/homebrew/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "RABBITMQ_NODENAME": "portal@localhost",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "env.conf"),
        "RABBITMQ_PID_FILE": str(home / "rabbit.pid"),
        "RABBITMQ_DIST_PORT": str(place["dist"]),
        "ERL_EPMD_PORT": str(place["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_CRASH_DUMP_SECONDS": "0",
        # our epmd is a supervised process; the node must not start another
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
        # makes the start script exec the Erlang machine, so that the supervised pid is the node's own
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def definitions(place: Place) -> dict[str, Any]:
    """Virtual host, users, rights and policies, imported by the node at every start."""
    from chassis.topology import permissions_for

    passwords = credentials.load(place)["broker"]
    rights = {user: permissions_for(user) for user in credentials.BROKER_USERS if user != "admin"}
    rights["admin"] = (".*", ".*", ".*")
    return {
        "users": [
            {
                "name": user,
                "password_hash": _hashed(passwords[user]),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "administrator" if user == "admin" else "",
            }
            for user in rights
        ],
        "vhosts": [{"name": VHOST, "default_queue_type": "quorum", "metadata": {"default_queue_type": "quorum"}}],
        "permissions": [
            {"user": user, "vhost": VHOST, "configure": configure, "write": write, "read": read}
            for user, (configure, write, read) in rights.items()
        ],
        "policies": [
            # a call that nobody waits for any more must not run when the service comes back
            {"vhost": VHOST, "name": "rpc-ttl", "pattern": "^rpc-[^.]*$", "apply-to": "queues", "priority": 1,
             "definition": {"message-ttl": 30000}},
        ],
    }  # fmt: skip


def _hashed(password: str) -> str:
    # salted, but with a salt that stays, or every start would rewrite every user
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def url(place: Place, user: str) -> str:
    """AMQP URL of a user of this stack's broker."""
    password = credentials.load(place)["broker"][user]
    return f"amqp://{user}:{password}@127.0.0.1:{place['amqp']}/{VHOST}"


def management(place: Place, path: str, timeout: float = 2.0, method: str = "GET", body: Any = None) -> Any:
    """Call the management API as admin. Raises OSError while it does not answer."""
    token = base64.b64encode(f"admin:{credentials.load(place)['broker']['admin']}".encode()).decode()
    request = Request(
        f"http://127.0.0.1:{place['management']}/api/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=timeout) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def queues(place: Place) -> list[dict[str, Any]] | None:
    """Queues with their depths, or None while the broker does not tell."""
    try:
        listed: list[dict[str, Any]] = management(
            place, f"queues/{VHOST}?columns=name,messages,messages_unacknowledged,consumers,type"
        )
    except (URLError, OSError, ValueError):
        return None
    return listed
