"""Rules for doors: who may come in at all. What they may see behind the door is the use case's `scoped_client`.

The same objects stand on RPC entry points and on gateway routes, and the access matrix test is made from them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from chassis.caller import Caller, Objects
from chassis.days import now
from chassis.errors import PortalError
from chassis.process import settings

LEVELS = ("low", "substantial", "high")


@dataclass(frozen=True)
class Rule:
    """A named condition on the caller; `check` raises, `allows` tells.

    `allows` is about who somebody is: a person who would have to confirm first (`fresh`), or to sign in in a stronger
    way, is still allowed, so that links show and tables of access read the same at any time of day. `check` is about
    this very moment.
    """

    kinds: frozenset[str] = frozenset()
    right: str | None = None
    roles: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    scope: str | None = None
    parts: tuple[Rule, ...] = ()
    open: bool = False
    all_of_client: bool = False
    confirmed: bool = False
    minutes: int | None = None
    area: str | None = None
    any_role: bool = False

    def allows(self, caller: Caller) -> bool:
        """Tell whether the caller may come in."""
        if self.open:
            return True
        if self.area is not None and not caller.entitled(self.area):
            return False
        if self.parts:
            return any(part.allows(caller) for part in self.parts)
        if self.right is not None:
            return caller.client is not None and (self._held(caller) or self.right in caller.short)
        if self.roles:
            return caller.is_staff(*self.roles)
        if self.services:
            return caller.kind in ("service", "timer") and caller.service in self.services
        if self.scope is not None:
            return caller.kind == "machine" and self.scope in caller.rights
        return caller.kind in self.kinds and (bool(caller.roles) or not self.any_role)

    def _held(self, caller: Caller) -> bool:
        assert self.right is not None
        return caller.has(self.right) if self.all_of_client else caller.holds(self.right)

    def refusal(self, caller: Caller) -> PortalError:
        """Return what somebody hears whom `allows` does not let in."""
        if caller.areas is not None and self.allows(replace(caller, areas=None)):
            return PortalError("not_entitled")
        return _refusal(caller)

    def check(self, caller: Caller) -> None:
        """Raise PortalError unauthenticated (401) for nobody, not_entitled or forbidden (403) for somebody else."""
        if not self.allows(caller):
            raise self.refusal(caller)
        self.check_fresh(caller)

    def check_fresh(self, caller: Caller) -> None:
        """Raise PortalError (403) when who came in has to prove more first.

        `assurance_needed`: the session is weaker than the right demands; `step_up_needed`: the proof is too old.
        """
        level = self._level_short(caller)
        if level is not None:
            raise PortalError("assurance_needed", level=level)
        if self._is_stale(caller, now()):
            raise PortalError("step_up_needed")

    def _level_short(self, caller: Caller) -> str | None:
        """Return the assurance every way in would still need, None when one needs no more than there is."""
        if not caller.short or self.open:
            return None
        if self.parts:
            needed = [part._level_short(caller) for part in self.parts if part.allows(caller)]
            return None if not needed or None in needed else min(filter(None, needed), key=LEVELS.index)
        if self.right is None or self._held(caller):
            return None
        return caller.short.get(self.right)

    def _is_stale(self, caller: Caller, at: datetime) -> bool:
        if self.confirmed:
            return is_stale(caller, self.minutes, at)
        # One of several ways in is enough, if that one asks for no more than was given.
        ways = [part for part in self.parts if part.allows(caller)]
        return bool(ways) and all(way._is_stale(caller, at) for way in ways)

    def __str__(self) -> str:
        if self.open:
            return "public"
        if self.area is not None:
            return f"{self.parts[0]}, with {self.area}"
        if self.confirmed:
            return f"{self.parts[0]}, confirmed" + (f" within {self.minutes} min" if self.minutes else "")
        if self.parts:
            return " or ".join(map(str, self.parts))
        if self.right is not None:
            return f"right {self.right}{' for the whole client' * self.all_of_client}"
        if self.roles:
            return "role " + "/".join(sorted(self.roles))
        if self.services:
            return "service " + "/".join(sorted(self.services))
        if self.scope is not None:
            return f"scope {self.scope}"
        return "signed in as " + "/".join(sorted(self.kinds)) + " with a role" * self.any_role


def _refusal(caller: Caller) -> PortalError:
    known = {"nobody": "unauthenticated", "pending": "second_factor_needed"}
    return PortalError(known.get(caller.kind, "forbidden"))


def is_stale(caller: Caller, minutes: int | None = None, at: datetime | None = None) -> bool:
    """Tell whether a person proved more than `minutes` ago (None: STEP_UP_MINUTES) that it is them.

    Services, timers and machines act with keys of their own and are never asked.
    """
    if caller.kind not in ("user", "staff"):
        return False
    if caller.stepped_up_at is None:
        return True
    return (at or now()) - caller.stepped_up_at > timedelta(minutes=minutes or settings().step_up_minutes)


public = Rule(open=True)
# Somebody whose password was right and whose second factor is still to come.
half_open = Rule(kinds=frozenset({"pending"}))
signed_in = Rule(kinds=frozenset({"user", "staff"}))
customer = Rule(kinds=frozenset({"user"}))
any_staff = Rule(kinds=frozenset({"staff"}))
# Somebody of the staff without a role reaches their own account, and nothing of anybody else.
in_office = Rule(kinds=frozenset({"staff"}), any_role=True)
any_service = Rule(kinds=frozenset({"service", "timer"}))


def right(name: str) -> Rule:
    """Return the rule: a customer who holds this right for the client acted for, or for some object of it.

    Which objects is decided behind the door: `only`.
    """
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


def fresh(rule: Rule, minutes: int | None = None) -> Rule:
    """Return the rule: whom `rule` lets in, if they proved within `minutes` that it is really them (step-up).

    For what moves money back, changes rights or credentials, or takes personal data out. Without `minutes` the setting
    STEP_UP_MINUTES holds. Put it on the RPC door and on the page's route (and the API's): the page then sends the
    person to confirm and comes back with everything that was typed; the API answers 403 `step_up_needed`.
    """
    return Rule(parts=(rule,), confirmed=True, minutes=minutes)


def entitled(area: str, rule: Rule) -> Rule:
    """Return the rule: whom `rule` lets in, customers only where their client is entitled to the area (S1-22)."""
    return Rule(parts=(rule,), area=area)


def any_of(*rules: Rule) -> Rule:
    """Return the rule that any of the given rules fulfils."""
    return Rule(parts=rules)


def whole(name: str) -> Rule:
    """Return the rule: a customer who holds this right for the whole client acted for."""
    return Rule(right=name, all_of_client=True)


def only(caller: Caller, *rights: str) -> Objects | None:
    """Return the permits and contracts this call may touch by any of `rights`; None means all of the client's.

    It goes together with `scoped_client` and, like the client, belongs into the query: what lies outside is not found.
    Staff, services, timers and machines are not limited; a customer without any of the rights gets an empty answer.
    """
    if caller.kind in ("staff", "service", "timer", "machine") or any(caller.has(right) for right in rights):
        return None
    found = Objects()
    if caller.kind == "user":
        for right in rights:
            found |= caller.scopes.get(right, Objects())
    return found


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
