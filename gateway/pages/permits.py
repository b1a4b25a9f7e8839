"""Permits as a customer sees them; the staff console shows the same pages over all clients (staff/permits.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, stream_with_context

from chassis.access import entitled, right
from chassis.days import now, riga_today
from gateway.bus import call, gather
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render, same_query
from gateway.work import current
from services.permits.messages import (
    ExportPermit,
    ExportPermits,
    GetPermit,
    HistoryEntry,
    ListAssignments,
    ListPermits,
    ListStations,
)

bp = Blueprint("permits", __name__)
SEE = entitled("permits", right("permits.see"))

SORTS = ("permit_no", "-permit_no", "valid_to", "-valid_to", "holder", "-holder")
FILTERS = ("state", "service_kind", "expiring_within_days")
PART_LIMIT = 100
MEDIA = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}


@page(bp, "/permits", allow=SEE, nav=Nav(N_("Permits"), "broadcast-pin", 20))
def index() -> Response:
    return show_list("permits", "base.html")


@page(bp, "/permits/export.<any(csv,geojson):kind>", allow=SEE)
def export(kind: str) -> Response:
    return export_list(kind)


@page(bp, "/permits/<uuid:permit_id>", allow=SEE)
def show(permit_id: UUID) -> Response:
    return show_permit(permit_id, "permits", "base.html")


@page(bp, "/permits/<uuid:permit_id>/assignments", allow=SEE)
def assignments(permit_id: UUID) -> Response:
    return show_assignments(permit_id, "permits", "base.html")


@page(bp, "/permits/<uuid:permit_id>/stations", allow=SEE)
def stations(permit_id: UUID) -> Response:
    return show_stations(permit_id, "permits", "base.html")


@page(bp, "/permits/<uuid:permit_id>/export.<any(csv,geojson):kind>", allow=SEE)
def export_one(permit_id: UUID, kind: str) -> Response:
    return export_permit(permit_id, kind)


# --- shared with the staff console -------------------------------------------------------------------------------


def show_list(area: str, base: str, **fixed: Any) -> Response:
    listing = Listing.of_request(ListPermits, sorts=SORTS, filters=FILTERS, with_total=True, **fixed)
    return render(
        "pages/permits/index.html", listing=listing, page=call(listing.request), area=area, base=base, as_of=now()
    )


def show_permit(permit_id: UUID, area: str, base: str) -> Response:
    permit = call(GetPermit(permit_id=permit_id))
    history = [step(entry) for entry in permit.history]
    return render("pages/permits/show.html", permit=permit, history=history, area=area, base=base, as_of=now())


_STEPS = {
    "registered": N_("Entered from the register"),
    "changed": N_("Changed by the register"),
    "issued": N_("Permit issued"),
    "status": N_("State changed"),
}
_CHANGED = {
    "status": N_("State"),
    "holder_name": N_("Holder"),
    "service_kind": N_("Kind of radiocommunication"),
    "permit_kind": N_("Permit kind"),
    "call_sign": N_("Call sign"),
    "valid_from": N_("Valid from"),
    "valid_to": N_("Valid to"),
    "station_count": N_("Stations"),
    "assignment_count": N_("Assignments"),
    "freq_min_mhz": N_("Lowest frequency, MHz"),
    "freq_max_mhz": N_("Highest frequency, MHz"),
    "bandwidth_khz": N_("Bandwidth in all"),
}
_STATUSES = {
    "active": N_("active"),
    "suspended": N_("suspended"),
    "expired": N_("expired"),
    "cancelled": N_("cancelled"),
    "terminated": N_("terminated"),
}


def step(entry: HistoryEntry) -> dict[str, Any]:
    """One step of a permit's history, as the timeline shows it."""
    if entry.what == "reminder":
        title = _("Reminder sent: %(days)s days or fewer left", days=entry.note)
    else:
        title = _(_STEPS.get(entry.what, entry.what))
    lines = [
        f"{_(_CHANGED[name])}: {_value(before)} → {_value(after)}"
        for name, (before, after) in entry.changes.items()
        if name in _CHANGED
    ]
    if entry.note and entry.what != "reminder":
        lines.append(entry.note)
    tone = {"issued": "success", "registered": "success", "reminder": "warning"}.get(entry.what, "neutral")
    return {"title": title, "at": entry.at, "text": "; ".join(lines), "tone": tone, "by": None}


def _value(text: str | None) -> str:
    if text is None:
        return "–"
    return _(_STATUSES[text]) if text in _STATUSES else text


def show_assignments(permit_id: UUID, area: str, base: str) -> Response:
    listing = Listing.of_request(ListAssignments, limit=PART_LIMIT, permit_id=permit_id)
    permit, rows = gather([GetPermit(permit_id=permit_id), listing.request])
    return render(
        "pages/permits/assignments.html", permit=permit, page=rows, listing=listing, area=area, base=base, as_of=now()
    )


def show_stations(permit_id: UUID, area: str, base: str) -> Response:
    listing = Listing.of_request(ListStations, limit=PART_LIMIT, permit_id=permit_id)
    permit, rows = gather([GetPermit(permit_id=permit_id), listing.request])
    return render(
        "pages/permits/stations.html", permit=permit, page=rows, listing=listing, area=area, base=base, as_of=now()
    )


def export_list(kind: str, **fixed: Any) -> Response:
    """The list as it is filtered now, as a file."""
    listing = Listing.of_request(ListPermits, filters=FILTERS, **fixed)
    if listing.wrong is not None:
        return go(same_query(request.path.rsplit("/", 1)[0]))  # the list says beside the filter what is wrong with it
    asked = listing.request
    wanted = asked.model_dump(include={"client_id", "search", "state", "service_kind", "expiring_within_days"})
    return download(ExportPermits(**wanted, format=kind, language=current().language), f"permits.{kind}", MEDIA[kind])


def export_permit(permit_id: UUID, kind: str) -> Response:
    permit = call(GetPermit(permit_id=permit_id))
    asked = ExportPermit(permit_id=permit_id, format=kind, language=current().language)
    return download(asked, f"{permit.permit_no}.{kind}", MEDIA[kind])


def download(asked: Any, name: str, media_type: str) -> Response:
    """Stream a file that a service hands out part by part; the first part is asked for before anything is sent."""
    first = call(asked)

    def parts() -> Iterator[str]:
        part = first
        while True:
            yield part.text
            if part.next is None:
                return
            part = call(asked.model_copy(update={"after": part.next}))

    response = Response(stream_with_context(parts()), content_type=media_type)
    stem, _, extension = name.rpartition(".")
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}-{riga_today().isoformat()}.{extension}"'
    return response
