"""Contracts, their meters, and the form for readings; the staff console shows the same over all clients."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import any_of, entitled, right
from chassis.days import riga_today
from chassis.errors import PortalError
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from services.metering.messages import Contract, GetContract, ListContracts, ListReadings, Meter, SubmitReading

bp = Blueprint("contracts", __name__)

SEE = entitled("contracts", any_of(right("readings.submit"), right("finance.see")))


@page(bp, "/contracts", allow=SEE, nav=Nav(N_("Contracts"), "speedometer2", 40))
def index() -> Response:
    return show_list("contracts", "base.html")


@page(bp, "/contracts/<uuid:contract_id>", allow=SEE)
def show(contract_id: UUID) -> Response:
    return show_contract(contract_id, "contracts", "base.html")


@page(bp, "/contracts/<uuid:contract_id>/meters/<uuid:meter_id>", methods=["GET", "POST"], allow=SEE)
def meter(contract_id: UUID, meter_id: UUID) -> Response:
    return show_meter(contract_id, meter_id, "contracts", "base.html")


# --- shared with the staff console -------------------------------------------------------------------------------


def show_list(area: str, base: str) -> Response:
    listing = Listing.of_request(ListContracts)
    return render("pages/contracts/index.html", listing=listing, page=call(listing.request), area=area, base=base)


def show_contract(contract_id: UUID, area: str, base: str) -> Response:
    contract = call(GetContract(contract_id=contract_id))
    return render("pages/contracts/show.html", contract=contract, area=area, base=base)


def show_meter(contract_id: UUID, meter_id: UUID, area: str, base: str) -> Response:
    """A meter with its readings, and the form for the next one; a doubtful reading comes back with the reasons."""
    form = Form.of_request(initial={"read_on": riga_today()})
    here = url_for(f"{area}.meter", contract_id=contract_id, meter_id=meter_id)
    if form.submitted:
        with form.catch():
            call(form.read(SubmitReading, meter_id=meter_id))
            return go(here, _("The reading is kept."))
    listing = Listing.of_request(ListReadings, meter_id=meter_id)
    contract, readings = gather([GetContract(contract_id=contract_id), listing.request])
    return render(
        "pages/contracts/meter.html", form.status, form=form, contract=contract, meter=_meter(contract, meter_id),
        page=readings, listing=listing, area=area, base=base,
    )  # fmt: skip


def _meter(contract: Contract, meter_id: UUID) -> Meter:
    for one in contract.meters:
        if one.meter_id == meter_id:
            return one
    raise PortalError("not_found")
