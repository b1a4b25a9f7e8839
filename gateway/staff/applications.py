"""Applications for portal use in the staff console: found, received signed, checked, decided on (S0-20, S1-28)."""

from __future__ import annotations

import base64
from typing import IO, Any
from uuid import UUID

from flask import Blueprint, Response, url_for
from werkzeug.datastructures import FileStorage

from chassis.access import fresh, role
from chassis.days import riga_today
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.pages import _joining as shared
from gateway.pieces import from_offset
from gateway.routing import Nav, page
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import (
    AppendOriginal,
    ApplicationDetails,
    ApproveApplication,
    CreateUser,
    GetApplication,
    GetClient,
    ListApplications,
    ListClients,
    Original,
    ReadOriginal,
    RefuseApplication,
    StaffApplicationDocument,
    StartOriginal,
)

bp = Blueprint("staff_applications", __name__)

SEES = role("customer_service", "administrator", "auditor")
KEEPS = role("customer_service", "administrator")
PIECE = 512 * 1024
UPLOAD_BYTES = 13 * 1024 * 1024
ACCEPT = ".pdf,.asice,.edoc,.sce,.png,.jpg,.jpeg"


@page(bp, "/staff/applications", allow=SEES, nav=Nav(N_("Applications"), "person-plus", 28))
def index() -> Response:
    listing = Listing.of_request(ListApplications, filters=("state",))
    return render("staff/applications/index.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/applications/<uuid:application_id>", allow=SEES)
def show(application_id: UUID) -> Response:
    return render("staff/applications/show.html", application=call(GetApplication(application_id=application_id)))


@page(bp, "/staff/applications/<uuid:application_id>.pdf", allow=SEES)
def pdf(application_id: UUID) -> Response:
    language: Any = current().language
    return shared.file_of(call(StaffApplicationDocument(application_id=application_id, language=language)))


@page(bp, "/staff/applications/<uuid:application_id>/original", methods=["GET", "POST"], allow=KEEPS,
      max_bytes=UPLOAD_BYTES)  # fmt: skip
def receive(application_id: UUID) -> Response:
    """Record that the signed original came: how, when, and the file itself."""
    application = call(GetApplication(application_id=application_id))
    form = Form.of_request({"received_on": riga_today(), "channel": "email"})
    if form.submitted:
        with form.catch():
            file = form.file("file")
            if file is None:
                raise PortalError("required", field="file")
            name, size = _measured(file)
            asked = form.read(StartOriginal, application_id=application_id, name=name, size=size)
            send(asked, file.stream)
            return go(_home(application_id), _("The receipt of the signed original is recorded."))
    return render("staff/applications/receive.html", form.status, form=form, application=application, accept=ACCEPT)


def _measured(file: FileStorage) -> tuple[str, int]:
    size = file.stream.seek(0, 2)
    file.stream.seek(0)
    if size == 0:
        raise PortalError("required", field="file")
    return (file.filename or "original")[-200:], size


def send(asked: StartOriginal, stream: IO[bytes]) -> Original:
    """Send a file to identity piece by piece. Raises its refusals: type, size, state."""
    kept = call(asked)
    offset = 0
    while offset < asked.size:
        piece = stream.read(PIECE)
        data = base64.b64encode(piece).decode()
        kept = call(AppendOriginal(original_id=kept.original_id, offset=offset, data=data))
        offset += len(piece)
    return kept


@page(bp, "/staff/applications/<uuid:application_id>/original/<uuid:original_id>", allow=SEES)
def original(application_id: UUID, original_id: UUID) -> Response:
    call(GetApplication(application_id=application_id))
    return fetch(original_id)


def fetch(original_id: UUID) -> Response:
    """Return a signed original as a download; never shown inside the portal's own pages."""
    first = call(ReadOriginal(original_id=original_id))
    return from_offset(
        first, lambda offset: ReadOriginal(original_id=original_id, offset=offset),
        name=first.original.name, size=first.original.size, media_type=first.original.media_type,
    )  # fmt: skip


@page(bp, "/staff/applications/<uuid:application_id>/approve", methods=["GET", "POST"], allow=fresh(KEEPS))
def approve(application_id: UUID) -> Response:
    """Check the data against the register, choose the client, approve."""
    application = call(GetApplication(application_id=application_id))
    match = application.match
    preset = str(match.client_id) if match and match.matched else "new" if match and match.reason == "unknown" else ""
    form = Form.of_request({"client": preset})
    if form.submitted:
        with form.catch():
            chosen = _client(form, application)
            asked = form.read(
                ApproveApplication, application_id=application_id, version=_version(form), client_id=chosen,
                checked=form.text("checked") == "1",
            )  # fmt: skip
            call(asked)
            return go(_home(application_id), _("The application is approved; the user has been sent a message."))
    return render("staff/applications/approve.html", form.status, form=form, application=application)


def _client(form: Form, application: ApplicationDetails) -> UUID | None:
    """Return the client chosen, None for a new one: the one that fits, or one found by its number."""
    chosen = form.text("client")
    if chosen == "new":
        return None
    match = application.match
    if match is not None and match.client_id is not None and chosen == str(match.client_id):
        return match.client_id
    if chosen != "other":
        raise PortalError("required", field="client")
    word = form.text("client_word")
    if not word:
        raise PortalError("required", field="client_word")
    found = call(ListClients(query=word[:200], limit=2)).items
    if len(found) != 1:
        raise PortalError("not_one_client", field="client_word")
    return found[0].client_id


def _version(form: Form) -> int:
    version = form.text("version")
    return int(version) if version.isdecimal() and len(version) < 10 else 0


@page(bp, "/staff/applications/<uuid:application_id>/refuse", methods=["GET", "POST"], allow=KEEPS)
def refuse(application_id: UUID) -> Response:
    application = call(GetApplication(application_id=application_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(RefuseApplication, application_id=application_id, version=_version(form)))
            return go(_home(application_id), _("The application is refused; the applicant has been sent the reason."))
    return render("staff/applications/refuse.html", form.status, form=form, application=application)


def _home(application_id: UUID) -> str:
    return url_for("staff_applications.show", application_id=application_id)


@page(bp, "/staff/clients/<uuid:client_id>/users/new", methods=["GET", "POST"], allow=fresh(KEEPS))
def new_user(client_id: UUID) -> Response:
    """At a service centre: a user for a client, after an identity document was seen (S3-12)."""
    client = call(GetClient(client_id=client_id))
    form = Form.of_request({
        "role": "additional" if client.users else "main", "seen_on": riga_today(), "language": client.language,
        "password_allowed": "1",
    })  # fmt: skip
    if form.submitted:
        with form.catch():
            made = call(form.read(
                CreateUser, client_id=client_id, password_allowed=form.text("password_allowed") == "1"
            ))  # fmt: skip
            message = _("The user acts for the client from now on.")
            if made.status == "pending":
                message = _("The user is made; an activation link has been sent to %(email)s.", email=made.email)
            return go(url_for("staff_clients.show", client_id=client_id), message)
    return render("staff/clients/new_user.html", form.status, form=form, client=client)
