"""Signing keys in the staff console: which there are, rotated by hand, withdrawn when one leaked."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.routing import Nav, page
from gateway.views import confirm_page, go, render
from services.identity.messages import ListSigningKeys, RotateSigningKeys, WithdrawSigningKey

bp = Blueprint("staff_signing_keys", __name__)


@page(bp, "/staff/signing-keys", allow=role("administrator", "auditor"), nav=Nav(N_("Signing keys"), "key", 93))
def index() -> Response:
    return render("staff/signing_keys/index.html", keys=call(ListSigningKeys()).items)


@page(bp, "/staff/signing-keys/rotate", methods=["GET", "POST"], allow=role("administrator"))
def rotate() -> Response:
    form = Form.of_request()
    home = url_for("staff_signing_keys.index")
    if form.submitted:
        with form.catch():
            call(form.read(RotateSigningKeys))
            return go(home, _("The next key signs from now on. Nobody was signed out."))
    return confirm_page(
        _("Rotate the signing key?"),
        [_("The next key begins to sign. What the present one has signed is believed until it ends by itself: nobody "
           "is signed out.")],
        button=_("Rotate"), cancel=home, form=form,
    )


@page(bp, "/staff/signing-keys/<key_id>/withdraw", methods=["GET", "POST"], allow=role("administrator"))
def withdraw(key_id: str) -> Response:
    key = next((one for one in call(ListSigningKeys()).items if one.id == key_id and one.state != "retired"), None)
    if key is None:
        raise PortalError("not_found")
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            if not form.text("reason"):
                raise PortalError("required", field="reason")
            call(form.read(WithdrawSigningKey, key_id=key_id))
            return go(url_for("staff_signing_keys.index"), _("The key is withdrawn."))
    return render("staff/signing_keys/withdraw.html", form.status, form=form, key=key)
