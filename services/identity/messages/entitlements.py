"""What a client may use in the portal, and how it settles (S1-16, S1-22)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from chassis.messages import IdempotencyKey, Line, Message, Moment, Request
from services.identity.messages.kinds import ClientKind, RegisteredService, Settlement
from services.identity.messages.register import Ground

Area = Literal["permits", "contracts", "payments"]


class SettlementChange(Message):
    """An arrangement the client was given, on what ground and by whom."""

    settlement: Settlement
    payer: str | None
    ground: str
    by_name: str
    at: Moment


class Entitlements(Message):
    """What follows for the client from services, settlement and kind of person."""

    client_id: UUID
    version: int
    kind: ClientKind
    settlement: Settlement
    payer: str | None = None
    services: list[RegisteredService] = []
    services_asked_at: Moment | None = None  # None: nobody was asked yet, nothing is kept away
    areas: list[Area]
    history: list[SettlementChange] = []  # the newest first, at most 50; for staff


class GetEntitlements(Request[Entitlements], rpc="identity.get_entitlements"):
    """What a client may use; a customer sees the client acted for. Error not_found."""

    client_id: UUID | None = None


class ChangeSettlement(Request[Entitlements], rpc="identity.change_settlement"):
    """Staff change how a client settles, on a stated ground; in force in open sessions at once.

    Errors not_found, stale, payer_required, payer_not_meant, settlement_same.
    """

    client_id: UUID
    version: int
    settlement: Settlement
    payer: Line | None = None
    ground: Ground
    idempotency_key: IdempotencyKey | None = None


class AskedServices(Message):
    """Whether the client may use something else than before."""

    changed: bool


class AskServices(Request[AskedServices], rpc="identity.ask_services", timeout=6.0):
    """Ask the other services what the client acted for is registered for, if that was not done just now."""
