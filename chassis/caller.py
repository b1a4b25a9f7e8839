"""Who calls: the verified identity behind a request, an event or a timer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

# `pending` is a person who gave a password and still owes the second factor: in nothing a user, nor staff.
Kind = Literal["nobody", "pending", "user", "staff", "service", "timer", "machine"]
Assurance = Literal["low", "substantial", "high"]


@dataclass(frozen=True, slots=True)
class Objects:
    """Permits and contracts named one by one, for which a right was given (B-03)."""

    permits: frozenset[UUID] = frozenset()
    contracts: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.permits or self.contracts)

    def __or__(self, other: Objects) -> Objects:
        return Objects(self.permits | other.permits, self.contracts | other.contracts)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, as the signed token says.

    `user` is the person or machine, `client` the client acted for, `rights` what a customer may do for that client as a
    whole, `scopes` the further rights that hold for some of its permits and contracts only, `roles` what a staff member
    is, `assurance` how strongly the person was identified, `address` the network address the gateway saw (information
    for the audit trail, never a ground for a decision). `second_factor` is what was given beside the password in this
    session (`totp`, `webauthn`, `recovery`), and `stepped_up_at` when the person last proved that it is them,
    at sign-in or by confirming later.

    `areas` are the parts of the portal the client acted for is entitled to (S1-22),
    None where nothing is limited; `client_kind` is `natural` or `legal`. `short` are the rights a person has but may
    not use in this session, because the session's assurance is below what each demands: right -> level.
    """

    kind: Kind = "nobody"
    user: UUID | None = None
    client: UUID | None = None
    rights: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    session: UUID | None = None
    assurance: Assurance | None = None
    name: str = ""
    address: str | None = None
    language: str = "lv"
    service: str | None = None
    scopes: Mapping[str, Objects] = field(default_factory=dict, hash=False)
    generation: int = 0  # how often the session changed before the token was signed
    second_factor: str | None = None
    stepped_up_at: datetime | None = None
    areas: frozenset[str] | None = None
    client_kind: str | None = None
    short: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def actor(self) -> str:
        """Return the stable name under which this caller stands in the audit trail."""
        return str(self.user) if self.user else self.name or self.kind

    def has(self, right: str) -> bool:
        """Tell whether a customer holds `right` for the whole client acted for."""
        return self.kind == "user" and right in self.rights

    def holds(self, right: str) -> bool:
        """Tell whether a customer holds `right` for the client acted for, or for some permit or contract of it."""
        return self.has(right) or (self.kind == "user" and bool(self.scopes.get(right)))

    def entitled(self, area: str) -> bool:
        """Tell whether the client acted for is entitled to an area; whoever is no customer always is."""
        return self.kind != "user" or self.areas is None or area in self.areas

    def is_staff(self, *roles: str) -> bool:
        """Tell whether this is staff holding any of `roles`; with no roles named, any staff at all."""
        return self.kind == "staff" and (not roles or not self.roles.isdisjoint(roles))


NOBODY = Caller()


def service_caller(name: str) -> Caller:
    """Return the identity of a service, as it stands in the audit trail."""
    return Caller(kind="service", service=name, name=f"service:{name}")


def timer_caller(service: str, timer: str) -> Caller:
    """Return the identity of a timer of a service."""
    return Caller(kind="timer", service=service, name=f"timer:{service}.{timer}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event handed to one handler; opening a unit of work with it writes the inbox row in the same commit.

    `attempt` counts from 1; `caller` is the service that published.
    """

    event_id: UUID
    handler: str
    caller: Caller
    time: datetime
    correlation_id: str
    attempt: int = 1
    extensions: dict[str, Any] = field(default_factory=dict)


class AlreadyHandled(Exception):
    """The inbox holds this event for this handler: the work was done by an earlier delivery."""
