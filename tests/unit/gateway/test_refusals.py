"""Refused sign-ins are answered at moments that tell nothing, and no faster than a pace."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from gateway import refusals
from gateway import settings as gateway_settings
from gateway.refusals import Pace, answer_at
from services.identity.messages import SignIn

BODY = {"email": "a@b.example", "password": "x"}


@pytest.fixture
def slept(monkeypatch: Any) -> Iterator[list[float]]:
    """The waits, without waiting."""
    found: list[float] = []
    monkeypatch.setattr(refusals.time, "sleep", found.append)
    monkeypatch.setattr(refusals, "pace", Pace())
    yield found
    gateway_settings.settings.cache_clear()


@given(st.floats(0, 1e6), st.floats(0, 20), st.floats(0, 20), st.floats(0.05, 5))
def test_an_answer_comes_a_whole_number_of_steps_after_the_question(
    began: float, worked: float, waits: float, step: float
) -> None:
    now = began + worked
    due = answer_at(began, now + waits, now, step)
    assert due >= now + waits - 1e-6
    assert due - began >= step - 1e-6
    assert abs((due - began) / step - round((due - began) / step)) < 1e-6
    assert due - max(now + waits, began + step) <= step + 1e-6


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 0.5)), max_size=60))
def test_no_address_is_answered_faster_than_its_pace(asked: list[tuple[str, float]]) -> None:
    pace, now = Pace(), 100.0
    given_out: dict[str, list[float]] = {"a": [], "b": []}
    for address, later in asked:
        now += later
        moment = pace.moment(address, now, 20)
        assert moment >= now
        given_out[address].append(moment)
    for moments in given_out.values():
        assert all(b - a >= 1 / 20 - 1e-9 for a, b in pairwise(moments))


def test_a_refusal_waits_and_does_not_tell_how_long_the_work_took(client: Any, fake: Any, slept: list[float]) -> None:
    fake.on(SignIn, PortalError("identity.sign_in_refused"))
    answer = client.post("/api/v1/session", json=BODY)
    assert answer.status_code == 401
    assert len(slept) == 1 and 0 < slept[0] <= 0.3
    assert "rpc;dur=0.0" in answer.headers["Server-Timing"]


def test_who_has_shown_the_right_password_does_not_wait(client: Any, fake: Any, slept: list[float]) -> None:
    fake.on(SignIn, PortalError("identity.user_blocked"))
    assert client.post("/api/v1/session", json=BODY).status_code == 403
    assert slept == []


def test_guesses_from_one_address_wait_for_each_other_and_then_hear_it(
    client: Any, fake: Any, slept: list[float], monkeypatch: Any
) -> None:
    monkeypatch.setenv("GATEWAY_REFUSALS_PER_SECOND", "2")
    gateway_settings.settings.cache_clear()
    fake.on(SignIn, PortalError("identity.sign_in_refused"))
    codes = [client.post("/api/v1/session", json=BODY).status_code for _ in range(9)]
    assert codes == [401] * 7 + [429] * 2
    assert slept == sorted(slept) and slept[-1] > 2.9
    assert len(fake.asked(SignIn)) == 7
    refused = client.post("/api/v1/session", json=BODY)
    assert int(refused.headers["Retry-After"]) >= 1
