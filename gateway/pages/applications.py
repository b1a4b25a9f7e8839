"""The application for portal use: filled in, printed, saved as PDF, and found again (S0-13..S0-18, S0-23, S1-27)."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, Field

from chassis.access import public
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.pages import _joining as shared
from gateway.ratelimit import limiter
from gateway.routing import page
from gateway.settings import settings
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import (
    ApplicationData,
    ApplicationDocument,
    ApplicationView,
    BlankForm,
    FindApplication,
    GetJoining,
    SubmitApplication,
    left_out_of_application,
)

bp = Blueprint("applications", __name__)

# field of the user -> field of the client it is the same as when a natural person applies for themselves
SAME = {"user_name": "client_name", "user_email": "client_email", "user_phone": "client_phone",
        "user_person_code": "person_code"}  # fmt: skip
# kind of client -> fields of the other kind, which are kept in the page and not handed in
OTHERS = {"legal": ("person_code", "same_person"), "natural": ("reg_no", "signatory_name", "signatory_position")}


class _Key(BaseModel):
    number: str = Field(min_length=1, max_length=40)
    code: str = Field(min_length=1, max_length=40)


@page(bp, "/applications/new", methods=["GET", "POST"], allow=public, pending=True)
def new() -> Response:
    joining = call(GetJoining())
    agreed = shared.terms_read(joining)
    if agreed is None:
        return go(url_for("join.terms", way="application"))
    form = Form.of_request({"role": "main", "language": current().language})
    kind = shared.kind_shown(form, "client_kind", ("legal", "natural"))
    if shared.sent(form):
        limiter.check(f"register:{current().address}", settings().sign_in_per_minute)
        with form.catch():
            wanted = joining.application_declarations
            ticked = shared.declared(form, wanted)
            told = _told(form)
            empty = left_out_of_application({name: form.text(name) for name in ApplicationData.model_fields} | told)
            data = shared.read_all(
                lambda: form.read(ApplicationData, **told), shared.empty(empty), shared.missing(wanted, ticked)
            )
            try:
                receipt = call(SubmitApplication(
                    data=data, terms_id=agreed, declared=ticked, address=current().address,
                    idempotency_key=form.idempotency_key,
                ))  # fmt: skip
            except PortalError as error:
                raise shared.plain(error) from error
            shared.remember(number=receipt.number, code=receipt.code, terms=None)
            return go(url_for("applications.sent"))
    return render("pages/applications/new.html", form.status, form=form, joining=joining, kind=kind,
                  others=OTHERS)


def _told(form: Form) -> dict[str, Any]:
    """Return what the boxes of the page say in the words of the message."""
    told: dict[str, Any] = {"resident": form.text("foreign") != "1"}
    kind = shared.kind_shown(form, "client_kind", ("legal", "natural"))
    told |= {field: None for field in OTHERS[kind] if field in ApplicationData.model_fields}
    if kind == "natural" and form.text("same_person") == "1":
        told |= {field: form.text(source) or None for field, source in SAME.items()}
        told["user_name"], told["user_email"] = form.text("client_name"), form.text("client_email")
    return told


@page(bp, "/applications/sent", allow=public, pending=True)
def sent() -> Response:
    """Number and code, what to sign, where to send it."""
    found = _remembered()
    if isinstance(found, Response):
        return found
    return render("pages/applications/sent.html", application=found, code=shared.remembered()["code"])


def _remembered() -> ApplicationView | Response:
    """Return the application this browser knows number and code of; else lead to the page that asks for them."""
    kept = shared.remembered()
    if "number" not in kept or "code" not in kept:
        return go(url_for("applications.find"))
    try:
        return call(FindApplication(number=kept["number"], code=kept["code"], address=current().address))
    except PortalError as error:
        if error.code != "identity.application_unknown":
            raise
        shared.remember(number=None, code=None)
        return go(url_for("applications.find"))


@page(bp, "/applications/find", methods=["GET", "POST"], allow=public, pending=True)
def find() -> Response:
    form = Form.of_request()
    if form.submitted:
        limiter.check(f"register:{current().address}", settings().sign_in_per_minute)
        with form.catch():
            typed = form.read(_Key)
            found = call(FindApplication(number=typed.number, code=typed.code, address=current().address))
            shared.remember(number=found.number, code=typed.code)
            return go(url_for("applications.own"))
    return render("pages/applications/find.html", form.status, form=form)


@page(bp, "/applications/own", allow=public, pending=True)
def own() -> Response:
    """The application as it was submitted and what has become of it; made to be printed."""
    found = _remembered()
    return found if isinstance(found, Response) else render("pages/applications/own.html", application=found)


@page(bp, "/applications/own.pdf", allow=public, pending=True)
def own_pdf() -> Response:
    kept = shared.remembered()
    if "number" not in kept or "code" not in kept:
        return go(url_for("applications.find"))
    document = call(ApplicationDocument(
        number=kept["number"], code=kept["code"], language=_language(), address=current().address
    ))  # fmt: skip
    return shared.file_of(document, inline="download" not in request.args)


def _language() -> Literal["lv", "en"]:
    return "en" if current().language == "en" else "lv"


@page(bp, "/help/application.pdf", allow=public, pending=True)
def blank_pdf() -> Response:
    """An empty application to be filled in by hand (S0-23)."""
    return shared.file_of(call(BlankForm(form="application", language=_language())))


@page(bp, "/help/withdrawal.pdf", allow=public, pending=True)
def withdrawal_pdf() -> Response:
    """The withdrawal from portal use; with the name of whoever is signed in (S0-24)."""
    return shared.file_of(call(BlankForm(form="withdrawal", language=_language())))
