"""My second factors: an authenticator application, security keys, recovery codes; the same for customers and staff."""

from __future__ import annotations

import segno
from flask import Blueprint, Response, request, url_for
from markupsafe import Markup

from chassis.access import any_of, customer, fresh, half_open
from chassis.errors import PortalError
from gateway import proofs, session
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.i18n import ngettext
from gateway.routing import page
from gateway.security import safe_next
from gateway.views import confirm_page, go, render
from gateway.work import current
from services.identity.messages import (
    AddSecurityKey,
    ConfirmTotp,
    FactorAdded,
    ListFactors,
    RemoveSecurityKey,
    RemoveTotp,
    RenewRecoveryCodes,
    StartSecurityKey,
    StartTotp,
)

bp = Blueprint("security", __name__)

ENROLS = any_of(half_open, fresh(customer))


@page(bp, "/profile/security", allow=customer)
def show() -> Response:
    return overview("security", url_for("profile.show"))


@page(bp, "/profile/security/app", methods=["GET", "POST"], allow=ENROLS)
def app() -> Response:
    return set_up_app("security")


@page(bp, "/profile/security/app/remove", methods=["GET", "POST"], allow=fresh(customer))
def remove_app() -> Response:
    return take_app("security")


@page(bp, "/profile/security/keys/new", methods=["GET", "POST"], allow=ENROLS)
def key() -> Response:
    return set_up_key("security")


@page(bp, "/profile/security/keys/<uuid:key_id>/remove", methods=["GET", "POST"], allow=fresh(customer))
def remove_key(key_id: object) -> Response:
    return take_key("security", key_id)


@page(bp, "/profile/security/recovery-codes", methods=["GET", "POST"], allow=fresh(customer))
def recovery_codes() -> Response:
    return renew_codes("security")


def overview(area: str, home: str) -> Response:
    """Show the second factors; `area` names the blueprint whose pages are linked."""
    return render("pages/security/show.html", factors=call(ListFactors()), area=area, home=home)


def _home(area: str) -> str:
    """Return where one goes on: the overview, or on with a sign-in that was only waiting for this."""
    return safe_next(request.values.get("next"), url_for(f"{area}.show"))


def set_up_app(area: str) -> Response:
    """Show the QR code and the typed secret, take the first code."""
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            if not form.text("code"):
                raise PortalError("required", field="code")
            return _added(area, call(ConfirmTotp(code=form.text("code")[:64])))
    begun = call(StartTotp())
    # Dark on white in the dark scheme too: cameras do not read it the other way round.
    code = segno.make(begun.uri, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True)
    spaced = " ".join(begun.secret[n : n + 4] for n in range(0, len(begun.secret), 4))
    return render("pages/security/app.html", form.status, form=form, code=Markup(code),  # noqa: S704 - made by segno
                  secret=spaced, uri=begun.uri, area=area, target=_home(area))  # fmt: skip


def set_up_key(area: str) -> Response:
    """Ask for a name, let the browser register a key."""
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            if not form.text("name"):
                raise PortalError("required", field="name")
            proof = proofs.proof_of(form)
            if "credential" not in proof:
                raise PortalError("identity.key_refused", field="name")
            return _added(area, call(AddSecurityKey(name=form.text("name")[:60], credential=proof["credential"])))
    begun = call(StartSecurityKey())
    return render("pages/security/key.html", form.status, form=form, ceremony=begun, area=area, target=_home(area))


def _added(area: str, added: FactorAdded) -> Response:
    signed_in = added.signed_in
    audience = session.STAFF if area == "staff_security" else session.CUSTOMER
    target = _home(area)
    session.keep(current(), signed_in.secret, signed_in.session, audience)
    message = _("The second factor is added.")
    if added.sessions_ended:
        message += " " + ngettext("%(num)d other session was ended.", "%(num)d other sessions were ended.",
                                  added.sessions_ended)  # fmt: skip
    if not added.recovery_codes:
        return go(target, message)
    return _codes_page(added.recovery_codes, target, message)


def _codes_page(codes: list[str], target: str, message: str) -> Response:
    return render("pages/security/codes.html", codes=codes, target=target, message=message)


def take_app(area: str) -> Response:
    """Take the application away, after asking."""
    form = Form.of_request()
    home = url_for(f"{area}.show")
    if form.submitted:
        with form.catch():
            call(RemoveTotp())
            return go(home, _("The authenticator application is removed."))
    return confirm_page(
        _("Remove the authenticator application?"), [_("Its codes will no longer work.")], button=_("Remove"),
        cancel=home, form=form, tone="danger",
    )


def take_key(area: str, key_id: object) -> Response:
    """Take a key away, after asking."""
    form = Form.of_request()
    home = url_for(f"{area}.show")
    held = next((one for one in call(ListFactors()).keys if one.key_id == key_id), None)
    if held is None:
        raise PortalError("not_found")
    if form.submitted:
        with form.catch():
            call(RemoveSecurityKey(key_id=held.key_id))
            return go(home, _("The key “%(name)s” is removed.", name=held.name))
    return confirm_page(
        _("Remove the key “%(name)s”?", name=held.name), [_("It will no longer work for signing in.")],
        button=_("Remove"), cancel=home, form=form, tone="danger",
    )


def renew_codes(area: str) -> Response:
    """Make new recovery codes, after asking, and show them once."""
    form = Form.of_request()
    home = url_for(f"{area}.show")
    if form.submitted:
        with form.catch():
            renewed = call(RenewRecoveryCodes())
            return _codes_page(renewed.codes, home, _("Your earlier recovery codes no longer work."))
    return confirm_page(
        _("New recovery codes?"), [_("You get ten new codes. The earlier ones stop working at once.")],
        button=_("Make new codes"), cancel=home, form=form,
    )
