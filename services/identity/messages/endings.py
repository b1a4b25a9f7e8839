"""How access ends: temporarily, for good, with four eyes; and what was decided when."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from chassis.messages import Done, IdempotencyKey, Limit, Line, Message, Moment, Page, Request
from services.identity.messages.joining import OriginalChannel
from services.identity.messages.kinds import BlockReason, EndingReason, UserKind, UserStatus
from services.identity.messages.sessions import SessionsEnded

AccessStep = Literal[
    "blocked", "unblocked", "discontinued", "reinstated", "deletion_asked", "deletion_refused", "deleted",
    "access_closed",  # by the person, who said that others know the access data (S1-41)
]


class BlockRow(Message):
    """One step in the history of somebody's access; `until` is the last day of a block that ends by itself."""

    at: Moment
    what: AccessStep
    reason: str
    note: str | None
    by_name: str
    until: date | None = None


class BlockUser(Request[SessionsEnded], rpc="identity.block_user"):
    """Block a user with a reason; every session ends at once (S1-33, S1-57, S1-58, S3-26).

    `until` is the last day of the block; without it only staff lift it. Errors already_blocked, wrong_access_state,
    block_in_past, not_yourself.
    """

    user_id: UUID
    reason: BlockReason
    note: Line | None = None
    until: date | None = None


class UnblockUser(Request[Done], rpc="identity.unblock_user"):
    """Lift a block and a lock after wrong passwords. Error not_blocked when there is neither."""

    user_id: UUID
    note: Line | None = None


class ClientWithdrawn(Message):
    """Who no longer acts for the client, by name; open sessions included."""

    users: list[str]


class WithdrawClient(Request[ClientWithdrawn], rpc="identity.withdraw_client"):
    """A client gives up the portal as a whole: nobody acts for it any more, at once (S0-24, S1-47, S1-55).

    A main user gives up the client acted for. Staff name the client and say how the signed withdrawal came and when;
    `note` is its reference. Errors confirmation_needed, required (client_id, channel, received_on), day_ahead,
    nobody_acts, not_found.
    """

    client_id: UUID | None = None
    channel: OriginalChannel | None = None
    received_on: date | None = None
    confirmed: bool = False
    note: Line | None = None
    idempotency_key: IdempotencyKey | None = None


class ReportCompromise(Request[SessionsEnded], rpc="identity.report_compromise"):
    """Somebody says on the telephone that others know their access data: sessions and passwords end now (S1-41).

    `identified_by` says how staff made sure who was calling. A user who is blocked already loses the credentials, too.
    """

    user_id: UUID
    identified_by: Line
    note: Line | None = None


class DiscontinueUser(Request[SessionsEnded], rpc="identity.discontinue_user"):
    """End a user's access for good: credentials, sessions and representations (S1-20, S1-56..58, S3-26).

    Errors wrong_access_state, not_yourself, forbidden (staff are ended by administrators).
    """

    user_id: UUID
    reason: EndingReason
    note: Line | None = None


class BlockedUser(Message):
    """A user without access, with the step that took it."""

    user_id: UUID
    kind: UserKind
    name: str
    email: str
    status: UserStatus
    at: Moment
    reason: str
    note: str | None
    by_name: str
    until: date | None


BlockedUserPage = Page[BlockedUser]


class ReinstateUser(Request[Done], rpc="identity.reinstate_user"):
    """Give a discontinued user access again: a link to set a password goes out, everything else is given anew.

    Not after an ending for breach of the terms or unauthorised use, unless an administrator does it.
    Errors not_found, wrong_access_state, forbidden.
    """

    user_id: UUID
    note: Annotated[Line, StringConstraints(min_length=1)]
    idempotency_key: IdempotencyKey | None = None


class ListBlockedUsers(Request[BlockedUserPage], rpc="identity.list_blocked_users"):
    """Users without access, the latest first."""

    query: Line = ""
    status: Literal["blocked", "discontinued"] | None = None
    after: str | None = None
    limit: Limit = 25


class Hold(Message):
    """Sign-in by password held on suspicion: of a user, or from an address; `evidence` counts what led to it.

    For a user the networks wrong passwords came from, for an address the accounts they were for. `refused` counts the
    attempts it stopped.
    """

    hold_id: UUID
    kind: Literal["account", "address"]
    user_id: UUID | None
    name: str | None
    email: str | None
    address: str | None
    evidence: int
    refused: int
    began_at: Moment
    ends_at: Moment
    lifted_at: Moment | None
    lifted_by: str | None
    note: str | None
    in_force: bool


HoldPage = Page[Hold]


class ListHolds(Request[HoldPage], rpc="identity.list_holds"):
    """What was held on suspicion, the latest first (S1-33). Search: the user, or the network address."""

    query: Line = ""
    hold_id: UUID | None = None
    kind: Literal["account", "address"] | None = None
    in_force: bool = False
    after: str | None = None
    limit: Limit = 25


class LiftHold(Request[Done], rpc="identity.lift_hold"):
    """Lift a hold before it ends. Error hold_over when it is not in force any more."""

    hold_id: UUID
    note: Line | None = None


ApprovalKind = Literal["user.delete", "role.grant", "right.level"]
ApprovalState = Literal["waiting", "approved", "refused", "withdrawn", "lapsed"]


class Approval(Message):
    """Something one person asked for and another has to approve; `mine` is true for who asked."""

    approval_id: UUID
    kind: ApprovalKind
    state: ApprovalState
    object_id: UUID
    object_name: str
    reason: str
    note: str | None
    details: dict[str, str] = {}
    asked_at: Moment
    asked_by: str
    lapses_at: Moment
    decided_at: Moment | None = None
    decided_by: str | None = None
    decision_note: str | None = None
    mine: bool = False


ApprovalPage = Page[Approval]


class AskUserDeletion(Request[Approval], rpc="identity.ask_user_deletion"):
    """Ask that a user be deleted, at the client's request (S3-35); a colleague approves. Errors approval_waiting."""

    user_id: UUID
    reason: EndingReason
    note: Line | None = None
    idempotency_key: IdempotencyKey | None = None


class ListApprovals(Request[ApprovalPage], rpc="identity.list_approvals"):
    """What waits for a second pair of eyes, or was decided; newest first.

    Search: whom it concerns, who asked, who decided; for the level of a right, the right.
    """

    query: Line = ""
    kind: ApprovalKind | None = None
    state: ApprovalState | None = None
    object_id: UUID | None = None
    after: str | None = None
    limit: Limit = 25


class GetApproval(Request[Approval], rpc="identity.get_approval"):
    approval_id: UUID


class DecideApproval(Request[Approval], rpc="identity.decide_approval"):
    """Approve or refuse; approving does the deed at once. Errors approval_own, approval_decided, forbidden."""

    approval_id: UUID
    approve: bool
    note: Line | None = None


class WithdrawApproval(Request[Approval], rpc="identity.withdraw_approval"):
    """Take back what one asked for oneself. Errors approval_decided, forbidden."""

    approval_id: UUID
