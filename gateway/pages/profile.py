"""My profile: own data, language, password, devices, and the client acted for."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for
from pydantic import BaseModel, Field

from chassis.access import customer, fresh
from chassis.errors import PortalError
from gateway import session
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.i18n import ngettext
from gateway.lists import Listing
from gateway.pages.passwords import judged, rules
from gateway.routing import page
from gateway.views import confirm_page, go, render
from gateway.work import current
from services.identity.messages import (
    ChangeEmail,
    ChangePassword,
    ChooseClient,
    ConfirmEmail,
    EndOtherSessions,
    EndSession,
    GetProfile,
    ListMyClients,
    ListSessions,
    SendEmailProof,
    TradeCode,
    UpdateProfile,
)

bp = Blueprint("profile", __name__)


class _ProofCode(BaseModel):
    code: str = Field(min_length=1, max_length=40)


@page(bp, "/profile", allow=customer)
def show() -> Response:
    return render("pages/profile/show.html", profile=call(GetProfile()))


@page(bp, "/profile/edit", methods=["GET", "POST"], allow=customer)
def edit() -> Response:
    profile = call(GetProfile())
    form = Form.of_request({"name": profile.name, "phone": profile.phone, "language": profile.language,
                            "version": profile.version})
    if form.submitted:
        with form.catch():
            call(form.read(UpdateProfile, clearable=("phone",)))
            _start_again()
            return go(url_for("profile.show"), _("Your data are saved."))
    else:
        # Shown anew by the switch of language, which changed the profile itself: what it changed is not what was typed.
        form.values = form.values.copy()
        form.values["language"], form.values["version"] = profile.language, profile.version
    return render("pages/profile/edit.html", form.status, form=form, profile=profile)


def _start_again() -> None:
    """Name and language stand in the token: ask for a fresh one at the next request."""
    work = current()
    if work.entry is not None:
        session.cache.forget(work.entry.secret)


class NewPassword(BaseModel):
    """What the page for a new password asks for."""

    old_password: str = Field(min_length=1, max_length=1024)
    new_password: str = Field(min_length=1, max_length=1024)
    new_password_again: str = Field(min_length=1, max_length=1024)


def change_password(home: str) -> Response:
    """Change one's own password; the same page for customers and staff."""
    form = Form.of_request()
    if not form.submitted and call(GetProfile()).password_changed_at is None:
        return go(home, _("You have no password: you sign in with your bank, eID or another unified login."))
    if form.submitted:
        with form.catch():
            typed = form.read(NewPassword)
            if typed.new_password != typed.new_password_again:
                raise PortalError("passwords_differ", field="new_password_again")
            ended = call(ChangePassword(old_password=typed.old_password, new_password=typed.new_password))
            _start_again()
            message = _("Your password is changed.")
            if ended.count:
                message += " " + ngettext("%(num)d other session was ended.", "%(num)d other sessions were ended.",
                                          ended.count)
            return go(home, message)
    entry = current().entry
    return render(
        "pages/profile/password.html", form.status, form=form, home=home, rules=rules(), strength=judged(form),
        forced=entry is not None and entry.claims.must_change_password,
    )


@page(bp, "/profile/email", methods=["GET", "POST"], allow=fresh(customer))
def email() -> Response:
    return change_email(url_for("profile.show"))


def change_email(home: str) -> Response:
    """Ask for another user name; the same page for customers and staff."""
    form = Form.of_request()
    has_password = call(GetProfile()).password_changed_at is not None
    if form.submitted:
        with form.catch():
            call(form.read(ChangeEmail))
            message = _("A link was sent to %(email)s. Open it to confirm the address.", email=form.text("email"))
            return go(home, message)
    return render("pages/profile/email.html", form.status, form=form, home=home, has_password=has_password)


@page(bp, "/profile/email/proof", methods=["GET", "POST"], allow=customer)
def prove_email() -> Response:
    """Confirm the address typed at the first login by the code sent to it, or have it sent again."""
    form = Form.of_request()
    entry = current().entry
    if entry is None or not entry.claims.email_unproven:
        return go(url_for("profile.show"))
    own = entry.claims.email
    if form.submitted:
        with form.catch():
            if form.text("again"):
                call(SendEmailProof())
                message = _("A link was sent to %(email)s. Open it to confirm the address.", email=own)
                return go(url_for("profile.prove_email"), message)
            typed = form.read(_ProofCode)
            found = call(TradeCode(email=own, code=typed.code, address=current().address))
            done = call(ConfirmEmail(token=found.token))
            _start_again()
            return go(url_for("profile.show"), _("Thank you, %(email)s is confirmed.", email=done.email))
    return render("pages/profile/prove_email.html", form.status, form=form, email=own)


@page(bp, "/profile/password", methods=["GET", "POST"], allow=customer, pending=True)
def password() -> Response:
    return change_password(url_for("profile.show"))


@page(bp, "/profile/sessions", allow=customer)
def sessions() -> Response:
    return own_sessions("profile")


@page(bp, "/profile/sessions/<uuid:session_id>/end", methods=["POST"], allow=customer)
def end_session(session_id: UUID) -> Response:
    return end_one(session_id, url_for("profile.sessions"))


@page(bp, "/profile/sessions/end-others", methods=["GET", "POST"], allow=customer)
def end_others() -> Response:
    return end_all_others(url_for("profile.sessions"))


def own_sessions(area: str) -> Response:
    """Show one's own sessions; the same for customers and staff."""
    listing = Listing.of_request(ListSessions)
    return render("pages/profile/sessions.html", listing=listing, page=call(listing.request), area=area)


def end_one(session_id: UUID, home: str) -> Response:
    """End one of one's own sessions; the same for customers and staff."""
    call(EndSession(session_id=session_id))
    session.cache.drop(session_id)
    return go(home, _("The session is ended."))


def end_all_others(home: str) -> Response:
    """End all of one's own sessions but this one, after asking."""
    form = Form.of_request()
    if form.submitted:
        ended = call(EndOtherSessions())
        return go(home, ngettext("%(num)d session was ended.", "%(num)d sessions were ended.", ended.count))
    return confirm_page(
        _("End all other sessions?"),
        [_("You stay signed in here. On every other device one has to sign in again.")],
        button=_("End the other sessions"), cancel=home, form=form, tone="danger",
    )


@page(bp, "/profile/clients", methods=["GET", "POST"], allow=customer)
def clients() -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            found = call(form.read(ChooseClient))
            session.keep(current(), found.secret, found.session, session.CUSTOMER)
            name = found.session.claims.client_name or ""
            return go("/", _("You now act for %(name)s.", name=name))
    mine = call(ListMyClients())
    return render("pages/profile/clients.html", form.status, form=form, clients=mine.items)

