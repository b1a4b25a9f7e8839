"""Contracts and meters of all clients."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from chassis.access import role
from gateway.i18n import N_
from gateway.pages import contracts as shared
from gateway.routing import Nav, page

bp = Blueprint("staff_contracts", __name__)

READERS = role("customer_service", "administrator", "accountant", "auditor")
BASE = "base_staff.html"


@page(bp, "/staff/contracts", allow=READERS, nav=Nav(N_("Contracts"), "speedometer2", 40))
def index() -> Response:
    return shared.show_list("staff_contracts", BASE)


@page(bp, "/staff/contracts/<uuid:contract_id>", allow=READERS)
def show(contract_id: UUID) -> Response:
    return shared.show_contract(contract_id, "staff_contracts", BASE)


@page(bp, "/staff/contracts/<uuid:contract_id>/meters/<uuid:meter_id>", methods=["GET", "POST"], allow=READERS)
def meter(contract_id: UUID, meter_id: UUID) -> Response:
    return shared.show_meter(contract_id, meter_id, "staff_contracts", BASE)
