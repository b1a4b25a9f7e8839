"""What a right demands of a session, and what a provider's answer is worth for confirming."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.access import any_of, entitled, fresh, right, role
from chassis.caller import Caller
from chassis.errors import PortalError
from services.identity.domain.assurance import (
    LEVELS,
    is_anew,
    reached_by,
    stronger,
    withheld,
    without_factor,
    without_login,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize("assurance", [None, *LEVELS])
@pytest.mark.parametrize("demanded", LEVELS)
def test_a_right_is_withheld_below_its_level_only(assurance: str | None, demanded: str) -> None:
    found = withheld({"finance.pay", "finance.see"}, {"finance.pay": demanded}, assurance)
    enough = LEVELS.index(assurance or "low") >= LEVELS.index(demanded)
    assert found == ({} if enough else {"finance.pay": demanded})


def test_proofs_never_lower_a_session() -> None:
    assert {stronger(a, b) for a in LEVELS for b in LEVELS if "high" in (a, b)} == {"high"}


def test_only_a_proof_given_after_we_asked_confirms() -> None:
    skew = timedelta(seconds=30)
    assert is_anew(NOW, NOW, skew) and is_anew(NOW - skew, NOW, skew)
    assert not is_anew(NOW - skew - timedelta(seconds=1), NOW, skew) and not is_anew(None, NOW, skew)


def test_a_changed_level_reaches_those_for_whom_it_makes_a_difference() -> None:
    assert reached_by("low", "high") == reached_by("high", "low") == ["low", "substantial"]
    assert reached_by("substantial", "high") == ["substantial"] and reached_by("low", "low") == []


@pytest.mark.parametrize(
    ("assurance", "method", "factor", "gone", "left"),
    [
        ("high", "oidc:bank", None, "bank", "low"),
        ("high", "oidc:bank", "totp", "bank", "substantial"),
        ("high", "oidc:bank", None, None, "low"),
        ("high", "oidc:other", None, "bank", "high"),
        ("high", "password", "totp", "bank", "substantial"),
        ("low", "password", None, "bank", "low"),
    ],
)
def test_without_a_login_a_session_keeps_what_else_proves_it(
    assurance: str, method: str, factor: str | None, gone: str | None, left: str
) -> None:
    assert without_login(assurance, method, factor, gone) == left


def test_without_a_second_factor_falls_what_it_lifted() -> None:
    assert without_factor("substantial", "totp", ("totp",)) == "low"
    assert without_factor("substantial", "webauthn", ("totp",)) == "substantial"
    assert without_factor("high", "totp", ("totp",)) == "high" and without_factor("low", None, ("totp",)) == "low"


def refusal(rule: object, caller: Caller) -> str:
    with pytest.raises(PortalError) as refused:
        rule.check(caller)  # type: ignore[attr-defined]
    return refused.value.code


def customer(**more: object) -> Caller:
    values = {"kind": "user", "user": uuid4(), "client": uuid4(), "stepped_up_at": datetime.now(UTC)}
    return Caller(**(values | more))  # type: ignore[arg-type]


def test_a_door_says_what_level_it_needs_and_links_show() -> None:
    caller = customer(rights=frozenset({"finance.see"}), short={"finance.pay": "high"})
    pay = right("finance.pay")
    assert pay.allows(caller) and refusal(pay, caller) == "assurance_needed"
    assert refusal(fresh(pay), caller) == refusal(entitled("payments", pay), caller) == "assurance_needed"
    assert not caller.holds("finance.pay"), "no use case takes it for a right that may be used"
    any_of(pay, right("finance.see")).check(caller)  # one way in is enough
    assert refusal(any_of(pay, role("accountant")), caller) == "assurance_needed"
    assert refusal(right("permits.see"), caller) == "forbidden"


def test_an_area_takes_away_and_gives_nothing() -> None:
    rule = entitled("contracts", any_of(right("finance.see"), role("accountant")))
    caller = customer(rights=frozenset({"finance.see"}), areas=frozenset({"permits"}))
    assert not rule.allows(caller) and refusal(rule, caller) == "not_entitled"
    rule.check(customer(rights=frozenset({"finance.see"}), areas=frozenset({"contracts"})))
    assert refusal(rule, customer(areas=frozenset({"contracts"}))) == "forbidden"
    assert refusal(rule, customer(areas=frozenset({"permits"}))) == "forbidden"
    rule.check(Caller(kind="staff", roles=frozenset({"accountant"})))
