"""“Reģistrēties”: the ways to an account, the terms read first, and registering oneself (S3-07, S3-17..S3-23)."""

from __future__ import annotations

from typing import Any

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
from services.identity.messages import GetJoining, GetTerms, Language, Register, left_out_of_registration

bp = Blueprint("join", __name__)

NEXT = {"account": "join.account", "application": "applications.new"}
# kind of client -> fields of the other kind, which are kept in the page and not handed in
OTHERS = {"natural": ("client_name", "reg_no"), "legal": ("person_code",)}


class _Person(BaseModel):
    """What is typed by somebody who registers; identity checks it again, with the register at hand."""

    kind: str = Field(pattern="^(natural|legal)$")
    client_name: str | None = Field(None, max_length=300)
    reg_no: str | None = Field(None, max_length=50)
    person_code: str | None = Field(None, max_length=50)
    client_no: str | None = Field(None, max_length=200)
    contract_no: str | None = Field(None, max_length=200)
    user_name: str = Field(min_length=1, max_length=300)
    email: str = Field(min_length=1, max_length=254)
    phone: str | None = Field(None, max_length=32)
    language: Language = "lv"


@page(bp, "/register", allow=public, pending=True)
def start() -> Response:
    """The ways to an account, for whom each is, and what it takes."""
    return render("pages/join/start.html", joining=call(GetJoining()))


@page(bp, "/register/terms", methods=["GET", "POST"], allow=public, pending=True)
def terms() -> Response:
    """Nobody goes on without having agreed to the terms in force (S1-18, S3-17)."""
    way = request.args.get("way", "account")
    way = way if way in NEXT else "account"
    shown = call(GetTerms())
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            if form.text("agree") != "1":
                raise PortalError("required", field="agree")
            if form.text("terms_id") != str(shown.terms_id):
                raise PortalError("identity.terms_superseded")
            shared.remember(terms=str(shown.terms_id))
            return go(url_for(NEXT[way]))
    return render("pages/join/terms.html", form.status, form=form, terms=shown, way=way)


@page(bp, "/register/account", methods=["GET", "POST"], allow=public, pending=True)
def account() -> Response:
    joining = call(GetJoining())
    if joining.registration == "off":
        return go(url_for("join.start"), PortalError("identity.registration_off").sentence(current().language), "info")
    agreed = shared.terms_read(joining)
    if agreed is None:
        return go(url_for("join.terms", way="account"))
    kinds = ["natural", "legal"] if joining.registration == "all" else ["natural"]
    form = Form.of_request({"language": current().language})
    kind = shared.kind_shown(form, "kind", kinds)
    if shared.sent(form):
        limiter.check(f"register:{current().address}", settings().sign_in_per_minute)
        with form.catch():
            wanted = joining.registration_declarations
            ticked = shared.declared(form, wanted)
            left_out: dict[str, Any] = dict.fromkeys(OTHERS[kind])
            given = {name: form.text(name) for name in _Person.model_fields} | left_out | {"kind": kind}
            empty = left_out_of_registration(given, contract_needed=joining.contract_needed)
            typed = shared.read_all(
                lambda: form.read(_Person, **left_out), shared.empty(empty), shared.missing(wanted, ticked)
            )
            done = call(Register(
                **typed.model_dump(), terms_id=agreed, declared=ticked, address=current().address,
                idempotency_key=form.idempotency_key,
            ))  # fmt: skip
            shared.remember(registered=done.email, terms=None)
            return go(url_for("join.done"))
    return render("pages/join/account.html", form.status, form=form, joining=joining, kinds=kinds, kind=kind,
                  others=OTHERS)


@page(bp, "/register/done", allow=public, pending=True)
def done() -> Response:
    """What happens now: the mail, the link of one day, and what to do when it does not come."""
    email = shared.remembered().get("registered")
    if email is None:
        return go(url_for("join.start"))
    return render("pages/join/done.html", email=email)
