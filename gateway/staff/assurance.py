"""How surely somebody must be identified to use a right: seen by administrators and auditors, changed by two."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from chassis.access import fresh, role
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.routing import Nav, page
from gateway.views import go, render
from services.identity.messages import AskRightLevel, ListRightLevels

bp = Blueprint("staff_assurance", __name__)

SEES = role("administrator", "auditor")


@page(bp, "/staff/assurance", allow=SEES, nav=Nav(N_("Levels of assurance"), "shield-check", 38))
def index() -> Response:
    return render("staff/assurance/index.html", levels=call(ListRightLevels()).items)


@page(bp, "/staff/assurance/<right>", methods=["GET", "POST"], allow=fresh(role("administrator")))
def edit(right: str) -> Response:
    held = next((one for one in call(ListRightLevels()).items if one.right == right), None)
    if held is None:
        raise PortalError("not_found")
    form = Form.of_request({"level": held.level})
    if form.submitted:
        with form.catch():
            asked = call(form.read(AskRightLevel, right=right))
            target = url_for("staff_access.approval", approval_id=asked.approval_id)
            return go(target, _("A colleague has to approve this."))
    return render("staff/assurance/edit.html", form.status, form=form, held=held)
