"""Giving up the use of the portal: a person altogether or for one client, a client as a whole; at once.

S0-24, S1-47, S1-55.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import customer, fresh, right
from chassis.errors import PortalError
from gateway import session
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.routing import page
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import GetProfile, ListClientUsers, Withdraw, WithdrawClient

bp = Blueprint("withdrawal", __name__)


@page(bp, "/profile/withdraw", methods=["GET", "POST"], allow=customer)
def withdraw() -> Response:
    profile = call(GetProfile())
    held = [one for one in profile.acts_for if one.ended_at is None]
    form = Form.of_request({"what": "everything"})
    if form.submitted:
        with form.catch():
            client_id = _chosen(form.text("what"), [one.client_id for one in held])
            asked = Withdraw(client_id=client_id, confirmed=form.text("confirmed") == "1", note=form.text("note")[:200])
            return _done(asked)
    return render("pages/profile/withdraw.html", form.status, form=form, profile=profile, held=held)


def _chosen(what: str, clients: list[UUID]) -> UUID | None:
    if what == "everything":
        return None
    found = next((client_id for client_id in clients if str(client_id) == what), None)
    if found is None:
        raise PortalError("not_a_choice", field="what")
    return found


def _done(asked: Withdraw) -> Response:
    work = current()
    done = call(asked)
    if done.everything:
        session.end(work, session.CUSTOMER)
        return go(url_for("home.start"), _("You no longer use the portal. All your sessions have ended."))
    if work.entry is not None:
        session.cache.forget(work.entry.secret)
    return go(url_for("profile.show"), _("You no longer act for %(name)s.", name=", ".join(done.clients)))


@page(bp, "/client/withdraw", methods=["GET", "POST"], allow=fresh(right("users.manage")))
def client() -> Response:
    """The main user gives up the portal for the client: everybody's right to act for it ends."""
    work, form = current(), Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(WithdrawClient, confirmed=form.text("confirmed") == "1"))
            if work.entry is not None:
                session.cache.forget(work.entry.secret)
            return go(url_for("profile.show"), _("Nobody acts for the client in the portal any more."))
    users = [one for one in call(ListClientUsers()).items if one.ended_at is None]
    return render("pages/client/withdraw.html", form.status, form=form, users=users)
