"""What is held on suspicion, how long, and what never is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.suspicion import SuspicionPolicy, may_be_held, source
from services.identity.settings import IdentitySettings

POLICY = SuspicionPolicy(never=("127.0.0.0/8", "10.0.0.0/8", "fc00::/7", "::1/128"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("nowhere", ""),
        (None, ""),
    ],
)
def test_a_source_is_one_connection(address: str | None, expected: str) -> None:
    assert source(address) == expected


def test_addresses_that_stand_for_many_are_never_held() -> None:
    assert may_be_held("203.0.113.9", POLICY) and may_be_held("2001:db8:1:2::/64", POLICY)
    for of in ("127.0.0.1", "10.1.2.3", "fc00:1:2:3::/64", "::/64", ""):
        expected = of == "::/64"  # loopback lies in it, but nobody else comes from there
        assert may_be_held(of, POLICY) == expected, of


def test_what_is_shipped_spares_private_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILE", "local")
    policy = IdentitySettings().suspicion_policy
    for private in ("127.0.0.1", "10.20.30.40", "172.20.0.1", "192.168.1.7", "100.64.3.2"):
        assert not may_be_held(source(private), policy)
    assert may_be_held("8.8.8.8", policy)


@given(st.integers(0, 1000))
def test_holds_grow_and_always_end(earlier: int) -> None:
    lasts = POLICY.duration(earlier)
    assert POLICY.base <= lasts <= POLICY.longest == timedelta(days=1)
    assert POLICY.duration(earlier + 1) >= lasts


@given(st.ip_addresses())
def test_every_address_has_a_source(address: object) -> None:
    assert source(str(address))
