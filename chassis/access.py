"""Rules for doors: who may come in at all. What they may see behind the door is the use case's `scoped_client`.

The same objects stand on RPC entry points and on gateway routes, and the access matrix test is made from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chassis.caller import Caller
from chassis.errors import PortalError


@dataclass(frozen=True)
class Rule:
    """A named condition on the caller; `check` raises, `allows` tells."""

    kinds: frozenset[str] = frozenset()
    right: str | None = None
    roles: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    scope: str | None = None
    parts: tuple[Rule, ...] = ()
    open: bool = False

    def allows(self, caller: Caller) -> bool:
        """Tell whether the caller may come in."""
        if self.open:
            return True
        if self.parts:
            return any(part.allows(caller) for part in self.parts)
        if self.right is not None:
            return caller.client is not None and caller.has(self.right)
        if self.roles:
            return caller.is_staff(*self.roles)
        if self.services:
            return caller.kind in ("service", "timer") and caller.service in self.services
        if self.scope is not None:
            return caller.kind == "machine" and self.scope in caller.rights
        return caller.kind in self.kinds

    def check(self, caller: Caller) -> None:
        """Raise PortalError unauthenticated (401) for nobody, forbidden (403) for somebody else."""
        if not self.allows(caller):
            raise PortalError("unauthenticated" if caller.kind == "nobody" else "forbidden")

    def __str__(self) -> str:
        if self.open:
            return "public"
        if self.parts:
            return " or ".join(map(str, self.parts))
        if self.right is not None:
            return f"right {self.right}"
        if self.roles:
            return "role " + "/".join(sorted(self.roles))
        if self.services:
            return "service " + "/".join(sorted(self.services))
        if self.scope is not None:
            return f"scope {self.scope}"
        return "signed in as " + "/".join(sorted(self.kinds))


public = Rule(open=True)
signed_in = Rule(kinds=frozenset({"user", "staff"}))
customer = Rule(kinds=frozenset({"user"}))
any_staff = Rule(kinds=frozenset({"staff"}))
any_service = Rule(kinds=frozenset({"service", "timer"}))


def right(name: str) -> Rule:
    """Return the rule: a customer who holds this right for the client acted for."""
    return Rule(right=name)


def role(*names: str) -> Rule:
    """Return the rule: staff who hold any of these roles."""
    return Rule(roles=frozenset(names))


def service(*names: str) -> Rule:
    """Return the rule: one of these services, acting for itself."""
    return Rule(services=frozenset(names))


def scope(name: str) -> Rule:
    """Return the rule: a machine client that was given this scope."""
    return Rule(scope=name)


def any_of(*rules: Rule) -> Rule:
    """Return the rule that any of the given rules fulfils."""
    return Rule(parts=rules)


def scoped_client(caller: Caller, requested: UUID | None = None) -> UUID | None:
    """Return the client whose data this call may touch; None means all clients (staff and services only).

    A customer always gets the client acted for; asking for another one answers not_found (404), as if it were
    not there. Raises unauthenticated for nobody.
    """
    if caller.kind in ("staff", "service", "timer", "machine"):
        return requested
    if caller.kind != "user" or caller.client is None:
        raise PortalError("unauthenticated" if caller.kind == "nobody" else "forbidden")
    if requested is not None and requested != caller.client:
        raise PortalError("not_found")
    return caller.client
