"""What I agreed to: accepted versions of the terms, and consents given and withdrawn (S1-24, S1-49, S3-22)."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from chassis.access import customer
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.routing import page
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import ListAgreements, SetConsent

bp = Blueprint("agreements", __name__)


@page(bp, "/profile/agreements", methods=["GET", "POST"], allow=customer)
def mine() -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            asked = form.read(SetConsent, address=current().address)
            call(asked)
            done = _("Your consent is recorded.") if asked.given else _("Your consent is withdrawn.")
            return go(url_for("agreements.mine"), done)
    found = call(ListAgreements())
    return render("pages/profile/agreements.html", form.status, form=form, found=found, person=None)
