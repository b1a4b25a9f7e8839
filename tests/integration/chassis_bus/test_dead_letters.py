"""Dead letters: seen, sent back, thrown away; never lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hall_service import Ring
from running import Hall, Outside, envelope, until

from chassis import redrive, tokens
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.dead_letter_messages import requests_for
from chassis.errors import PortalError

pytestmark = pytest.mark.usefixtures("topology")

FIRST, SECOND = "0198b000-0000-7000-8000-0000000000a1", "0198b000-0000-7000-8000-0000000000a2"


@pytest.fixture
def two_dead(hall: Hall, outside: Outside) -> Hall:
    """hall has two dead letters that would pass on the fourth attempt... of a ladder that has three."""
    hall.service(EVENT_LADDER="0.1").ready()
    for event_id in (FIRST, SECOND):
        outside.publish("echo.events", "bell.rang", envelope("fail-2", 0, event_id))
    until(lambda: len(redrive.look("hall")) == 2, 10, "two dead letters")
    return hall


def test_looking_leaves_them_where_they_are(two_dead: Hall) -> None:
    for _ in range(3):
        letters = redrive.look("hall")
        assert {letter.id for letter in letters} == {FIRST, SECOND}
    assert letters[0].handler == "hall.on_rang"
    assert letters[0].reason == "RuntimeError: not yet: fail-2"
    assert letters[0].attempts == 2
    assert letters[0].dead_at > "2026"
    assert "Traceback" in letters[0].trace


def test_one_is_thrown_away_and_one_sent_back(two_dead: Hall, run: Callable[..., Any]) -> None:
    assert redrive.discard("hall", [FIRST]) == 1
    # a longer ladder now, as after a repair
    for program in run.programs:  # type: ignore[attr-defined]
        program.stop()
    two_dead.service(EVENT_LADDER="0.1,0.2").ready()
    assert redrive.redrive("hall", ["unknown"]) == 0
    assert redrive.redrive("hall") == 1
    until(lambda: two_dead.numbers("fail-2") == [0], 10, "the event being handled after all")
    assert redrive.look("hall") == []


def test_staff_do_the_same_through_the_service(two_dead: Hall, bus: Bus, keys: Any) -> None:
    requests = requests_for("hall")
    key = tokens.load_key(str(keys / "identity-1.pem"))

    def token(*roles: str) -> str:
        staff = Caller(kind="staff", user=UUID(int=9), roles=frozenset(roles))
        return tokens.sign(staff, key, "identity:1", 60, "identity")

    seen = bus.call(requests.look(limit=10), token=token("auditor"))
    assert {item.id for item in seen.items} == {FIRST, SECOND}
    with pytest.raises(PortalError, match="forbidden"):
        bus.call(requests.redrive(), token=token("auditor"))
    assert bus.call(requests.discard(ids=[FIRST, SECOND]), token=token("administrator")).count == 2
    assert redrive.look("hall") == []
    audited = two_dead.rows("SELECT convert_from(envelope, 'UTF8') AS text FROM outbox")
    assert any("hall.dead_letters.discard" in row.text for row in audited)


def test_a_message_the_process_dies_of_becomes_a_dead_letter(hall: Hall, outside: Outside) -> None:
    # The broker counts deliveries; here they are handed back as often as a dying process would.
    outside.publish("echo.events", "bell.rang", envelope("deadly", 0, FIRST))
    got: list[Any] = []
    outside.connection.on_deliver = got.append
    outside.connection.consume(1, "hall.on_rang", "dying")
    for attempt in range(1, 22):
        until(lambda n=attempt: (outside.connection.poll() or True) and len(got) >= n, 10, f"delivery {attempt}")
        outside.connection.reject(got[-1], requeue=True)
    outside.connection.cancel(1, "dying")
    letters = until(lambda: redrive.look("hall"), 5, "the dead letter")
    assert letters[0].reason == "the process ended at every delivery"
    assert letters[0].handler == "hall.on_rang"
    assert redrive.redrive("hall") == 1
    assert outside.depth("hall.on_rang") == 1


def test_the_token_of_the_caller_ends_with_the_call(hall: Hall, outside: Outside, bus: Bus, keys: Any) -> None:
    # pitfall 17: what rides along in an event lies in the stream for a month and among dead letters for longer
    hall.service(EVENT_LADDER="0.1").ready()
    hall.relay().ready()
    person = Caller(kind="user", user=UUID(int=1))
    token = tokens.sign(person, tokens.load_key(str(keys / "identity-1.pem")), "identity:1", 60, "identity")
    bus.call(Ring(bell="fail-99"), token=token, correlation_id="ref-17")
    dead = outside.take("hall.dead")
    kept = repr(dead.properties.headers) + dead.body.decode()
    assert "ref-17" in kept, "it is the event of this call"
    _, claims, signature = token.split(".")
    assert not [part for part in (claims, signature) if part in kept]
    [row] = hall.rows("SELECT convert_from(envelope, 'UTF8') FROM outbox")
    assert claims not in row[0]
