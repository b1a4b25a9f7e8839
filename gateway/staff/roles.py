"""Roles of staff: who may what, who has what, given and taken; colleagues invited."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, role
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.routing import Nav, page
from gateway.views import go, render
from services.identity.messages import GetRoleHistory, GetUser, GrantRole, InviteStaff, ListRoles, RevokeRole

bp = Blueprint("staff_roles", __name__)

ADMINISTERS = fresh(role("administrator"))
SEES_ROLES = role("administrator", "auditor")


@page(bp, "/staff/roles", allow=SEES_ROLES, nav=Nav(N_("Roles"), "shield-lock", 37))
def index() -> Response:
    return render("staff/roles/index.html", roles=call(ListRoles()).items)


@page(bp, "/staff/roles/users/<uuid:user_id>", methods=["GET", "POST"], allow=SEES_ROLES)
def of_user(user_id: UUID) -> Response:
    user, roles, history = gather([GetUser(user_id=user_id), ListRoles(), GetRoleHistory(user_id=user_id)])
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            given = call(form.read(GrantRole, user_id=user_id))
            if given.approval is not None:
                target = url_for("staff_access.approval", approval_id=given.approval.approval_id)
                return go(target, _("A colleague has to approve this."))
            return go(url_for("staff_roles.of_user", user_id=user_id), _("The role is given."))
    return render(
        "staff/roles/user.html", form.status, form=form, user=user, roles=roles.items, history=history.items
    )


@page(bp, "/staff/roles/users/<uuid:user_id>/revoke/<name>", methods=["GET", "POST"], allow=ADMINISTERS)
def revoke(user_id: UUID, name: str) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(RevokeRole, user_id=user_id, role=name))
            return go(url_for("staff_roles.of_user", user_id=user_id), _("The role is taken away."))
    return render("staff/roles/revoke.html", form.status, form=form, user=user, role=name)


@page(bp, "/staff/roles/invite", methods=["GET", "POST"], allow=ADMINISTERS)
def invite() -> Response:
    form = Form.of_request({"language": "lv"})
    if form.submitted:
        with form.catch():
            made = call(form.read(InviteStaff))
            if made.approval is not None:
                target = url_for("staff_access.approval", approval_id=made.approval.approval_id)
                return go(target, _("The invitation is sent; the role of an administrator waits for a colleague."))
            return go(url_for("staff_users.show", user_id=made.user_id), _("The invitation is sent."))
    return render("staff/roles/invite.html", form.status, form=form)
