"""The client acted for: its data, its users, and who looked at its data (S3-04, S3-09, S1-21, B-14)."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from chassis.access import customer, fresh, right
from gateway import csvfiles
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render, same_query
from services.identity.messages import (
    ConfirmClientData,
    GetClient,
    GetEntitlements,
    ListContactNotices,
    ListDisclosures,
    UpdateClientContacts,
)

bp = Blueprint("client", __name__)

CONTACTS = ("address", "correspondence_address", "email", "invoice_email", "phone")


@page(bp, "/client", allow=customer, nav=Nav(N_("Client information"), "building", 70))
def show() -> Response:
    client, held = gather([GetClient(), GetEntitlements()])
    return render("pages/client/show.html", client=client, held=held)


@page(bp, "/client/contacts", methods=["GET", "POST"], allow=right("users.manage"))
def contacts() -> Response:
    client = call(GetClient())
    form = Form.of_request({name: getattr(client, name) for name in (*CONTACTS, "language", "version")})
    if form.submitted:
        with form.catch():
            call(form.read(UpdateClientContacts, clearable=CONTACTS))
            return go(url_for("client.show"), _("The contact data are saved."))
    return render("pages/client/contacts.html", form.status, form=form, client=client)


@page(bp, "/client/confirm", methods=["POST"], allow=right("users.manage"))
def confirm() -> Response:
    form = Form.of_request()
    call(form.read(ConfirmClientData))
    return go(url_for("client.show"), _("Thank you. The contact data are confirmed."))


@page(bp, "/client/notices", allow=right("users.manage"))
def notices() -> Response:
    listing = Listing.of_request(ListContactNotices)
    return render("pages/client/notices.html", listing=listing, page=call(listing.request))


@page(bp, "/client/disclosures", allow=customer)
def disclosures() -> Response:
    listing = Listing.of_request(ListDisclosures, filters=("who", "from_day", "to_day"))
    return render("pages/client/disclosures.html", listing=listing, page=call(listing.request))


@page(bp, "/client/disclosures.csv", allow=fresh(customer))
def disclosures_csv() -> Response:
    asked = Listing.of_request(ListDisclosures, filters=("who", "from_day", "to_day"), limit=100)
    if asked.wrong is not None:
        # The page says what is wrong; a file would be one of other days.
        return go(same_query(url_for("client.disclosures")))
    return csvfiles.disclosures(asked.request)
