"""When a sign-in is unusual, and what is kept of where people sign in from."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.places import Place, is_unusual, network

HOME = Place("Firefox, Windows", "192.0.2.0/24")
PLACES = st.builds(Place, st.sampled_from(["Firefox, Windows", "Safari, iPhone", ""]), st.sampled_from(["a", "b", ""]))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unknown", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_the_network_is_kept(address: str | None, expected: str) -> None:
    assert network(address) == expected


@given(st.ip_addresses())
def test_every_address_lies_in_its_network(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    kept = ipaddress.ip_network(network(str(address)))
    mapped = getattr(address, "ipv4_mapped", None)
    assert (mapped or address) in kept
    assert kept.num_addresses >= 256


def test_a_mail_is_worth_it_only_when_device_and_network_are_both_new() -> None:
    assert not is_unusual(HOME, [])  # the first sign-in of all
    assert not is_unusual(HOME, [HOME])
    assert not is_unusual(Place("Safari, iPhone", HOME.network), [HOME])
    assert not is_unusual(Place(HOME.device, "198.51.100.0/24"), [HOME])
    assert is_unusual(Place("Safari, iPhone", "198.51.100.0/24"), [HOME])


@given(PLACES, st.lists(PLACES, max_size=6), PLACES)
def test_a_place_once_used_is_never_unusual_and_knowing_more_never_makes_one_so(
    place: Place, known: list[Place], more: Place
) -> None:
    assert not is_unusual(place, [*known, place])
    if known and not is_unusual(place, known):
        assert not is_unusual(place, [*known, more])
