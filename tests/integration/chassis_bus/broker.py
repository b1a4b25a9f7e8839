"""A RabbitMQ of these tests' own, to be killed, frozen and starved of memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from deploy.local import credentials, rabbitmq
from deploy.local.paths import UNPRIVILEGED, Place, make_directories


class Broker:
    """One private node; `url` is its administrator's."""

    def __init__(self, first_port: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="broker-", ignore_cleanup_errors=True)
        root = Path(self._folder.name)
        root.chmod(0o711)
        self.place = Place(run=root / "run", port=first_port)
        make_directories(self.place)
        credentials.load(self.place)
        rabbitmq.prepare(self.place)
        self.env = rabbitmq.environment(self.place)
        self.url = rabbitmq.url(self.place, "admin")
        self._epmd = self._launch("/usr/bin/epmd", "-port", str(self.place["epmd"]), "-address", "127.0.0.1")
        self._node: subprocess.Popen[bytes] | None = None

    def _launch(self, *command: str) -> subprocess.Popen[bytes]:
        user = {"user": UNPRIVILEGED[0], "group": UNPRIVILEGED[1], "extra_groups": []} if os.getuid() == 0 else {}
        return subprocess.Popen(
            command, env=self.env, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, **user,
        )  # type: ignore[call-overload,no-any-return]  # fmt: skip

    def start(self) -> None:
        """Start the node and wait until it speaks AMQP and knows its virtual host."""
        self._node = self._launch(str(rabbitmq.program()))
        limit = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < limit, "the broker did not start"
            assert self._node.poll() is None, "the broker ended while starting"
            time.sleep(0.2)

    def _answers(self) -> bool:
        from chassis.wire import Connection, ConnectionLost

        connection = Connection(self.url, name="probe", patience=2)
        try:
            connection.connect()
        except ConnectionLost:
            return False
        connection.close()
        return True

    def signal(self, number: int) -> None:
        """Send the node a signal: SIGSTOP freezes it, SIGCONT thaws it."""
        assert self._node is not None
        os.kill(self._node.pid, number)

    def kill(self) -> None:
        """kill -9, as a crash."""
        assert self._node is not None
        self._node.send_signal(signal.SIGKILL)
        self._node.wait(10)
        limit = time.monotonic() + 10
        while _listens(self.place["amqp"]):
            assert time.monotonic() < limit
            time.sleep(0.1)

    def memory(self, watermark: str) -> None:
        """Set the memory watermark: `0.00000001` raises the alarm, `0.4` clears it."""
        subprocess.run(
            [str(rabbitmq.program().parent / "rabbitmqctl"), "set_vm_memory_high_watermark", watermark],  # type: ignore[union-attr]
            env=self.env, cwd="/", check=True, capture_output=True, timeout=60,
            **({"user": UNPRIVILEGED[0], "group": UNPRIVILEGED[1], "extra_groups": []} if os.getuid() == 0 else {}),
        )  # type: ignore[call-overload]  # fmt: skip

    def close(self) -> None:
        """End node and epmd."""
        if self._node is not None and self._node.poll() is None:
            self.signal(signal.SIGCONT)
            self._node.kill()
            self._node.wait(10)
        self._epmd.kill()
        self._epmd.wait(10)
        self._folder.cleanup()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
