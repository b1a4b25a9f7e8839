"""When wrong passwords are no slip any more: one source tries many accounts, or one account is tried from many places.

The source, or the account's password, is then held for a time (S1-33). Nobody is kept out by it: whoever signed in from
that place before goes on, one-time links and unified login stay open, and a hold ends by itself.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class SuspicionPolicy:
    """`accounts` tried wrongly from one source, or `networks` one account was tried from, within `window`.

    A hold lasts `base`, and twice as long as the one before within a month, up to `longest`. Addresses in `never` are
    not held: they stand for many people (a proxy of one's own, the office).
    """

    accounts: int = 20
    networks: int = 5
    window: timedelta = timedelta(hours=1)
    base: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(hours=24)
    never: tuple[str, ...] = ()

    def duration(self, earlier: int) -> timedelta:
        """Return how long a hold lasts after `earlier` ones."""
        return min(self.base * int(2 ** min(earlier, 20)), self.longest)


# Holds longer ago than this no longer make the next one longer.
REMEMBERED = timedelta(days=30)


def source(address: str | None) -> str:
    """Return who an address stands for: itself, of IPv6 the 64 bits one connection has; empty when unknown."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False))
    return str(parsed)


def may_be_held(of: str, policy: SuspicionPolicy) -> bool:
    """Tell whether a source may be held at all."""
    if not of:
        return False
    first = ipaddress.ip_network(of).network_address
    return not any(first in ipaddress.ip_network(one) for one in policy.never)
