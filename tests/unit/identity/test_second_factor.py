"""Who owes a second factor, which proofs an account has, which codes count."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity import otp, security_keys
from services.identity.domain.second_factor import Factors, accepted_step, gate, normalised_code, raised, ways
from services.identity.sealing import Sealer

NONE, APP, KEY = Factors(), Factors(totp=True, recovery_left=10), Factors(keys=2, recovery_left=10)
NOON = datetime(2026, 11, 25, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("assurance", "factors", "required", "owed"),
    [
        ("low", NONE, False, None),
        ("low", NONE, True, "enrol"),
        ("low", APP, False, "give"),
        ("low", KEY, True, "give"),
        ("low", Factors(recovery_left=3), True, "enrol"),
        ("substantial", APP, True, None),
        ("high", NONE, True, None),
    ],
)
def test_who_owes_what(assurance: str, factors: Factors, required: bool, owed: str | None) -> None:
    assert gate(assurance, factors, required) == owed


def test_with_a_factor_the_password_alone_confirms_nothing() -> None:
    assert ways(NONE, True) == ["password"] and ways(NONE, False) == []
    assert ways(APP, True) == ["totp", "recovery"]
    assert ways(KEY, True) == ["webauthn", "recovery"]
    assert ways(Factors(True, 1, 0), True) == ["webauthn", "totp"]


def test_a_factor_lifts_assurance_and_nothing_lowers_it() -> None:
    assert raised("low", "totp") == raised("low", "webauthn") == raised("low", "recovery") == "substantial"
    assert raised("low", "password") == "low"
    assert all(raised("high", way) == "high" for way in ("totp", "password", "webauthn"))


@given(st.lists(st.integers(0, 10**9), max_size=3), st.integers(0, 10**9))
def test_a_step_counts_once_and_never_after_a_newer_one(candidates: list[int], last: int) -> None:
    step = accepted_step(candidates, last)
    if step is None:
        assert all(one <= last for one in candidates)
    else:
        assert step in candidates and step > last
        assert accepted_step(candidates, step) is None


def test_the_window_is_one_step_to_either_side() -> None:
    secret = otp.new_totp_secret()
    import pyotp

    def code(seconds: int) -> str:
        return pyotp.TOTP(secret).at(NOON + timedelta(seconds=seconds))

    now = int(NOON.timestamp()) // 30
    assert otp.steps_of(secret, code(0), NOON) == [now]
    assert otp.steps_of(secret, code(-30), NOON) == [now - 1] and otp.steps_of(secret, code(30), NOON) == [now + 1]
    assert otp.steps_of(secret, code(-60), NOON) == otp.steps_of(secret, code(60), NOON) == []
    shown = code(0)
    assert otp.steps_of(secret, f" {shown[:3]} {shown[3:]} ", NOON) == [now]
    for wrong in ("", "1", "abcdef", "🙂🙂🙂", shown + "0", "٠١٢٣٤٥"):
        assert otp.steps_of(secret, wrong, NOON) == []


def test_rfc_6238_test_vector() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"
    assert otp.steps_of(secret, "287082", datetime.fromtimestamp(59, UTC)) == [1]


def test_recovery_codes_are_ten_readable_and_found_however_they_are_typed() -> None:
    codes = otp.new_recovery_codes()
    assert len(set(codes)) == 10 and not set("".join(codes)) & set("IO01")
    (one, *_) = codes
    assert otp.recovery_hash(one.lower().replace("-", " ")) == otp.recovery_hash(one)
    assert normalised_code(" ab-cd ") == "ABCD"


def test_a_sealed_secret_opens_for_its_own_user_and_key_only() -> None:
    mine, other = uuid.uuid4(), uuid.uuid4()
    sealed = Sealer("key one").seal("SECRET", mine)
    assert b"SECRET" not in sealed and sealed != Sealer("key one").seal("SECRET", mine)
    assert Sealer("key one").open(sealed, mine) == "SECRET"
    assert Sealer("key one").open(sealed, other) is None
    assert Sealer("key two").open(sealed, mine) is None
    assert Sealer("key one").open(sealed[:-1] + bytes([sealed[-1] ^ 1]), mine) is None


@pytest.mark.parametrize(
    ("url", "rp", "origin"),
    [
        ("https://portals.vases.lv", "portals.vases.lv", "https://portals.vases.lv"),
        ("https://portals.vases.lv:8443/x", "portals.vases.lv", "https://portals.vases.lv:8443"),
        ("http://127.0.0.1:8080", "localhost", "http://localhost:8080"),
    ],
)
def test_the_relying_party_is_the_portals_host(url: str, rp: str, origin: str) -> None:
    keys = security_keys.SecurityKeys(url, "Portāls")
    assert (keys.rp_id, keys.origin) == (rp, origin)
    challenge, options = keys.registration(uuid.uuid4(), "a@b.lv", "Anna", [b"old"])
    assert options["rp"]["id"] == rp and options["authenticatorSelection"]["userVerification"] == "required"
    assert len(challenge) == 32 and keys.registration(uuid.uuid4(), "a@b.lv", "A", [])[0] != challenge


@pytest.mark.parametrize("answer", [{}, {"id": 1}, {"rawId": "!!", "response": []}, {"id": "a", "rawId": "a",
                         "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "oA",
                         "authenticatorData": "", "signature": ""}}])  # fmt: skip
def test_a_malformed_answer_of_a_key_is_no_answer(answer: dict[str, object]) -> None:
    keys = security_keys.SecurityKeys("http://127.0.0.1:8080", "Portāls")
    assert keys.registered(answer, b"c" * 32) is None
    assert keys.authenticated(answer, b"c" * 32, b"k", 0) is None
    security_keys.credential_id(answer)
    assert security_keys.transports(answer) == []
