"""The workflow is data: a wrong state is refused, every step allowed by the definition leads where it says."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.requests.domain import workflow
from services.requests.domain.forms import read_form
from tests.unit.requests.factories import form

CODES = ["contract", "fixed_link", "free_form"]
ROLES = ["permit_engineer", "customer_service"]
LEGAL = {
    ("draft", "submit", "submitted"),
    ("submitted", "take", "in_review"),
    ("submitted", "withdraw", "withdrawn"),
    ("in_review", "take_over", "in_review"),
    ("in_review", "ask_information", "information_requested"),
    ("in_review", "approve", "approved"),
    ("in_review", "refuse", "refused"),
    ("in_review", "withdraw", "withdrawn"),
    ("information_requested", "take_over", "information_requested"),
    ("information_requested", "answer_information", "in_review"),
    ("information_requested", "withdraw", "withdrawn"),
    ("approved", "permit_issued", "completed"),
}


def test_a_permit_request_moves_only_along_its_legal_steps() -> None:
    known = form()
    for status, action in itertools.product(known.states, known.actions.values()):
        expected = {target for s, a, target in LEGAL if (s, a) == (status, action.name)}
        if expected:
            assert {workflow.after(known, status, action.name, action.actor)} == expected
        else:
            with pytest.raises(PortalError) as refused:
                workflow.after(known, status, action.name, action.actor)
            assert refused.value.code == "requests.wrong_state"
            assert refused.value.params["status_lv"] == known.states[status].label.lv


def test_a_free_form_application_is_completed_by_its_answer() -> None:
    assert workflow.after(form("free_form"), "in_review", "approve", "staff") == "completed"


@pytest.mark.parametrize("code", CODES)
def test_an_action_belongs_to_one_side(code: str) -> None:
    known = form(code)
    for action, actor in itertools.product(known.actions.values(), ("client", "staff", "system")):
        if actor != action.actor:
            with pytest.raises(PortalError, match="forbidden"):
                workflow.after(known, min(action.sources), action.name, actor)


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_allowed_in_a_closed_case(code: str) -> None:
    known = form(code)
    for status in known.states_where(ball="nobody"):
        assert workflow.is_closed(known, status)
        for actor in ("client", "staff", "system"):
            assert workflow.allowed(known, status, actor, [*ROLES, "contracts.conclude"]) == []


def test_staff_without_the_role_may_do_nothing() -> None:
    assert workflow.allowed(form(), "in_review", "staff", ["accountant"]) == []
    assert [a.name for a in workflow.allowed(form(), "in_review", "staff", ["permit_engineer"])] == [
        "take_over", "ask_information", "approve", "refuse",
    ]  # fmt: skip


def test_a_contract_is_applied_for_and_taken_back_only_with_the_right_to_conclude() -> None:
    known = form("contract")
    assert workflow.allowed(known, "draft", "client") == []
    assert [a.name for a in workflow.allowed(known, "draft", "client", ["contracts.conclude"])] == ["submit"]
    assert [a.name for a in workflow.allowed(known, "information_requested", "client")] == ["answer_information"]
    assert workflow.allowed(known, "in_review", "staff", ["permit_engineer"]) == []


@given(st.sampled_from(CODES), st.lists(st.integers(0, 99), max_size=12))
def test_whatever_is_done_a_case_stays_in_a_known_state_and_a_closed_one_stays_closed(
    code: str, steps: list[int]
) -> None:
    known, status = form(code), "draft"
    actions = list(known.actions.values())
    for step in steps:
        action, closed = actions[step % len(actions)], workflow.is_closed(known, status)
        try:
            status = workflow.after(known, status, action.name, action.actor)
        except PortalError:
            continue
        assert not closed
        assert status in known.states


def edited(**changed: Any) -> dict[str, Any]:
    raw = copy.deepcopy(dict(form().raw))
    raw.update(changed)
    return raw


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (edited(initial="nowhere"), "initial"),
        (edited(service_level_days=0), "working day"),
        (edited(outcome="wonder"), "outcome"),
        (edited(summary_fields=["ghost"]), "ghost"),
        (edited(rules=[{"rule": "link_length", "parts": {"a": "ghost", "b": "b_coordinates"}}]), "ghost"),
        (edited(actions=[a for a in form().raw["actions"] if a["name"] != "refuse"]), "refused"),
        (edited(declaration={"lv": "Jā", "en": ""}), "both languages"),
    ],
)
def test_an_inconsistent_definition_is_refused(raw: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_form(raw)
