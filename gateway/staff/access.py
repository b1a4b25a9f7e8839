"""Access taken away in the staff console: reports of misuse, endings, deletion by four eyes, who is without access."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, role
from chassis.errors import PortalError
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_, ngettext
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from services.identity.messages import (
    AskUserDeletion,
    DecideApproval,
    DiscontinueUser,
    GetApproval,
    GetUser,
    LiftHold,
    ListApprovals,
    ListBlockedUsers,
    ListHolds,
    ListPlannedEndings,
    ListUsers,
    ReinstateUser,
    ReportCompromise,
    RunSweep,
    WithdrawApproval,
)

bp = Blueprint("staff_access", __name__)

SEES_USERS = role("customer_service", "administrator", "auditor")
KEEPS_USERS = role("customer_service", "administrator")


def ended_sessions(count: int) -> str:
    """Return the sentence that says how many sessions ended, empty for none."""
    return " " + ngettext("%(num)d session was ended.", "%(num)d sessions were ended.", count) if count else ""


@page(bp, "/staff/blocks", allow=SEES_USERS, nav=Nav(N_("Without access"), "person-slash", 34))
def blocks() -> Response:
    listing = Listing.of_request(ListBlockedUsers, filters=("status",))
    return render("staff/access/blocks.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/blocks/suspicion", allow=SEES_USERS)
def suspicion() -> Response:
    listing = Listing.of_request(ListHolds, filters=("kind", "in_force"))
    page, reported = gather([listing.request, ListUsers(reported=True, limit=100)])
    return render("staff/access/suspicion.html", listing=listing, page=page, reported=reported.items)


@page(bp, "/staff/blocks/suspicion/<uuid:hold_id>/lift", methods=["GET", "POST"], allow=KEEPS_USERS)
def lift_hold(hold_id: UUID) -> Response:
    found = call(ListHolds(hold_id=hold_id)).items
    if not found:
        raise PortalError("not_found")
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(LiftHold, hold_id=hold_id))
            return go(url_for("staff_access.suspicion"), _("The hold is lifted."))
    return render("staff/access/lift_hold.html", form.status, form=form, hold=found[0])


@page(bp, "/staff/users/<uuid:user_id>/report", methods=["GET", "POST"], allow=KEEPS_USERS)
def report(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            ended = call(form.read(ReportCompromise, user_id=user_id))
            message = _("%(name)s: access data no longer work.", name=user.profile.name) + ended_sessions(ended.count)
            return go(url_for("staff_users.show", user_id=user_id), message)
    return render("staff/access/report.html", form.status, form=form, user=user)


@page(bp, "/staff/users/<uuid:user_id>/discontinue", methods=["GET", "POST"], allow=KEEPS_USERS)
def discontinue(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            ended = call(form.read(DiscontinueUser, user_id=user_id))
            message = _("The access of %(name)s has ended.", name=user.profile.name) + ended_sessions(ended.count)
            return go(url_for("staff_users.show", user_id=user_id), message)
    return render("staff/access/discontinue.html", form.status, form=form, user=user)


@page(bp, "/staff/users/<uuid:user_id>/reinstate", methods=["GET", "POST"], allow=fresh(KEEPS_USERS))
def reinstate(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(ReinstateUser, user_id=user_id))
            message = _("%(name)s has been sent a link to activate the account again.", name=user.profile.name)
            return go(url_for("staff_users.show", user_id=user_id), message)
    return render("staff/access/reinstate.html", form.status, form=form, user=user)


@page(bp, "/staff/users/<uuid:user_id>/delete", methods=["GET", "POST"], allow=KEEPS_USERS)
def ask_deletion(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            asked = call(form.read(AskUserDeletion, user_id=user_id))
            return go(
                url_for("staff_access.approval", approval_id=asked.approval_id), _("A colleague has to approve this.")
            )
    return render("staff/access/delete.html", form.status, form=form, user=user)


@page(bp, "/staff/endings", allow=SEES_USERS, nav=Nav(N_("Endings ahead"), "calendar-x", 35))
def endings() -> Response:
    listing = Listing.of_request(ListPlannedEndings, filters=("kind",))
    return render("staff/access/endings.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/endings/run", methods=["POST"], allow=role("administrator"))
def run_sweep() -> Response:
    done = call(RunSweep())
    if not done.asked:
        return go(url_for("staff_access.endings"), _("A service is away; clients are checked later."), "warning")
    told = ngettext("%(num)d person was told", "%(num)d persons were told", done.told)
    ended = ngettext("%(num)d access ended", "%(num)d accesses ended", done.ended)
    return go(url_for("staff_access.endings"), f"{told}; {ended}.")


@page(bp, "/staff/approvals", allow=SEES_USERS, nav=Nav(N_("Approvals"), "check2-square", 36))
def approvals() -> Response:
    listing = Listing.of_request(ListApprovals, filters=("kind", "state", "object_id"))
    return render("staff/access/approvals.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/approvals/<uuid:approval_id>", methods=["GET", "POST"], allow=SEES_USERS)
def approval(approval_id: UUID) -> Response:
    asked = call(GetApproval(approval_id=approval_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            decided = call(form.read(DecideApproval, approval_id=approval_id))
            told = _("Approved and done.") if decided.state == "approved" else _("Refused; nothing was changed.")
            return go(url_for("staff_access.approval", approval_id=approval_id), told)
    return render("staff/access/approval.html", form.status, form=form, asked=asked)


@page(bp, "/staff/approvals/<uuid:approval_id>/withdraw", methods=["POST"], allow=KEEPS_USERS)
def withdraw(approval_id: UUID) -> Response:
    call(WithdrawApproval(approval_id=approval_id))
    return go(url_for("staff_access.approval", approval_id=approval_id), _("The request is withdrawn."))
