"""Liveness and readiness tell the truth about the workers; metrics folders do not pile up."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gateway import metricsdir, server
from gateway.ratelimit import Limiter
from gateway.server import Pulses, verdict


def test_ready_when_every_worker_is_connected() -> None:
    pulses = Pulses()
    assert verdict(pulses, 2)[:2] == (False, False)
    pulses.beat(0, True)
    pulses.beat(1, False)
    live, ready, parts = verdict(pulses, 2)
    assert live and not ready and parts["bus"] == "1 of 2 workers are connected to the broker"
    pulses.beat(1, True)
    assert verdict(pulses, 2) == (True, True, {"workers": "ok", "bus": "ok"})


def test_a_silent_worker_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    pulses = Pulses()
    pulses.beat(0, True)
    later = time.monotonic() + server.STALE_SECONDS + 1
    monkeypatch.setattr(server.time, "monotonic", lambda: later)
    assert verdict(pulses, 1)[:2] == (False, False)


def test_a_worker_that_ended_is_forgotten() -> None:
    pulses = Pulses()
    pulses.beat(5, True)
    pulses.clear(os.getpid())
    assert pulses.fresh() == []


def test_folders_of_the_dead_are_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metricsdir.tempfile, "tempdir", str(tmp_path))
    dead, living = tmp_path / f"{metricsdir.PREFIX}999999999-x", tmp_path / f"{metricsdir.PREFIX}{os.getppid()}-y"
    dead.mkdir()
    living.mkdir()
    mine = Path(metricsdir.make())
    assert mine.exists() and living.exists() and not dead.exists()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(mine))
    metricsdir.remove()
    assert not mine.exists()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(living))
    metricsdir.remove()
    assert living.exists()


def test_a_limit_names_the_seconds_to_wait() -> None:
    from chassis.errors import PortalError

    limiter = Limiter()
    for _ in range(3):
        limiter.check("somebody", 3)
    with pytest.raises(PortalError) as refused:
        limiter.check("somebody", 3)
    assert refused.value.status == 429 and 0 < refused.value.params["retry_after"] <= 60
    limiter.check("somebody else", 3)
