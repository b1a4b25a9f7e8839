"""A new supervisord adopts what runs; logs are written and turned over without it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local import adopt, guard, paths, run, stale
from deploy.local.paths import ROOT, Place

SLEEP = "import time; print(1, flush=True); time.sleep(60)"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "OUTSIDE", tmp_path)
    monkeypatch.setenv("PORTAL_RUN", str(tmp_path / "run"))
    made = Place(tmp_path / "run", 18080)
    paths.make_directories(made)
    return made


def start(place: Place, name: str, script: str = SLEEP, **how):
    env = {"PORTAL_MARK": place.mark, "PORTAL_PROCESS": name, "PORTAL_RUN": str(place.run), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, **how)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def catches(pid: int, which: signal.Signals) -> bool:
    """Whether a process has a handler for a signal by now."""
    mask = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(mask.split()[1], 16) >> (which - 1) & 1)


def noted(place: Place, name: str, pid: int) -> None:
    paths.write_private(place.state / f"{name}.json", f'{{"code": "x", "started": {time.time()}, "pid": {pid}}}')


def test_only_the_noted_process_of_that_name_is_taken_for_running(place):
    assert adopt.running_pid(place, "billing") is None
    process = start(place, "billing")
    try:
        assert adopt.running_pid(place, "billing") is None, "nobody wrote it down"
        noted(place, "billing", process.pid)
        assert adopt.running_pid(place, "billing") == process.pid
        noted(place, "permits", process.pid)
        assert adopt.running_pid(place, "permits") is None, "the pid is another process's by now"
    finally:
        process.kill()
        process.wait()
    assert adopt.running_pid(place, "billing") is None


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_who_stands_guard_passes_signals_on_and_ends_with_what_it_guards(place, which):
    # Whoever runs the tests in the background may have left SIGINT ignored, and a child inherits that.
    guarded = start(place, "billing", f"import signal; signal.signal(2, signal.default_int_handler); {SLEEP}")
    noted(place, "billing", guarded.pid)
    script = (
        "from deploy.local import adopt, paths; place = paths.current(); print(1, flush=True);"
        f"adopt.stand_guard(place, 'billing', {guarded.pid}); print('over', flush=True)"
    )
    keeper = start(place, "keeper", script)
    try:
        end = time.monotonic() + 60
        while not catches(keeper.pid, adopt.PASSED_ON[-1]):
            assert keeper.poll() is None and time.monotonic() < end
            time.sleep(0.05)
        keeper.send_signal(which)
        assert guarded.wait(60) in (-which, 1), "Python turns SIGINT into an exception"
        assert keeper.wait(60) == 0
        assert adopt.note(place, "billing") == {}, "what was asked to stop is not adopted again"
    finally:
        guarded.kill(), keeper.kill()


def test_a_broken_note_is_no_note(place):
    (place.state / "billing.json").write_text('{"code": ')
    assert adopt.note(place, "billing") == {}


def test_a_long_log_is_turned_over_under_its_writer(place):
    log = place.logs / "billing.log"
    writer = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for turn in range(5):
        os.write(writer, f"{turn}".encode() * 100)
        guard._turn_over(log, limit=100, kept=3)
    os.write(writer, b"after")
    assert log.read_bytes() == b"after"
    assert [(place.logs / f"billing.log.{n}").read_bytes()[:1] for n in (1, 2, 3)] == [b"4", b"3", b"2"]
    assert not (place.logs / "billing.log.4").exists()
    os.write(writer, b"x" * 50)
    guard._turn_over(log, limit=100)
    assert log.stat().st_size == 55, "a short one is left alone"


def test_two_starts_are_two_seconds_apart(place, monkeypatch):
    waited = []
    monkeypatch.setattr(run.time, "sleep", waited.append)
    run._brake(place, "billing")
    assert waited == []
    noted(place, "billing", 1)
    run._brake(place, "billing")
    assert len(waited) == 1
    assert 1.5 < waited[0] <= 2


def test_ending_by_name_leaves_the_rest(place):
    billing, permits = start(place, "billing"), start(place, "permits")
    try:
        stale.kill(place, "billing")
        assert billing.wait(5) == -9
        assert permits.poll() is None
    finally:
        billing.kill(), permits.kill()
