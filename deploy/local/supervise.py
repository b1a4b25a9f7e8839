"""supervisor: its configuration from the table of processes, and talking to it over its unix socket."""

import contextlib
import http.client
import os
import shlex
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.local import stale
from deploy.local.paths import ROOT, Place, write_private
from deploy.local.processes import table
from deploy.local.say import Trouble

TIERS = {"guard": 1, "store": 10, "peer": 20, "suite": 30}
STOP_ORDER = (("guard",), ("suite", "peer"), ("store",))


def write_configuration(place: Place) -> None:
    """.run/supervisor.conf; every program goes through deploy.local.run."""
    log = _escaped(place.logs)
    parts = [
        f"[unix_http_server]\nfile={_escaped(place.supervisor_socket)}\nchmod=0700",
        f"[supervisord]\nnodaemon=true\nlogfile={log}/supervisord.log\nlogfile_maxbytes=10MB\nlogfile_backups=2\n"
        f"pidfile={_escaped(place.run)}/supervisord.pid\nchildlogdir={log}\nminfds=4096\nminprocs=200\n"
        + ("user=root\n" if os.getuid() == 0 else ""),
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        f"[supervisorctl]\nserverurl=unix://{_escaped(place.supervisor_socket)}",
    ]
    for process in table(place).values():
        environment = {"PORTAL_RUN": place.run, "PORTAL_MARK": place.mark, "PORTAL_PROCESS": process.name}
        variables = ",".join(f'{name}="{_escaped(value)}"' for name, value in environment.items())
        command = f"{shlex.quote(sys.executable)} -m deploy.local.run {process.name}"
        parts.append(
            f"[program:{process.name}]\ncommand={_escaped(command)}\ndirectory={_escaped(ROOT)}\n"
            f"environment={variables}\npriority={TIERS[process.kind]}\nstopsignal={process.stop_signal}\n"
            # startsecs=0: no state in which supervisor gives up; the brake on a crash loop is deploy.local.run's
            "autostart=true\nautorestart=true\nstartsecs=0\nstopwaitsecs=27\nkillasgroup=true\n"
            # only what is said before deploy.local.run opens the process's own log
            f"redirect_stderr=true\nstdout_logfile={log}/start/{process.name}.log\n"
            "stdout_logfile_maxbytes=1MB\nstdout_logfile_backups=1"
        )
    write_private(place.run / "supervisor.conf", "\n\n".join(parts) + "\n")


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__()
        self._path, self._timeout = path, timeout

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path, self._timeout)


def control(place: Place, timeout: float = 20.0) -> Any:
    """supervisor's XML-RPC namespace. Calls raise OSError while supervisord does not answer."""
    transport = _UnixTransport(place.supervisor_socket, timeout)
    return xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor


def supervisord_pid(place: Place) -> int | None:
    """The pid of this stack's supervisord, None when it does not run."""
    return next((pid for pid, name in stale.ours(place, "supervisord").items() if name), None)


def information(place: Place, timeout: float = 3.0) -> dict[str, dict[str, Any]]:
    """supervisor's view of every program, by name; empty while supervisord is away."""
    try:
        return {entry["name"]: entry for entry in control(place, timeout).getAllProcessInfo()}
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return {}


def launch(place: Place) -> int:
    """Start supervisord in a session of its own, wait until it answers; its pid. Raises Trouble."""
    Path(place.supervisor_socket).unlink(missing_ok=True)
    command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(place.run / "supervisor.conf")]
    environment = {name: value for name, value in os.environ.items() if name not in ("AMQP_URL", "DATABASE_URL")}
    environment |= {"PORTAL_MARK": place.mark, "PORTAL_PROCESS": "supervisord", "PORTAL_RUN": str(place.run)}
    with (place.logs / "supervisord.out").open("w") as output:
        started = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    _weigh(started.pid)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if started.poll() is not None:
            break
        if information(place, 1):
            return started.pid
        time.sleep(0.05)
    raise Trouble(f"supervisord did not start; see {place.logs}/supervisord.out")


def _weigh(pid: int) -> None:
    """Linux shares the processor between sessions, and supervisord's holds the whole suite: fifteen processes that
    would together get no more than one shell. Root may give the session its due; others live with it."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text("-10")


def apply_configuration(place: Place) -> None:
    """Make a running supervisord agree with a rewritten supervisor.conf: add, exchange, remove programs."""
    supervisor = control(place, 60)
    [[added, changed, removed]] = supervisor.reloadConfig()
    for name in (*changed, *removed):
        supervisor.stopProcessGroup(name)
        supervisor.removeProcessGroup(name)
    for name in (*added, *changed):
        supervisor.addProcessGroup(name)


def restart(place: Place, name: str) -> None:
    """Stop and start one program. Raises Trouble when there is none of that name."""
    supervisor = control(place, 60)
    if name not in information(place):
        raise Trouble(f"there is no process {name!r}; ./portal status lists them.")
    for act in (supervisor.stopProcess, supervisor.startProcess):
        try:
            act(name)
        except xmlrpc.client.Fault as fault:
            if not any(word in fault.faultString for word in ("NOT_RUNNING", "ALREADY_STARTED")):
                raise Trouble(f"supervisor could not restart {name}: {fault.faultString}") from fault


def stop_all(place: Place) -> None:
    """Guard first, then the suite, then the stores, then supervisord itself; whatever is left is ended by its mark."""
    if supervisord_pid(place) is not None and information(place):
        supervisor = control(place, 60)
        kinds = {process.name: process.kind for process in table(place).values()}
        for tier in STOP_ORDER:
            _stop(place, supervisor, [name for name in information(place) if kinds.get(name, "suite") in tier])
        try:
            supervisor.shutdown()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as gone:
            print(f"supervisord: {gone}", file=sys.stderr)
        until = time.monotonic() + 10
        while supervisord_pid(place) is not None and time.monotonic() < until:
            time.sleep(0.05)
    stale.end(place)
    Path(place.supervisor_socket).unlink(missing_ok=True)


def _stop(place: Place, supervisor: Any, names: Iterable[str]) -> None:
    waiting = set(names)
    for name in waiting:
        try:
            supervisor.stopProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if "NOT_RUNNING" not in fault.faultString:
                raise
    until = time.monotonic() + 30
    while time.monotonic() < until:
        states = information(place)
        if all(states.get(name, {}).get("statename") in (None, "STOPPED", "EXITED", "FATAL") for name in waiting):
            return
        time.sleep(0.1)
