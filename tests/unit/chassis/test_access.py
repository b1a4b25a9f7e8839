"""Who may come in: rules, tokens, and whose data a call touches."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.access import (
    Rule,
    any_of,
    any_staff,
    customer,
    fresh,
    half_open,
    public,
    right,
    role,
    scoped_client,
    service,
    signed_in,
)
from chassis.caller import NOBODY, Caller
from chassis.days import now
from chassis.errors import PortalError
from chassis.tokens import TrustedKeys, Verifier, sign

CLIENT = uuid4()
ANNA = Caller(kind="user", user=uuid4(), client=CLIENT, rights=frozenset({"finance.see"}), name="Anna")
ENGINEER = Caller(kind="staff", user=uuid4(), roles=frozenset({"permit_engineer"}))
BILLING = Caller(kind="service", service="billing", name="service:billing")


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (public, {"nobody", "anna", "engineer", "billing"}),
        (signed_in, {"anna", "engineer"}),
        (right("finance.see"), {"anna"}),
        (right("finance.pay"), set()),
        (role("permit_engineer"), {"engineer"}),
        (role("accountant"), set()),
        (any_staff, {"engineer"}),
        (service("billing"), {"billing"}),
        (service("permits"), set()),
        (any_of(right("finance.see"), role("permit_engineer")), {"anna", "engineer"}),
    ],
    ids=str,
)
def test_a_rule_lets_in_whom_it_names_and_nobody_else(rule: object, allowed: set[str]) -> None:
    people = {"nobody": NOBODY, "anna": ANNA, "engineer": ENGINEER, "billing": BILLING}
    assert {name for name, caller in people.items() if rule.allows(caller)} == allowed  # type: ignore[attr-defined]


def test_nobody_is_asked_to_sign_in_and_somebody_is_refused() -> None:
    with pytest.raises(PortalError, match="unauthenticated"):
        role("accountant").check(NOBODY)
    with pytest.raises(PortalError, match="forbidden"):
        role("accountant").check(ANNA)


def test_a_customers_right_means_nothing_without_a_client() -> None:
    assert not right("finance.see").allows(Caller(kind="user", user=uuid4(), rights=frozenset({"finance.see"})))


def test_staff_rights_do_not_come_from_a_customers_claims() -> None:
    assert not role("accountant").allows(Caller(kind="user", user=uuid4(), roles=frozenset({"accountant"})))


def test_another_clients_data_is_not_there() -> None:
    assert scoped_client(ANNA) == CLIENT == scoped_client(ANNA, CLIENT)
    with pytest.raises(PortalError, match="not_found"):
        scoped_client(ANNA, uuid4())
    assert scoped_client(ENGINEER, CLIENT) == CLIENT
    assert scoped_client(ENGINEER) is None
    with pytest.raises(PortalError, match="unauthenticated"):
        scoped_client(NOBODY)


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Verifier, dict[str, Ed25519PrivateKey]]:
    private = {name: Ed25519PrivateKey.generate() for name in ("identity:1", "service:billing", "service:permits")}
    entries = []
    for name, key in private.items():
        entry = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key()))
        entries.append(entry | {"kid": name, "alg": "EdDSA"})
    path = tmp_path / "trusted.json"
    path.write_text(json.dumps({"keys": entries}))
    return Verifier(TrustedKeys(str(path))), private


def test_a_token_brings_the_caller_back(keys: tuple[Verifier, dict[str, Ed25519PrivateKey]]) -> None:
    verifier, private = keys
    assert verifier.verify(sign(ANNA, private["identity:1"], "identity:1", 60, "identity")) == ANNA
    token = sign(BILLING, private["service:billing"], "service:billing", 60, "service:billing")
    assert verifier.verify(token) == verifier.verify(token) == BILLING
    assert verifier.verify(None) is NOBODY


def test_a_service_cannot_vouch_for_a_person_nor_for_another_service(
    keys: tuple[Verifier, dict[str, Ed25519PrivateKey]],
) -> None:
    verifier, private = keys
    for caller, issuer in ((ANNA, "identity"), (ANNA, "service:permits"), (BILLING, "service:permits")):
        with pytest.raises(PortalError, match="unauthenticated"):
            verifier.verify(sign(caller, private["service:permits"], "service:permits", 60, issuer))


def test_a_token_that_is_changed_old_unsigned_or_of_an_unknown_key_is_refused(
    keys: tuple[Verifier, dict[str, Ed25519PrivateKey]],
) -> None:
    verifier, private = keys
    good = sign(ANNA, private["identity:1"], "identity:1", 60, "identity")
    head, body, signature = good.split(".")
    bad = [
        f"{head}.{body[:-2]}xx.{signature}",
        sign(ANNA, private["identity:1"], "identity:1", -60, "identity"),
        sign(ANNA, private["identity:1"], "identity:2", 60, "identity"),
        sign(ANNA, private["service:billing"], "identity:1", 60, "identity"),
        jwt.encode({"sub": "x", "exp": time.time() + 60}, "", algorithm="none", headers={"kid": "identity:1"}),
        "not a token",
    ]
    for token in bad:
        with pytest.raises(PortalError, match="unauthenticated"):
            verifier.verify(token)


def test_a_verdict_does_not_outlive_its_token(keys: tuple[Verifier, dict[str, Ed25519PrivateKey]]) -> None:
    verifier, private = keys
    token = sign(ANNA, private["identity:1"], "identity:1", 60, "identity")
    verifier.verify(token)
    verifier._known[token] = (time.time() - 1, ENGINEER, "identity:1")  # a remembered verdict whose time is over
    assert verifier.verify(token) == ANNA


def confirmed_ago(minutes: float, caller: Caller = ANNA) -> Caller:
    return replace(caller, stepped_up_at=now() - timedelta(minutes=minutes))


def code_of_check(rule: Rule, caller: Caller) -> str | None:
    try:
        rule.check(caller)
    except PortalError as error:
        return error.code
    return None


def test_a_fresh_rule_asks_people_to_confirm_and_nobody_else() -> None:
    rule = fresh(any_of(right("finance.see"), role("permit_engineer"), service("billing")), 10)
    assert code_of_check(rule, confirmed_ago(9)) is None
    assert code_of_check(rule, confirmed_ago(11)) == "step_up_needed"
    assert code_of_check(rule, ANNA) == "step_up_needed", "never confirmed at all"
    assert code_of_check(rule, confirmed_ago(11, ENGINEER)) == "step_up_needed"
    assert code_of_check(rule, BILLING) is None
    assert code_of_check(rule, NOBODY) == "unauthenticated"
    assert code_of_check(fresh(right("finance.pay"), 10), confirmed_ago(1)) == "forbidden", "no right, however fresh"


def test_who_is_allowed_does_not_hang_on_the_time_of_day() -> None:
    assert fresh(right("finance.see"), 10).allows(confirmed_ago(600))
    assert str(fresh(right("finance.see"))) == "right finance.see, confirmed"
    assert str(fresh(right("finance.see"), 5)) == "right finance.see, confirmed within 5 min"


def test_one_way_in_that_needs_no_confirming_is_enough() -> None:
    rule = any_of(fresh(right("finance.see"), 10), any_of(right("finance.see"), role("accountant")))
    assert code_of_check(rule, confirmed_ago(600)) is None


def test_a_pending_person_is_neither_user_nor_staff() -> None:
    pending = replace(ANNA, kind="pending", roles=frozenset({"administrator"}))
    for rule in (signed_in, customer, any_staff, right("finance.see"), role("administrator"), fresh(signed_in)):
        assert code_of_check(rule, pending) == "second_factor_needed", rule
    assert half_open.allows(pending) and public.allows(pending)
    assert not any(half_open.allows(one) for one in (NOBODY, ANNA, ENGINEER, BILLING))
    with pytest.raises(PortalError):
        scoped_client(pending)
