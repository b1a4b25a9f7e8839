"""One load for the whole run of faults: the journey's writes go on while processes are killed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults import machine
from tests.faults.load import Load


@pytest.fixture(scope="session")
def load() -> Iterator[Load]:
    """Writes that go on; ended before the books are checked."""
    assert machine.status()["ready"], "faults begin on a stack that is whole"
    running = Load()
    running.start()
    running.goes_on()
    yield running
    running.stop()


@pytest.fixture
def journey(load: Load) -> Load:
    """The load, seen at work by the test before, or at its start: a fault hits it in the middle."""
    load.check()
    # not always at the same place of a unit
    time.sleep((time.monotonic_ns() // 1000 % 400) / 1000)
    return load
