"""Permits of all clients."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request

from chassis.access import role
from gateway.i18n import N_
from gateway.pages import permits as shared
from gateway.routing import Nav, page

bp = Blueprint("staff_permits", __name__)

READERS = role("permit_engineer", "customer_service", "accountant", "administrator", "auditor")
BASE = "base_staff.html"


def _client() -> dict[str, UUID]:
    """The client a page is narrowed to; an address somebody edited narrows nothing."""
    given = request.args.get("client_id", "")
    try:
        return {"client_id": UUID(given)} if given else {}
    except ValueError:
        return {}


@page(bp, "/staff/permits", allow=READERS, nav=Nav(N_("Permits"), "broadcast-pin", 20))
def index() -> Response:
    return shared.show_list("staff_permits", BASE, **_client())


@page(bp, "/staff/permits/export.<any(csv,geojson):kind>", allow=READERS)
def export(kind: str) -> Response:
    return shared.export_list(kind, **_client())


@page(bp, "/staff/permits/<uuid:permit_id>", allow=READERS)
def show(permit_id: UUID) -> Response:
    return shared.show_permit(permit_id, "staff_permits", BASE)


@page(bp, "/staff/permits/<uuid:permit_id>/assignments", allow=READERS)
def assignments(permit_id: UUID) -> Response:
    return shared.show_assignments(permit_id, "staff_permits", BASE)


@page(bp, "/staff/permits/<uuid:permit_id>/stations", allow=READERS)
def stations(permit_id: UUID) -> Response:
    return shared.show_stations(permit_id, "staff_permits", BASE)


@page(bp, "/staff/permits/<uuid:permit_id>/export.<any(csv,geojson):kind>", allow=READERS)
def export_one(permit_id: UUID, kind: str) -> Response:
    return shared.export_permit(permit_id, kind)
