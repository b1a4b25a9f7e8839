"""Ports: is one free, who holds it, does something answer there."""

import socket
import subprocess
import time

from deploy.local.paths import OFFSETS, Place
from deploy.local.say import Trouble

HOST = "127.0.0.1"


def free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int, timeout: float = 1.0) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((HOST, port), timeout):
            return True
    except OSError:
        return False


def amqp_answers(port: int, timeout: float = 1.0) -> bool:
    """Whether a broker speaks AMQP 0-9-1 there: it must answer the protocol header with a frame."""
    try:
        with socket.create_connection((HOST, port), timeout) as link:
            link.settimeout(timeout)
            link.sendall(b"AMQP\x00\x00\x09\x01")
            return link.recv(8)[:1] == b"\x01"
    except OSError:
        return False


def wait_until_free(port: int, seconds: float) -> bool:
    """Wait until nobody listens on the port any more; False when the time ran out."""
    until = time.monotonic() + seconds
    while not free(port):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def holder(port: int) -> str | None:
    """The process that listens on a port, as 'name (pid)', where the system lets us see it."""
    try:
        import psutil
    except ImportError:
        return None
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == "LISTEN" and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.Error, OSError, subprocess.SubprocessError):
        return None
    return None


def require_free(place: Place, skip: frozenset[str] = frozenset()) -> None:
    """Raise Trouble naming every port of the stack that somebody else holds."""
    taken = [(name, place[name]) for name in OFFSETS if name not in skip and not free(place[name])]
    if not taken:
        return
    name, port = taken[0]
    who = holder(port)
    others = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
    raise Trouble(
        f"port {port} for {name} is in use{' by ' + who if who else ''}{others}; "
        f"stop it or choose other ports: ./portal up --port {place.port + 1000}"
    )
