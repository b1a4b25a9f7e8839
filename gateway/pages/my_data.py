"""My data: a copy of everything, who looked at them, and their erasure (S1-62, S3-27, B-14, B-15)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for
from pydantic import BaseModel, Field

from chassis.access import customer, fresh
from chassis.errors import PortalError
from gateway import csvfiles
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.pieces import piecewise
from gateway.routing import page
from gateway.views import go, render, same_query
from services.identity.messages import (
    AskErasure,
    AskExport,
    ListExports,
    ListMyDisclosures,
    LookAtErasure,
    ReadExport,
)

bp = Blueprint("my_data", __name__)


class Confirmed(BaseModel):
    """What the page of erasure asks for."""

    confirm: str = Field(min_length=1, max_length=254)


@page(bp, "/profile/data", allow=customer)
def index() -> Response:
    exports = call(ListExports()).items
    under_way = any(one.state == "gathering" for one in exports)
    return render("pages/my_data/index.html", exports=exports, under_way=under_way)


@page(bp, "/profile/data/exports", methods=["POST"], allow=fresh(customer))
def ask_export() -> Response:
    form = Form.of_request()
    try:
        call(form.read(AskExport))
    except PortalError as error:
        if error.code != "identity.export_under_way":
            raise
    return go(url_for("my_data.index"), _("Your data are being gathered. This page shows how far it is."))


@page(bp, "/profile/data/exports/<uuid:export_id>/file", allow=fresh(customer))
def download(export_id: UUID) -> Response:
    return export_file(export_id)


def export_file(export_id: UUID) -> Response:
    """Return the file of one's own copy; the same for the page and the API."""
    return piecewise(lambda number: ReadExport(export_id=export_id, number=number), "application/zip")


@page(bp, "/profile/disclosures", allow=customer)
def disclosures() -> Response:
    listing = Listing.of_request(ListMyDisclosures, filters=("who", "from_day", "to_day"))
    return render("pages/my_data/disclosures.html", listing=listing, page=call(listing.request))


@page(bp, "/profile/disclosures.csv", allow=fresh(customer))
def disclosures_csv() -> Response:
    asked = Listing.of_request(ListMyDisclosures, filters=("who", "from_day", "to_day"), limit=100)
    if asked.wrong is not None:
        # The page says what is wrong; a file would be one of other days.
        return go(same_query(url_for("my_data.disclosures")))
    return csvfiles.disclosures(asked.request)


@page(bp, "/profile/erasure", methods=["GET", "POST"], allow=fresh(customer))
def erasure() -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            form.read(Confirmed)
            asked = call(form.read(AskErasure))
            if asked.state == "asked":
                return go(url_for("my_data.erasure"), _("Your request is received. Staff decide on it."))
            return go("/sign-in", _("Your data are being erased. The last letter will say what is kept."))
    (outlook,) = gather([LookAtErasure()])
    return render("pages/my_data/erasure.html", form.status, form=form, outlook=outlook)
