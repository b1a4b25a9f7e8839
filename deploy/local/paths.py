"""Where one running stack keeps what: the run directory, its ports, and a home that its daemons can reach.

A stack is one run directory (`.run`, or what PORTAL_RUN names) and one first port. Two stacks may run side by side.
"""

import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8080
OUTSIDE = Path("/var/tmp")
SERVICES = ("identity", "permits", "metering", "billing", "requests", "notifications")

# offset from the first port, and what listens there; house contract
OFFSETS = {
    "gateway": 0,
    "bank": 1,
    "mail-ui": 2,
    "smtp": 3,
    "sms-catcher": 4,
    "postgres": 5,
    "amqp": 6,
    "management": 7,
    "dist": 8,
    "epmd": 9,
    "gateway-health": 10,
    **{f"{service}-health": 11 + place for place, service in enumerate(SERVICES)},
    "relay-health": 17,
    "oidc-provider": 18,
    "wsfed-provider": 19,
}


@dataclass(frozen=True)
class Place:
    """One stack: its run directory and its first port."""

    run: Path
    port: int

    def __getitem__(self, listener: str) -> int:
        """The port number of a listener named in OFFSETS."""
        return self.port + OFFSETS[listener]

    @property
    def mark(self) -> str:
        """Value of PORTAL_MARK in the environment of every process of this stack; tells ours from others'."""
        return str(self.run)

    @property
    def logs(self) -> Path:
        return self.run / "logs"

    @property
    def state(self) -> Path:
        return self.run / "state"

    @property
    def keys(self) -> Path:
        return self.run / "keys"

    @property
    def supervisor_socket(self) -> str:
        # a socket's path may have 107 characters; a deep clone folder has more
        inside = self.run / "supervisor.sock"
        return str(inside) if len(str(inside)) < 100 else f"/tmp/portal-{short_hash(self.run)}.sock"

    @property
    def daemons(self) -> Path:
        """The directory above the data of PostgreSQL and RabbitMQ, which refuse to run as root.

        Unprivileged users cannot pass a clone below /root or another closed folder; then it lies in /var/tmp.
        """
        if os.getuid() != 0 or reachable_by_all(self.run.parent):
            return self.run
        return OUTSIDE / f"portal-{short_hash(self.run)}"


def short_hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def reachable_by_all(path: Path) -> bool:
    """Whether every user may pass through all folders down to `path`."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def run_directory() -> Path:
    """PORTAL_RUN (relative to the clone) or `.run`."""
    return (ROOT / (os.environ.get("PORTAL_RUN") or ".run")).resolve()


def config() -> dict[str, Any]:
    """What the last `up` of this run directory settled: {"port": int, "amqp_url": str|None, "database_url": ...}."""
    file = run_directory() / "config.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def keep_config(values: dict[str, Any]) -> None:
    write_private(run_directory() / "config.json", json.dumps(values, indent=1))


def current() -> Place:
    """The stack of this run directory, with the port it was last started on."""
    return Place(run=run_directory(), port=int(config().get("port") or DEFAULT_PORT))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    fresh.replace(path)


def make_directories(place: Place) -> None:
    """The run directory and its folders; traversable, so that the daemons reach theirs, but not readable."""
    mode = 0o711 if os.getuid() == 0 else 0o700
    for folder in (place.run, place.daemons):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise PermissionError(f"{folder} belongs to another user")
        folder.chmod(mode)
    for folder in (place.logs, place.logs / "start", place.state, place.keys):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)


def daemon_directory(place: Place, name: str) -> Path:
    """A private directory for one daemon, owned by the user it runs as, linked from the run directory."""
    folder = place.daemons / name
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    if os.getuid() == 0:
        os.chown(folder, *UNPRIVILEGED)
    link = place.run / name
    if place.daemons != place.run and not link.is_symlink():
        link.symlink_to(folder)
    return folder


UNPRIVILEGED = (65534, 65534)  # nobody, nogroup: present on every system, and initdb asks for a name
