"""Where somebody signs in from, as coarsely as it serves: the browser in words and the network, not the address."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

# How long a place stays known after its last use, and how many a person has at most.
REMEMBERED = timedelta(days=180)
MOST = 20
_PREFIXES = {4: 24, 6: 48}


@dataclass(frozen=True)
class Place:
    """A device (`Firefox, Windows`) in a network (`192.0.2.0/24`)."""

    device: str
    network: str


def network(address: str | None) -> str:
    """Return the network of an address, as far as providers give neighbours to one household; empty when unknown."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network(f"{parsed}/{_PREFIXES[parsed.version]}", strict=False))


def is_unusual(place: Place, known: Collection[Place]) -> bool:
    """Tell whether a sign-in is worth a mail: neither the device nor the network was ever used by this person.

    One of the two changes every day, at a friend's or after an update; who has never signed in has nothing usual.
    """
    if not known:
        return False
    return all(place.device != one.device and place.network != one.network for one in known)
