"""Any one process is killed with -9 in the middle of the journey: all is green within 30 s without help, nothing is
lost and nothing is there twice. The last tests count."""

from __future__ import annotations

import signal
import time

import pytest

from tests.faults import books, machine
from tests.faults.load import Load

PROCESSES = (
    "identity", "permits", "metering", "billing", "requests", "notifications", "relay", "gateway",
    "bank", "mail-catcher", "sms-catcher", "guard", "supervisord", "epmd", "rabbitmq", "postgres",
)  # fmt: skip


@pytest.mark.requirement("B-17")
@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back_and_the_journey_goes_on(name: str, journey: Load) -> None:
    victim = machine.pid(name)
    began = time.monotonic()
    machine.hurt(victim)
    machine.heal(name, victim, since=began)
    journey.goes_on()


@pytest.mark.parametrize("name", ["gateway", "postgres"])
def test_a_killed_worker_of_a_process_comes_back(name: str, journey: Load) -> None:
    master = machine.pid(name)
    victim = machine.children(master)[-1]
    machine.hurt(victim)
    machine.until(f"{victim} is replaced", lambda: victim not in machine.children(master), 10)
    machine.until_green()
    journey.goes_on()


@pytest.mark.parametrize("name", ["rabbitmq", "postgres"])
def test_an_orderly_restart_of_a_store_interrupts_nobody_for_long(name: str, journey: Load) -> None:
    before, began = machine.pid(name), time.monotonic()
    done = machine.portal("restart", name)
    assert done.returncode == 0, done.stderr
    machine.heal(name, before, since=began)
    journey.goes_on()


@pytest.mark.parametrize("name", ["rabbitmq", "postgres"])
def test_a_frozen_store_is_left_and_replaced(name: str, journey: Load) -> None:
    """It takes connections and answers nothing: the worst way to be away. Status must say so, quickly."""
    victim, began = machine.pid(name), time.monotonic()
    machine.hurt(victim, signal.SIGSTOP)
    machine.until("the status says that not all is ready", lambda: not machine.status()["ready"], 10, every=0.5)
    machine.heal(name, victim, since=began)
    journey.goes_on()


def test_a_store_frozen_for_a_moment_only_is_kept(journey: Load) -> None:
    victim = machine.pid("rabbitmq")
    machine.hurt(victim, signal.SIGSTOP)
    time.sleep(3)
    machine.hurt(victim, signal.SIGCONT)
    machine.until_green()
    assert machine.pid("rabbitmq") == victim
    journey.goes_on()


def test_status_answers_quickly_while_both_stores_are_gone(journey: Load) -> None:
    for name in ("rabbitmq", "postgres"):
        machine.hurt(machine.pid(name), signal.SIGSTOP)
    began = time.monotonic()
    picture = machine.status()
    assert time.monotonic() - began < 8 * machine.crowded()
    assert not picture["ready"]
    assert all(picture["outbox"][service] is None for service in picture["outbox"])
    machine.until_green(machine.HEAL_SECONDS + 10)
    journey.goes_on()


@pytest.mark.requirement("B-09", "B-17")
def test_at_the_end_everything_is_there_exactly_once(load: Load) -> None:
    load.stop()
    load.check()
    assert load.written.payments and load.written.cases
    machine.until("every outbox is empty", books.outboxes_empty, 60)
    # an event that failed during a fault waits on the ladder of retries, up to five minutes on its third step
    machine.until("every payment is settled", lambda: books.unsettled(load) == [], 120)
    machine.until("every approved case is completed", lambda: books.unfinished(load) == [], 120)
    assert books.amounts_off(load) == {}
    assert books.ledger_differences(load) == []
    assert books.rows_not_exactly_once(load) == {}
    assert books.events_not_exactly_once(load) == {}
    assert books.dead_letters() == {}
