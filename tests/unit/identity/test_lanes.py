"""Places to hash: whoever is not guessed at goes first, and guessing never has them all."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from chassis.errors import PortalError
from services.identity.hashing import Lanes


class Worker:
    """Somebody who takes a place and keeps it until told."""

    def __init__(self, pool: ThreadPoolExecutor, lanes: Lanes, pressed: bool, order: list[str], name: str) -> None:
        self.inside, self.done = threading.Event(), threading.Event()

        def work() -> None:
            with lanes.place(pressed=pressed, patience=60):
                order.append(name)
                self.inside.set()
                self.done.wait(60)

        self.future: Future[None] = pool.submit(work)

    def leave(self) -> None:
        self.done.set()


def queued(lanes: Lanes, pressed: int, calm: int) -> None:
    """Wait until so many stand in the lanes."""
    turn = threading.Event()
    while (len(lanes._pressed), len(lanes._calm)) != (pressed, calm):
        turn.wait(0.005)


def test_the_calm_lane_goes_first_and_one_place_is_never_pressed() -> None:
    lanes, order = Lanes(2), list[str]()
    with ThreadPoolExecutor(8) as pool:
        guess = Worker(pool, lanes, True, order, "guess")
        assert guess.inside.wait(60)
        second = Worker(pool, lanes, True, order, "second guess")
        queued(lanes, 1, 0)  # a place is free, but not for guessing
        honest = Worker(pool, lanes, False, order, "honest")
        assert honest.inside.wait(60)
        late = Worker(pool, lanes, False, order, "late")
        queued(lanes, 1, 1)
        guess.leave()
        assert late.inside.wait(60)
        for worker in (honest, late, second):
            worker.leave()
    assert order == ["guess", "honest", "late", "second guess"]


def test_a_single_place_still_serves_both() -> None:
    lanes, order = Lanes(1), list[str]()
    with ThreadPoolExecutor(4) as pool:
        workers = [Worker(pool, lanes, pressed, order, str(pressed)) for pressed in (True, False, True)]
        for worker in workers:
            worker.leave()
    assert sorted(order) == ["False", "True", "True"]


def test_who_waits_too_long_is_told_and_leaves_no_trace() -> None:
    lanes = Lanes(1)
    with lanes.place(pressed=False):
        for pressed in (False, True):
            with pytest.raises(PortalError, match="too_many"), lanes.place(pressed=pressed, patience=0.01):
                pass
    with lanes.place(pressed=True), pytest.raises(PortalError), lanes.place(pressed=False, patience=0.01):
        pass
    with lanes.place(pressed=False, patience=0.01):
        pass


def test_a_failure_inside_gives_the_place_back() -> None:
    lanes = Lanes(1)
    for pressed in (True, False, True):
        with pytest.raises(ValueError), lanes.place(pressed=pressed, patience=1):
            raise ValueError
