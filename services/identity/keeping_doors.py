"""The part of the door by which staff keep the register of clients and give and take access; see `service.py`."""

from __future__ import annotations

from typing import Any

from chassis.access import any_of, customer, fresh, in_office, right, role
from chassis.caller import Caller
from chassis.messages import Done
from chassis.rpc import serves
from chassis.timers import every
from services.identity import messages as m
from services.identity.usecases import (
    approval_deeds,
    approvals,
    blocking,
    contact_notices,
    ending,
    entitlements,
    holds,
    keep_client,
    right_levels,
    staff_roles,
    sweep,
    withdraw_client,
)

KEEPS_CLIENTS = role("customer_service", "administrator")
SEES_USERS = role("customer_service", "administrator", "auditor")
ADMINISTERS = role("administrator")
KEEPS_SETTLEMENT = role("accountant", "customer_service", "administrator")
SEES_ROLES = role("administrator", "auditor")


class KeepingDoors:
    """Inherited by the service, which has the dependencies."""

    db: Any
    bus: Any
    tools: Any

    @serves(m.ReportCompromise, allow=KEEPS_CLIENTS)
    def report_compromise(self, request: m.ReportCompromise, caller: Caller) -> m.SessionsEnded:
        return blocking.report(self.db, request, caller)

    @serves(m.DiscontinueUser, allow=KEEPS_CLIENTS)
    def discontinue_user(self, request: m.DiscontinueUser, caller: Caller) -> m.SessionsEnded:
        return ending.run(self.db, request, caller)

    @serves(m.ReinstateUser, allow=fresh(KEEPS_CLIENTS))
    def reinstate_user(self, request: m.ReinstateUser, caller: Caller) -> Done:
        return ending.reinstate(self.db, self.tools, request, caller)

    @serves(m.WithdrawClient, allow=fresh(any_of(right("users.manage"), KEEPS_CLIENTS)))
    def withdraw_client(self, request: m.WithdrawClient, caller: Caller) -> m.ClientWithdrawn:
        return withdraw_client.run(self.db, request, caller)

    @serves(m.ListBlockedUsers, allow=SEES_USERS)
    def list_blocked_users(self, request: m.ListBlockedUsers, caller: Caller) -> m.BlockedUserPage:
        return ending.without_access(self.db, request)

    @serves(m.ListHolds, allow=SEES_USERS)
    def list_holds(self, request: m.ListHolds, caller: Caller) -> m.HoldPage:
        return holds.page(self.db, request, caller)

    @serves(m.LiftHold, allow=KEEPS_CLIENTS)
    def lift_hold(self, request: m.LiftHold, caller: Caller) -> Done:
        return holds.lift(self.db, request, caller)

    @serves(m.AskUserDeletion, allow=KEEPS_CLIENTS)
    def ask_user_deletion(self, request: m.AskUserDeletion, caller: Caller) -> m.Approval:
        return ending.ask_deletion(self.db, request, caller)

    @serves(m.ListApprovals, allow=SEES_USERS)
    def list_approvals(self, request: m.ListApprovals, caller: Caller) -> m.ApprovalPage:
        return approvals.page(self.db, request, caller)

    @serves(m.GetApproval, allow=SEES_USERS)
    def get_approval(self, request: m.GetApproval, caller: Caller) -> m.Approval:
        return approvals.get(self.db, request, caller)

    @serves(m.DecideApproval, allow=fresh(KEEPS_CLIENTS))
    def decide_approval(self, request: m.DecideApproval, caller: Caller) -> m.Approval:
        return approvals.decide(self.db, approval_deeds.DEEDS, request, caller)

    @serves(m.WithdrawApproval, allow=KEEPS_CLIENTS)
    def withdraw_approval(self, request: m.WithdrawApproval, caller: Caller) -> m.Approval:
        return approvals.withdraw(self.db, request, caller)

    @serves(m.ConfirmClientData, allow=any_of(right("users.manage"), KEEPS_CLIENTS))
    def confirm_client_data(self, request: m.ConfirmClientData, caller: Caller) -> m.ClientDetails:
        return contact_notices.confirm(self.db, request, caller)

    @serves(m.ListContactNotices, allow=any_of(right("users.manage"), SEES_USERS))
    def list_contact_notices(self, request: m.ListContactNotices, caller: Caller) -> m.ContactNoticePage:
        return contact_notices.page(self.db, request, caller)

    @serves(m.FindSimilarClients, allow=KEEPS_CLIENTS)
    def find_similar_clients(self, request: m.FindSimilarClients, caller: Caller) -> m.SimilarClients:
        return keep_client.similar(self.db, request)

    @serves(m.RegisterClient, allow=KEEPS_CLIENTS)
    def register_client(self, request: m.RegisterClient, caller: Caller) -> m.ClientDetails:
        return keep_client.enter(self.db, request, caller)

    @serves(m.ChangeClient, allow=KEEPS_CLIENTS)
    def change_client(self, request: m.ChangeClient, caller: Caller) -> m.ClientDetails:
        return keep_client.change(self.db, request, caller)

    @serves(m.UpdateClientContacts, allow=any_of(right("users.manage"), KEEPS_CLIENTS))
    def update_client_contacts(self, request: m.UpdateClientContacts, caller: Caller) -> m.ClientDetails:
        return keep_client.update_contacts(self.db, request, caller)

    @serves(m.ListPlannedEndings, allow=SEES_USERS)
    def list_planned_endings(self, request: m.ListPlannedEndings, caller: Caller) -> m.PlannedEndingPage:
        return sweep.page(self.db, request)

    @serves(m.RunSweep, allow=ADMINISTERS)
    def run_sweep(self, request: m.RunSweep, caller: Caller) -> m.SweepResult:
        return sweep.run(self.db, self.bus, self.tools.settings, caller)

    @serves(m.BlockUser, allow=KEEPS_CLIENTS)
    def block_user(self, request: m.BlockUser, caller: Caller) -> m.SessionsEnded:
        return blocking.block(self.db, request, caller)

    @serves(m.UnblockUser, allow=KEEPS_CLIENTS)
    def unblock_user(self, request: m.UnblockUser, caller: Caller) -> Done:
        return blocking.unblock(self.db, request, caller)

    @serves(m.ListRoles, allow=SEES_ROLES)
    def list_roles(self, request: m.ListRoles, caller: Caller) -> m.Roles:
        return staff_roles.list_all(self.db, request)

    @serves(m.GetRoleHistory, allow=SEES_ROLES)
    def get_role_history(self, request: m.GetRoleHistory, caller: Caller) -> m.RoleHistory:
        return staff_roles.history(self.db, request)

    @serves(m.GrantRole, allow=fresh(ADMINISTERS))
    def grant_role(self, request: m.GrantRole, caller: Caller) -> m.RoleGranted:
        return staff_roles.grant(self.db, request, caller)

    @serves(m.RevokeRole, allow=fresh(ADMINISTERS))
    def revoke_role(self, request: m.RevokeRole, caller: Caller) -> m.RoleGranted:
        return staff_roles.revoke(self.db, request, caller)

    @serves(m.InviteStaff, allow=fresh(ADMINISTERS))
    def invite_staff(self, request: m.InviteStaff, caller: Caller) -> m.StaffInvited:
        return staff_roles.invite(self.db, self.tools, request, caller)

    @serves(m.ListRightLevels, allow=SEES_ROLES)
    def list_right_levels(self, request: m.ListRightLevels, caller: Caller) -> m.RightLevels:
        return right_levels.listed(self.db, request)

    @serves(m.AskRightLevel, allow=fresh(ADMINISTERS))
    def ask_right_level(self, request: m.AskRightLevel, caller: Caller) -> m.Approval:
        return right_levels.ask(self.db, request, caller)

    @serves(m.GetEntitlements, allow=any_of(customer, in_office))
    def get_entitlements(self, request: m.GetEntitlements, caller: Caller) -> m.Entitlements:
        return entitlements.get(self.db, request, caller)

    @serves(m.ChangeSettlement, allow=KEEPS_SETTLEMENT)
    def change_settlement(self, request: m.ChangeSettlement, caller: Caller) -> m.Entitlements:
        return entitlements.change_settlement(self.db, request, caller)

    @serves(m.AskServices, allow=customer)
    def ask_services(self, request: m.AskServices, caller: Caller) -> m.AskedServices:
        return entitlements.ask(self.db, self.bus, request, caller)

    @every(seconds=300)
    def ask_services_again(self, caller: Caller) -> None:
        entitlements.ask_again(self.db, self.bus, caller)

    @every(seconds=10)
    def end_blocks(self, caller: Caller) -> None:
        blocking.end_blocks(self.db, caller)

    @every(seconds=3600)
    def sweep_access(self, caller: Caller) -> None:
        sweep.run(self.db, self.bus, self.tools.settings, caller)

    @every(seconds=3600)
    def lapse_approvals(self, caller: Caller) -> None:
        approvals.lapse(self.db, caller)
