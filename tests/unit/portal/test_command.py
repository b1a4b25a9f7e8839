"""The command line says clearly what is wrong, and leaves nothing half-started."""

import fcntl
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import bootstrap, cli, ports
from deploy.local.paths import OFFSETS, ROOT, Place
from deploy.local.say import Trouble


def portal(*arguments: str, run: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deploy.local.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "PORTAL_RUN": str(run), **env},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def free_block() -> int:
    """A first port with all the ports of a stack free behind it."""
    blocks = ([port + offset for offset in OFFSETS.values()] for port in range(21000, 60000, 50))
    return next(block[0] for block in blocks if all(map(ports.free, block)))


def test_help_names_every_command_and_needs_nothing_installed():
    shown = subprocess.run([ROOT / "portal", "--help"], capture_output=True, text=True, cwd="/")
    assert shown.returncode == 0
    for command in ("up", "down", "status", "logs", "demo", "test", "bench", "redrive", "import-permits", "shell"):
        assert re.search(rf"^    {command}\s", shown.stdout, re.MULTILINE), command


@pytest.mark.parametrize(("version", "named"), [((3, 9), "3.9"), ((2, 7), "2.7"), ((3, 14), "3.14")])
def test_another_python_is_refused_in_one_sentence(version, named):
    script = (
        f"import sys, runpy, os; os.environ['PORTAL_LOOKED_FOR_PYTHON'] = '1'; sys.argv = ['portal', 'up'];"
        f"sys.version_info = ({version[0]}, {version[1]}, 0);"
        f"runpy.run_path({str(ROOT / 'portal')!r}, None, '__main__')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"this is {named}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named_with_its_process_and_nothing_starts(tmp_path):
    first = free_block()
    with socket.create_server(("127.0.0.1", first + OFFSETS["postgres"])):
        done = portal("up", "--port", str(first), run=tmp_path / "run")
    assert done.returncode == 1
    assert f"port {first + 5} for postgres is in use by" in done.stderr
    assert f"pid {os.getpid()}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "supervisor.sock").exists()
    assert not (tmp_path / "run" / "postgres").exists()


def test_status_of_a_stack_that_never_ran_answers_and_is_not_ready(tmp_path):
    done = portal("status", "--json", run=tmp_path / "run")
    assert done.returncode == 1
    picture = json.loads(done.stdout)
    assert picture["ready"] is False
    assert {process["state"] for process in picture["processes"]} == {"ABSENT"}
    assert picture["queues"] is None


def test_wipe_without_a_terminal_asks_for_yes_and_removes_nothing(tmp_path):
    (tmp_path / "postgres").mkdir()
    done = portal("down", "--wipe", run=tmp_path)
    assert done.returncode == 1
    assert "--wipe --yes" in done.stderr
    assert (tmp_path / "postgres").exists()


def test_wipe_with_yes_removes_the_data_and_keeps_the_ports(tmp_path):
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "config.json").write_text('{"port": 9999}')
    done = portal("down", "--wipe", "--yes", run=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "postgres").exists()
    assert (tmp_path / "config.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("restart", "billing"), "nothing runs; start it with ./portal up."),
        (("redrive",), "nothing runs; start it with ./portal up."),
        (("redrive", "nobody"), "there is no service 'nobody'"),
        (("shell", "nobody"), "there is no service 'nobody'"),
        (("import-permits", "absent.csv"), "there is no file absent.csv."),
        (("logs", "billing"), "there is no log of billing yet"),
        (("test", "nothing"), "there is no part 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, sentence, tmp_path):
    done = portal(*arguments, run=tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("port", ["80", "70000", "many"])
def test_a_port_that_cannot_be_is_refused(port, tmp_path):
    done = portal("up", "--port", port, run=tmp_path)
    assert done.returncode == 2
    assert "a port number between" in done.stderr


def test_without_root_the_exact_apt_command_is_given(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    with pytest.raises(Trouble, match=r"sudo apt-get install -y --no-install-recommends rabbitmq-server$"):
        bootstrap.apt(["rabbitmq-server"], "RabbitMQ")


def test_without_apt_the_packages_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Trouble, match="no apt-get: install chromium yourself"):
        bootstrap.apt(["chromium"], "the browser")


def test_a_full_disk_is_said_with_numbers(tmp_path):
    with pytest.raises(Trouble, match=r"the disk is full: the data needs \d+ MB in .*, \d+ MB are free\."):
        bootstrap.enough_disk(tmp_path, 10**9, "the data")


def test_a_failed_download_asks_about_the_network():
    done = subprocess.CompletedProcess([], 1, "", "error: Could not connect, name resolution: dns error")
    assert "is there a network?" in bootstrap._download_sentence(done)
    full = subprocess.CompletedProcess([], 1, "", "OSError: [Errno 28] No space left on device")
    assert "the disk is full" in bootstrap._download_sentence(full)


def test_a_failed_download_of_real_packages_is_one_sentence(tmp_path):
    """No network: an index that nobody serves. uv and pip both fail, the sentence says so."""
    copy = tmp_path / "clone"
    (copy / "deploy" / "local").mkdir(parents=True)
    for name in ("__init__.py", "local/__init__.py", "local/bootstrap.py", "local/say.py"):
        (copy / "deploy" / name).write_text((ROOT / "deploy" / name).read_text())
    (copy / "portal").write_text((ROOT / "portal").read_text())
    (copy / "requirements.lock").write_text("nameko==2.14.1 --hash=sha256:" + "0" * 64 + "\n")
    closed = f"http://127.0.0.1:{free_block()}/simple"
    env = {**os.environ, "PIP_INDEX_URL": closed, "UV_DEFAULT_INDEX": closed, "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run([sys.executable, copy / "portal", "up"], capture_output=True, text=True, env=env)
    assert done.returncode == 1
    assert "package download failed, is there a network?" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (copy / ".run" / "supervisor.conf").exists()


def test_the_second_of_two_waits_for_the_first(tmp_path, capsys):
    lock = tmp_path / "up.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import fcntl, time; f = open({str(lock)!r}, 'a'); fcntl.flock(f, fcntl.LOCK_EX);"
         "print('held', flush=True); time.sleep(0.7)"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with bootstrap.exclusive(lock, "another one works") as waited, lock.open() as again, pytest.raises(BlockingIOError):
        assert waited
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert holder.wait() == 0
    assert "Waiting, another one works" in capsys.readouterr().out


def test_every_port_of_a_stack_is_its_own():
    place = Place(Path("/x"), 8080)
    assert len({place[name] for name in OFFSETS}) == len(OFFSETS)
    assert max(OFFSETS.values()) < 1000  # the test stack lies a thousand higher


def test_unknown_arguments_are_refused(capsys):
    with pytest.raises(SystemExit):
        cli.main(["up", "--everything"])
    assert "unknown argument: --everything" in capsys.readouterr().err
