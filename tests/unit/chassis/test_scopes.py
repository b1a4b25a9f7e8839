"""Rights for named permits and contracts: packed into the token and read back, at the door and behind it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.access import only, right, whole
from chassis.caller import Caller, Objects
from chassis.tokens import caller_of, claims_of

CLIENT, PERMIT, CONTRACT = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
IDS = st.frozensets(st.sampled_from([uuid.uuid5(uuid.NAMESPACE_OID, str(n)) for n in range(12)]))
RIGHTS = st.sampled_from(["permits.see", "finance.see", "finance.pay", "requests.submit", "readings.submit"])
SCOPES = st.dictionaries(RIGHTS, st.builds(Objects, IDS, IDS).filter(bool), max_size=5)


def user(**values: Any) -> Caller:
    return Caller(**{"kind": "user", "user": uuid.uuid4(), "client": CLIENT, "name": "Juris"} | values)


@given(scopes=SCOPES, rights=st.frozensets(RIGHTS))
def test_what_goes_into_a_token_comes_out_again(scopes: dict[str, Objects], rights: frozenset[str]) -> None:
    caller = user(scopes=scopes, rights=rights)
    assert caller_of(claims_of(caller)) == caller


def test_a_hundred_objects_for_every_right_stay_small() -> None:
    permits = frozenset(uuid.uuid4() for _ in range(60))
    contracts = frozenset(uuid.uuid4() for _ in range(40))
    names = ("permits.see", "finance.see", "finance.pay", "requests.submit", "readings.submit")
    claims = claims_of(user(scopes={name: Objects(permits, contracts) for name in names}))
    assert len(str(claims["objects"])) + len(str(claims["scopes"])) < 2500


def test_a_token_of_the_release_before_has_no_scopes() -> None:
    claims = claims_of(user(rights=frozenset({"permits.see"})))
    assert "scopes" not in claims and caller_of(claims).scopes == {}


@pytest.mark.parametrize(
    ("caller", "in_", "in_whole", "reach"),
    [
        (user(rights=frozenset({"permits.see"})), True, True, None),
        (user(scopes={"permits.see": Objects(frozenset({PERMIT}))}), True, False, Objects(frozenset({PERMIT}))),
        (user(scopes={"permits.see": Objects()}), False, False, Objects()),
        (user(scopes={"finance.see": Objects(frozenset({PERMIT}))}), False, False, Objects()),
        (user(client=None, scopes={"permits.see": Objects(frozenset({PERMIT}))}), False, False, None),
        (Caller(), False, False, Objects()),
    ],
)  # fmt: skip
def test_a_door_opens_for_some_object_and_what_lies_behind_is_limited(
    caller: Caller, in_: bool, in_whole: bool, reach: Objects | None
) -> None:
    assert right("permits.see").allows(caller) is in_
    assert whole("permits.see").allows(caller) is in_whole
    if caller.client is not None or caller.kind == "nobody":
        assert only(caller, "permits.see") == reach


def test_two_rights_reach_what_either_reaches_and_staff_everything() -> None:
    caller = user(scopes={
        "finance.see": Objects(frozenset({PERMIT})), "readings.submit": Objects(frozenset(), frozenset({CONTRACT})),
    })  # fmt: skip
    both = Objects(frozenset({PERMIT}), frozenset({CONTRACT}))
    assert only(caller, "finance.see", "readings.submit") == both
    assert only(Caller(kind="staff", roles=frozenset({"auditor"})), "finance.see") is None
    assert only(Caller(kind="service", service="billing"), "finance.see") is None


def test_a_caller_with_scopes_can_still_be_a_key() -> None:
    assert hash(user(user=CLIENT, scopes={"permits.see": Objects()})) == hash(user(user=CLIENT))
