"""Terms of use in the staff console: drafted by one, published by another; and what a user agreed to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.days import riga_today
from chassis.errors import PortalError
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import confirm_page, go, render
from services.identity.messages import (
    DiscardTermsDraft,
    GetUser,
    ListAgreements,
    ListTerms,
    ListTermsDrafts,
    PublishTerms,
    SaveTermsDraft,
)

bp = Blueprint("staff_terms", __name__)
SEES = role("administrator", "customer_service", "auditor")
KEEPS = role("administrator", "customer_service")


@page(bp, "/staff/terms", allow=SEES, nav=Nav(N_("Terms of use"), "file-earmark-text", 60))
def index() -> Response:
    listing = Listing.of_request(ListTermsDrafts)
    versions, drafts = gather([ListTerms(), listing.request])
    return render("staff/terms/index.html", versions=versions.items, listing=listing, page=drafts)


@page(bp, "/staff/terms/new", methods=["GET", "POST"], allow=KEEPS)
def new() -> Response:
    return _edit(None)


@page(bp, "/staff/terms/drafts/<uuid:draft_id>", methods=["GET", "POST"], allow=KEEPS)
def edit(draft_id: UUID) -> Response:
    return _edit(draft_of(draft_id))


def _edit(draft: Any) -> Response:
    initial = draft.model_dump() if draft else {"approved_on": riga_today(), "valid_from": riga_today()}
    form = Form.of_request(initial)
    if form.submitted:
        with form.catch():
            fixed = {"draft_id": draft.draft_id} if draft else {}
            call(form.read(SaveTermsDraft, clearable=("note",), **fixed))
            return go(url_for("staff_terms.index"), _("The draft is saved. Somebody else must publish it."))
    return render("staff/terms/edit.html", form.status, form=form, draft=draft)


@page(bp, "/staff/terms/drafts/<uuid:draft_id>/publish", methods=["GET", "POST"], allow=role("administrator"))
def publish(draft_id: UUID) -> Response:
    draft = draft_of(draft_id)
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            made = call(form.read(PublishTerms, draft_id=draft_id))
            return go(url_for("public.terms_version", terms_id=made.terms_id),
                      _("The terms are published. All users are being told."))
    return render("staff/terms/publish.html", form.status, form=form, draft=draft)


@page(bp, "/staff/terms/drafts/<uuid:draft_id>/discard", methods=["GET", "POST"], allow=KEEPS)
def discard(draft_id: UUID) -> Response:
    draft = draft_of(draft_id)
    form = Form.of_request()
    home = url_for("staff_terms.index")
    if form.submitted:
        with form.catch():
            call(DiscardTermsDraft(draft_id=draft_id))
            return go(home, _("The draft is discarded."))
    return confirm_page(
        _("Discard the draft?"), [draft.title, _("It cannot be brought back.")], button=_("Discard"), cancel=home,
        form=form, tone="danger",
    )


@page(bp, "/staff/users/<uuid:user_id>/agreements", allow=SEES)
def agreements(user_id: UUID) -> Response:
    user, found = gather([GetUser(user_id=user_id), ListAgreements(user_id=user_id)])
    return render("pages/profile/agreements.html", person=user.profile, found=found, form=Form.of_request())


def draft_of(draft_id: UUID) -> Any:
    """Return a draft. Raises PortalError not_found."""
    found = call(ListTermsDrafts(draft_id=draft_id)).items
    if not found:
        raise PortalError("not_found")
    return found[0]
