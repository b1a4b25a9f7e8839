"""One look of a member of staff is one record, however many calls a page makes of it."""

from __future__ import annotations

import uuid

import pytest

from chassis import disclosures
from chassis.audit import AuditRecord, record
from chassis.caller import Caller
from chassis.disclosures import REQUESTS, Disclosures

CLERK = Caller(kind="staff", user=uuid.uuid4())
CLIENT = uuid.uuid4()


def look(request: str, action: str = "identity.client.view", caller: Caller = CLERK) -> AuditRecord:
    return record("identity", caller, action, on=("client", CLIENT), disclosure=True, correlation_id=request)


def kept() -> Disclosures:
    return Disclosures("identity", lambda records: None)


def test_the_second_call_of_a_request_adds_nothing() -> None:
    seen = kept()
    assert seen.first_of_request(look("a1"))
    assert not seen.first_of_request(look("a1"))


def test_another_request_person_or_action_is_another_look() -> None:
    seen = kept()
    others = [
        look("a1"), look("b2"), look("a1", "identity.user.view"), look("a1", caller=Caller(kind="staff", user=CLIENT)),
    ]  # fmt: skip
    assert all(seen.first_of_request(one) for one in others)


def test_without_a_request_every_look_counts() -> None:
    seen = kept()
    assert seen.first_of_request(look("")) and seen.first_of_request(look(""))


def test_what_could_not_be_written_is_tried_again() -> None:
    seen = kept()
    assert seen.first_of_request(look("a1"))
    seen.not_written(look("a1"))
    assert seen.first_of_request(look("a1"))


def test_what_is_remembered_is_bounded() -> None:
    seen = kept()
    assert all(seen.first_of_request(look(f"{number}")) for number in range(REQUESTS + 1))
    assert seen.first_of_request(look("0")), "the oldest is forgotten"
    assert not seen.first_of_request(look(f"{REQUESTS}"))


def test_a_number_that_a_proxy_sends_for_ever_hides_nothing_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, clock = kept(), [1000.0]
    monkeypatch.setattr(disclosures.time, "monotonic", lambda: clock[0])
    for _ in range(3):
        assert seen.first_of_request(look("a1"))
        clock[0] += disclosures.REQUEST_SECONDS - 1
        assert not seen.first_of_request(look("a1"))
        clock[0] += 1
    other = look("a1").model_copy(update={"client": uuid.uuid4()})
    assert seen.first_of_request(other), "another client's data"
