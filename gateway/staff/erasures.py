"""Erasures in the staff console: what is still open, how far every service is, what was kept and why (S3-27, B-15)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, role
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from services.identity.messages import DecideErasure, GetErasure, ListErasures

bp = Blueprint("staff_erasures", __name__)

SEES_USERS = role("customer_service", "administrator", "auditor")


@page(bp, "/staff/erasures", allow=SEES_USERS, nav=Nav(N_("Erasures"), "eraser", 38))
def index() -> Response:
    listing = Listing.of_request(ListErasures, filters=("state",))
    return render("staff/erasures/index.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/erasures/<uuid:erasure_id>", allow=SEES_USERS)
def show(erasure_id: UUID) -> Response:
    erasure = call(GetErasure(erasure_id=erasure_id))
    return render("staff/erasures/show.html", form=Form.of_request(), erasure=erasure)


@page(bp, "/staff/erasures/<uuid:erasure_id>/decision", methods=["POST"], allow=fresh(role("administrator")))
def decide(erasure_id: UUID) -> Response:
    form = Form.of_request()
    with form.catch():
        decided = call(form.read(DecideErasure, erasure_id=erasure_id))
        done = _("The erasure has begun.") if decided.state != "refused" else _("The erasure is refused.")
        return go(url_for("staff_erasures.show", erasure_id=erasure_id), done)
    return render("staff/erasures/show.html", form.status, form=form, erasure=call(GetErasure(erasure_id=erasure_id)))
