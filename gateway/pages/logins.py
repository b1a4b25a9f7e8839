"""My profile: the ways I sign in beside the password; linked after asking, taken away after asking."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import customer, fresh
from chassis.errors import PortalError
from gateway import logins as shared
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages.external import begin
from gateway.routing import page
from gateway.views import confirm_page, go, render
from gateway.work import current
from services.identity.messages import ConfirmLink, GetLoginTicket, ListLinkedLogins, UnlinkLogin

bp = Blueprint("logins", __name__)


@page(bp, "/profile/logins", allow=customer)
def index() -> Response:
    return render("pages/profile/logins.html", logins=call(ListLinkedLogins()).items, providers=shared.providers())


@page(bp, "/profile/logins/add/<provider>", allow=customer)
def add(provider: str) -> Response:
    return begin(provider, "link", "/profile/logins")


@page(bp, "/profile/logins/confirm/<uuid:ticket>", methods=["GET", "POST"], allow=customer)
def confirm(ticket: UUID) -> Response:
    """Ask before linking: whoever is signed in at the provider in this browser may be somebody else."""
    work = current()
    browser = shared.browser_secret(work)
    home = url_for("logins.index")
    form = Form.of_request()
    if form.submitted:
        try:
            call(ConfirmLink(ticket=ticket, browser=browser))
        except PortalError as error:
            if error.status not in (403, 409):
                raise
            return go(home, error.sentence(work.language), "danger")
        return go(home, _("The way of signing in is linked to your account."))
    try:
        shown = call(GetLoginTicket(ticket=ticket, browser=browser))
    except PortalError as error:
        if error.status != 403:
            raise
        return go(home, error.sentence(work.language), "danger")
    person = f"{shown.name}, {shown.person_code}" if shown.person_code else shown.name
    return confirm_page(
        _("Link this way of signing in?"),
        [
            _("%(provider)s says that you are: %(person)s.", person=person,
              provider=getattr(shown.provider_name, work.language)),
            _("Whoever signs in there as this person will enter your account."),
        ],
        button=_("Link"), cancel=home, form=form,
    )


@page(bp, "/profile/logins/<uuid:login_id>/remove", methods=["GET", "POST"], allow=fresh(customer))
def remove(login_id: UUID) -> Response:
    home = url_for("logins.index")
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(UnlinkLogin(login_id=login_id))
            return go(home, _("The way of signing in is removed."))
    listed = call(ListLinkedLogins()).items
    found = next((one for one in listed if one.login_id == login_id), None)
    if found is None:
        raise PortalError("not_found")
    names = found.provider_name
    name = getattr(names, current().language) if names else _("Personal code given in the application")
    return confirm_page(
        _("Remove this way of signing in?"),
        [name, _("You will no longer be able to sign in that way. Your other ways stay.")],
        button=_("Remove"), cancel=home, form=form, tone="danger",
    )
