"""How surely somebody must be identified to use a right."""

from __future__ import annotations

from typing import Literal

from chassis.messages import IdempotencyKey, Message, Moment, Request
from services.identity.messages.endings import Approval
from services.identity.messages.kinds import Assurance
from services.identity.messages.register import Ground

Right = Literal[
    "permits.see",
    "finance.see",
    "finance.pay",
    "requests.submit",
    "readings.submit",
    "users.manage",
    "contracts.conclude",
]


class RightLevel(Message):
    """What a right demands; `low` is any way of signing in."""

    right: Right
    level: Assurance
    since: Moment | None = None
    ground: str | None = None
    asked_by: str | None = None
    approved_by: str | None = None


class RightLevels(Message):
    items: list[RightLevel]


class ListRightLevels(Request[RightLevels], rpc="identity.list_right_levels"):
    """Every right of customers with the level it demands."""


class AskRightLevel(Request[Approval], rpc="identity.ask_right_level"):
    """Ask that a right demand another level; a second administrator approves, then it holds.

    At once for whoever signs in, within five minutes in sessions that are open.

    Errors level_same, approval_waiting.
    """

    right: Right
    level: Assurance
    ground: Ground
    idempotency_key: IdempotencyKey | None = None
