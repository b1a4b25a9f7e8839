"""Machine clients: which scopes there are, which of those asked for are given, how many secrets live side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chassis.errors import PortalError

# What a system may be allowed to read, for all clients; each stands on the doors it opens (chassis.access.scope).
SCOPES = ("permits.read", "invoices.read", "cases.read", "clients.read", "audit.read")
# The old one goes on working while the new one is rolled out; a third would only be forgotten somewhere.
MOST_SECRETS = 2


def given(asked: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    """Return the scopes of a token: those asked for (separated by spaces), or all allowed when none are named.

    Raises PortalError identity.scope_not_allowed for one that the machine does not have (RFC 6749, 3.3).
    """
    wanted = tuple(dict.fromkeys((asked or "").split(" "))) if asked else ()
    wanted = tuple(name for name in wanted if name)
    if any(name not in allowed for name in wanted):
        raise PortalError("identity.scope_not_allowed", field="scope")
    return tuple(name for name in SCOPES if name in (wanted or allowed))


def known(scopes: Iterable[str]) -> list[str]:
    """Return scopes in their fixed order, once each. Raises PortalError not_a_choice for one that does not exist."""
    chosen = set(scopes)
    if not chosen.issubset(SCOPES):
        raise PortalError("not_a_choice", field="scopes")
    return [name for name in SCOPES if name in chosen]


def room_for_another(live: int) -> None:
    """Raise PortalError identity.two_secrets when a machine already has as many secrets as may live side by side."""
    if live >= MOST_SECRETS:
        raise PortalError("identity.two_secrets", limit=MOST_SECRETS)
