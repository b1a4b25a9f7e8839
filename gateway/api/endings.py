"""/api/v1/staff: access taken away, for a time, for good and with four eyes."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import fresh, right, role
from gateway.api._frame import Body, Paged, api
from gateway.bus import call, call_json
from services.identity.messages import (
    Approval,
    ApprovalKind,
    ApprovalPage,
    ApprovalState,
    AskUserDeletion,
    BlockedUserPage,
    BlockReason,
    BlockUser,
    ClientWithdrawn,
    DecideApproval,
    DiscontinueUser,
    EndingKind,
    EndingReason,
    GetApproval,
    HoldPage,
    LiftHold,
    ListApprovals,
    ListBlockedUsers,
    ListHolds,
    ListPlannedEndings,
    OriginalChannel,
    PlannedEndingPage,
    ReinstateUser,
    ReportCompromise,
    RunSweep,
    SessionsEnded,
    SweepResult,
    UnblockUser,
    WithdrawApproval,
    WithdrawClient,
)

bp = Blueprint("api_endings", __name__)

KEEPS_CLIENTS = role("customer_service", "administrator")
SEES_USERS = role("customer_service", "administrator", "auditor")
TAG = "Staff: access"
WITHDRAWING = ("identity.confirmation_needed", "identity.nobody_acts", "idempotency_key_reused")
NOTE = Field(None, max_length=200, description="For colleagues; the person does not see it")


class UserBlocking(Body):
    reason: BlockReason
    note: str | None = NOTE
    until: date | None = Field(None, description="Last day of the block; without it only staff lift it")


class ClientWithdrawal(Body):
    confirmed: bool = Field(False, description="that it takes effect at once and is not undone here")
    note: str | None = Field(None, max_length=200, description="Reason")


class SignedWithdrawal(ClientWithdrawal):
    channel: OriginalChannel
    received_on: date


class UserUnblocking(Body):
    note: str | None = NOTE


class CompromiseReport(Body):
    identified_by: str = Field(min_length=1, max_length=200, description="How it was made sure who was calling")
    note: str | None = NOTE


class Ending(Body):
    reason: EndingReason
    note: str | None = NOTE


class Reinstatement(Body):
    note: str = Field(min_length=1, max_length=200, description="Why the ground for ending the access is gone")


class Decision(Body):
    approve: bool
    note: str | None = NOTE


class BlockedQuery(Paged):
    query: str = Field("", max_length=200, description="Name, e-mail or phone")
    status: Literal["blocked", "discontinued"] | None = None


class HoldQuery(Paged):
    query: str = Field("", max_length=200, description="Name, e-mail or phone of the user, or the network address")
    kind: Literal["account", "address"] | None = None
    in_force: bool = False


class EndingQuery(Paged):
    query: str = Field("", max_length=200, description="The user or the client it concerns; Latvian letters optional")
    kind: EndingKind | None = None


class ApprovalQuery(Paged):
    query: str = Field("", max_length=200, description="Whom it concerns, who asked or decided")
    kind: ApprovalKind | None = None
    state: ApprovalState | None = None
    object_id: UUID | None = None


@api(bp, "POST", "/staff/users/<uuid:user_id>/block", allow=KEEPS_CLIENTS, body=UserBlocking, reply=SessionsEnded,
     tag="Staff: users", summary="Block a user",
     errors=("not_found", "identity.already_blocked", "identity.not_yourself", "identity.wrong_access_state",
             "identity.block_in_past"))
def block_user(user_id: UUID, body: UserBlocking) -> SessionsEnded:
    """Every session of the user ends at once; the user is told by e-mail."""
    return call(BlockUser(user_id=user_id, reason=body.reason, note=body.note, until=body.until))


@api(bp, "POST", "/staff/users/<uuid:user_id>/unblock", allow=KEEPS_CLIENTS, body=UserUnblocking, reply=None,
     status=204, tag="Staff: users", summary="Unblock a user", errors=("not_found", "identity.not_blocked"))
def unblock_user(user_id: UUID, body: UserUnblocking) -> None:
    """Lifts a lock after wrong passwords, too."""
    call(UnblockUser(user_id=user_id, note=body.note))


@api(bp, "POST", "/staff/users/<uuid:user_id>/report", allow=KEEPS_CLIENTS, body=CompromiseReport,
     reply=SessionsEnded, tag=TAG, summary="Somebody's access data are known to others",
     errors=("not_found", "identity.not_yourself", "identity.wrong_access_state"))
def report_compromise(user_id: UUID, body: CompromiseReport) -> SessionsEnded:
    """Sessions end, passwords are taken away and the user is blocked, at once."""
    return call(ReportCompromise(user_id=user_id, identified_by=body.identified_by, note=body.note))


@api(bp, "POST", "/staff/users/<uuid:user_id>/discontinue", allow=KEEPS_CLIENTS, body=Ending, reply=SessionsEnded,
     tag=TAG, summary="End a user's access for good",
     errors=("not_found", "identity.not_yourself", "identity.wrong_access_state"))
def discontinue_user(user_id: UUID, body: Ending) -> SessionsEnded:
    """Credentials, sessions and representations end at once; the user is told by e-mail."""
    return call(DiscontinueUser(user_id=user_id, reason=body.reason, note=body.note))


@api(bp, "POST", "/staff/users/<uuid:user_id>/reinstatement", allow=fresh(KEEPS_CLIENTS), body=Reinstatement,
     reply=None, status=204, idempotent=True, tag=TAG, summary="Give a discontinued user access again",
     errors=("not_found", "identity.not_yourself", "identity.wrong_access_state", "idempotency_key_reused"))
def reinstate_user(user_id: UUID, body: Reinstatement, idempotency_key: str | None) -> None:
    """An activation link goes out; for whom the user acts has to be given anew."""
    call(ReinstateUser(user_id=user_id, note=body.note, idempotency_key=idempotency_key))


@api(bp, "POST", "/staff/users/<uuid:user_id>/deletion", allow=KEEPS_CLIENTS, body=Ending, reply=Approval, status=201,
     idempotent=True, tag=TAG, summary="Ask that a user be deleted",
     errors=("not_found", "identity.not_yourself", "identity.wrong_access_state", "identity.approval_waiting",
             "idempotency_key_reused"))
def ask_deletion(user_id: UUID, body: Ending, idempotency_key: str | None) -> Approval:
    """Nothing is deleted before a colleague approves."""
    return call(
        AskUserDeletion(user_id=user_id, reason=body.reason, note=body.note, idempotency_key=idempotency_key)
    )


@api(bp, "GET", "/staff/blocks", allow=SEES_USERS, query=BlockedQuery, reply=BlockedUserPage, tag=TAG,
     summary="Users without access")
def list_blocks(query: BlockedQuery) -> BlockedUserPage:
    return call(ListBlockedUsers(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/holds", allow=SEES_USERS, query=HoldQuery, reply=HoldPage, tag=TAG,
     summary="Sign-ins held on suspicion")
def list_holds(query: HoldQuery) -> HoldPage:
    """Passwords of users tried from many networks, and addresses that tried many users; each ends by itself."""
    return call(ListHolds(**query.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/holds/<uuid:hold_id>/lift", allow=KEEPS_CLIENTS, body=UserUnblocking, reply=None, status=204,
     tag=TAG, summary="Lift a hold", errors=("not_found", "identity.hold_over"))
def lift_hold(hold_id: UUID, body: UserUnblocking) -> None:
    call(LiftHold(hold_id=hold_id, note=body.note))


@api(bp, "GET", "/staff/endings", allow=SEES_USERS, query=EndingQuery, reply=PlannedEndingPage, tag=TAG,
     summary="Access that will end by itself")
def list_endings(query: EndingQuery) -> PlannedEndingPage:
    """Mandates that expire, clients without permit, project or contract, users who act for nobody."""
    return call(ListPlannedEndings(**query.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/endings/run", allow=role("administrator"), reply=SweepResult, tag=TAG,
     summary="Look for lost legal basis now")
def run_sweep() -> SweepResult:
    """What the timer does every hour: warns 30 and 7 days ahead and ends what is due."""
    return call(RunSweep())


@api(bp, "GET", "/staff/approvals", allow=SEES_USERS, query=ApprovalQuery, reply=ApprovalPage, tag=TAG,
     summary="What waits for a second pair of eyes")
def list_approvals(query: ApprovalQuery) -> ApprovalPage:
    return call(ListApprovals(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/approvals/<uuid:approval_id>", allow=SEES_USERS, reply=Approval, tag=TAG,
     summary="One approval", errors=("not_found",))
def get_approval(approval_id: UUID) -> bytes:
    return call_json(GetApproval(approval_id=approval_id))


@api(bp, "POST", "/staff/approvals/<uuid:approval_id>/decision", allow=fresh(KEEPS_CLIENTS), body=Decision,
     reply=Approval, tag=TAG, summary="Approve or refuse",
     errors=("not_found", "identity.approval_own", "identity.approval_decided", "identity.wrong_access_state"))
def decide(approval_id: UUID, body: Decision) -> Approval:
    """Approving does the deed at once. Whoever asked cannot approve."""
    return call(DecideApproval(approval_id=approval_id, approve=body.approve, note=body.note))


@api(bp, "POST", "/staff/approvals/<uuid:approval_id>/withdraw", allow=KEEPS_CLIENTS, reply=Approval, tag=TAG,
     summary="Take one's own request back", errors=("not_found", "identity.approval_decided"))
def withdraw(approval_id: UUID) -> Approval:
    return call(WithdrawApproval(approval_id=approval_id))


@api(bp, "POST", "/client/withdrawal", allow=fresh(right("users.manage")), body=ClientWithdrawal, reply=ClientWithdrawn,
     idempotent=True, tag="Client", summary="Stop using the portal for the client acted for",
     errors=WITHDRAWING)  # fmt: skip
def withdraw_own_client(body: ClientWithdrawal, idempotency_key: str | None) -> ClientWithdrawn:
    """Nobody acts for the client any more, at once; whoever asked neither."""
    return call(WithdrawClient(confirmed=body.confirmed, note=body.note, idempotency_key=idempotency_key))


@api(bp, "POST", "/staff/clients/<uuid:client_id>/withdrawal", allow=fresh(KEEPS_CLIENTS), body=SignedWithdrawal,
     reply=ClientWithdrawn, idempotent=True, tag="Staff: clients", summary="Record a client's signed withdrawal",
     errors=("not_found", "identity.day_ahead", *WITHDRAWING))  # fmt: skip
def withdraw_client(client_id: UUID, body: SignedWithdrawal, idempotency_key: str | None) -> ClientWithdrawn:
    return call(WithdrawClient(client_id=client_id, idempotency_key=idempotency_key, **body.model_dump()))
