"""One-time links: asked for, opened, used; and the emergency brake for whoever's access others know."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, Field

from chassis.access import public
from chassis.errors import PortalError
from gateway import session
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages.passwords import judged, rules
from gateway.pages.signin import entered
from gateway.ratelimit import limiter
from gateway.routing import page
from gateway.security import safe_next
from gateway.settings import settings
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import CloseAccess, ConfirmEmail, LinkView, LookAtLink, RequestLink, TradeCode, UseLink

bp = Blueprint("links", __name__)

DEAD = LinkView(state="unknown")


class _Address(BaseModel):
    email: str = Field(min_length=1, max_length=254)


class _Code(_Address):
    code: str = Field(min_length=1, max_length=40)


class _Chosen(BaseModel):
    new_password: str = Field(min_length=1, max_length=1024)
    new_password_again: str = Field(min_length=1, max_length=1024)


def _limit() -> None:
    limiter.check(f"link:{current().address}", settings().sign_in_per_minute)


@page(bp, "/sign-in/forgotten", methods=["GET", "POST"], allow=public)
def forgotten() -> Response:
    return _forgotten(session.CUSTOMER)


@page(bp, "/staff/sign-in/forgotten", methods=["GET", "POST"], allow=public)
def staff_forgotten() -> Response:
    return _forgotten(session.STAFF)


def _forgotten(audience: str) -> Response:
    form = Form.of_request()
    if form.submitted and _asked(form, audience):
        return render("pages/links/sent.html", audience=audience, email=form.text("email"), about="access")
    return render("pages/links/forgotten.html", form.status, form=form, audience=audience)


def _asked(form: Form, audience: str, about: str = "access") -> bool:
    """Ask for a link to the address in the form; the answer is the same whoever it is."""
    _limit()
    with form.catch():
        typed = form.read(_Address)
        call(RequestLink(email=typed.email, audience=audience, about=about, address=current().address))  # type: ignore[arg-type]
        return True
    return False


@page(bp, "/link", methods=["GET", "POST"], allow=public, pending=True)
def show() -> Response:
    """Opening shows what the link is for; only the button uses it up, for mail scanners open links, too (B-02)."""
    form = Form.of_request()
    token = form.text("token") or request.args.get("t", "")
    if not token:
        return render("pages/links/code.html", form=Form.of_request())
    view = _look(token)
    if form.submitted and view.state == "open":
        _limit()
        with form.catch():
            try:
                return _used(form, token, view)
            except PortalError as error:
                if error.code != "identity.link_dead":
                    raise
                view = _look(token)
    if view.state != "open":
        return render("pages/links/dead.html", 410, view=view, form=Form.of_request({"email": view.email or ""}))
    strength = judged(form, token) if form.submitted else None
    return render("pages/links/open.html", form.status, form=form, view=view, token=token, rules=rules(),
                  strength=strength)


def _look(token: str) -> LinkView:
    try:
        return call(LookAtLink(token=token))
    except ValueError:  # too short or too long to be one of ours
        return DEAD


def _used(form: Form, token: str, view: LinkView) -> Response:
    work = current()
    if view.purpose == "email_change":
        done = call(ConfirmEmail(token=token))
        home = "/staff/sign-in" if done.audience == session.STAFF else "/sign-in"
        return go(home, _("The new address %(email)s is your user name now.", email=done.email))
    if view.purpose == "email_proof":
        done = call(ConfirmEmail(token=token))
        if work.entry is not None:
            session.cache.forget(work.entry.secret)  # the banner goes at once
        return go("/profile", _("Thank you, %(email)s is confirmed.", email=done.email))
    if view.purpose in ("compromise", "email_undo"):
        call(CloseAccess(token=token, note=form.text("note"), address=work.address))
        return _closed(view.audience or session.CUSTOMER)
    password = None
    if view.sets_password:
        typed = form.read(_Chosen)
        if typed.new_password != typed.new_password_again:
            raise PortalError("passwords_differ", field="new_password_again")
        password = typed.new_password
    found = call(UseLink(
        token=token, new_password=password, address=work.address,
        user_agent=request.headers.get("User-Agent", "")[:2000],
    ))
    audience = view.audience or session.CUSTOMER

    def message() -> str:
        return _("Your account is active.") if view.purpose == "activation" else _("Your new password is set.")

    return entered(found, audience, "/staff" if audience == session.STAFF else "/", message)


@page(bp, "/link/code", methods=["GET", "POST"], allow=public, pending=True)
def code() -> Response:
    """Trade the code typed from the mail for the link itself."""
    form = Form.of_request()
    if form.submitted:
        _limit()
        with form.catch():
            typed = form.read(_Code)
            found = call(TradeCode(email=typed.email, code=typed.code, address=current().address))
            return go(url_for("links.show", t=found.token))
    return render("pages/links/code.html", form.status, form=form)


@page(bp, "/access-compromised", methods=["GET", "POST"], allow=public, pending=True)
def compromised() -> Response:
    """Close one's access at once: here when signed in, else by a link to one's own address (S1-41)."""
    work = current()
    form = Form.of_request()
    if work.entry is None:
        if form.submitted and _asked(form, session.CUSTOMER, "compromise"):
            return render(
                "pages/links/sent.html", audience=session.CUSTOMER, email=form.text("email"), about="compromise"
            )
        return render("pages/links/compromised.html", form.status, form=form)
    if form.submitted:
        call(CloseAccess(note=form.text("note")[:200], address=work.address))
        return _closed(session.CUSTOMER)
    back = safe_next(request.args.get("back"), url_for("profile.show"))
    return render("pages/links/close.html", form=form, back=back)


def _closed(audience: str) -> Response:
    work = current()
    if work.entry is not None:
        session.end(work, audience)
        work.entry = None
    return render("pages/links/closed.html", audience=audience)
