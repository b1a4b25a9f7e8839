"""Messages in the portal and the choice of channels."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import customer
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from services.notifications import messages as m

bp = Blueprint("messages", __name__)


@page(bp, "/messages", allow=customer, nav=Nav(N_("Messages"), "envelope", 50))
def index() -> Response:
    listing = Listing.of_request(m.ListMessages, filters=("unread_only",))
    return render("pages/messages/index.html", listing=listing, page=call(listing.request))


@page(bp, "/messages/<uuid:message_id>", allow=customer)
def show(message_id: UUID) -> Response:
    """Show a message; seeing it is reading it."""
    message = call(m.GetMessage(message_id=message_id))
    if message.read_at is None:
        call(m.MarkRead(message_id=message_id))
    return render("pages/messages/show.html", message=message)


@page(bp, "/messages/read", methods=["POST"], allow=customer)
def read_all() -> Response:
    call(m.MarkRead())
    return go(url_for("messages.index"), _("All messages are marked as read."))


@page(bp, "/messages/preferences", methods=["GET", "POST"], allow=customer)
def preferences() -> Response:
    kept = call(m.GetPreferences())
    initial: dict[str, str] = {"phone": kept.phone or ""}
    for item in kept.items:
        initial |= {f"email.{item.group}": "1" if item.email else "", f"sms.{item.group}": "1" if item.sms else ""}
    form = Form.of_request(initial=initial)
    if form.submitted:
        with form.catch():
            choices = [
                m.PreferenceChoice(
                    group=item.group,
                    email=item.fixed or bool(form.value(f"email.{item.group}")),
                    sms=bool(form.value(f"sms.{item.group}")),
                )
                for item in kept.items
            ]
            phone = form.text("phone")
            if len(phone) > 40:
                raise PortalError("too_long", field="phone", limit=40)
            call(m.SavePreferences(items=choices, phone=phone or None))
            return go(url_for("messages.preferences"), _("Your choice is saved."))
    return render("pages/messages/preferences.html", form.status, form=form, preferences=kept)


