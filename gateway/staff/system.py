"""The system as staff see it: which services answer, what waits in the queues, what could not be digested."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for

from chassis.access import role
from chassis.dead_letter_messages import requests_for
from chassis.errors import PortalError
from gateway import queues
from gateway.bus import call, client, how
from gateway.forms import Form
from gateway.i18n import N_, ngettext
from gateway.i18n import gettext as _
from gateway.queues import SERVICES
from gateway.routing import Nav, page
from gateway.views import confirm_page, go, render
from gateway.work import current

bp = Blueprint("staff_system", __name__)
SEES = role("administrator", "auditor")
ANSWER_SECONDS = 3.0


@page(bp, "/staff/system", allow=SEES, nav=Nav(N_("System"), "hdd-network", 95))
def overview() -> Response:
    return render("staff/system/overview.html", services=_services())


def _services() -> list[dict[str, Any]]:
    """Ask every service for one dead letter: that shows at once whether it answers and whether it has any."""
    waiting = {}
    for service in SERVICES:
        try:
            asked = requests_for(service).look(limit=1)
            waiting[service] = client().start(asked, **how(current(), timeout=ANSWER_SECONDS))
        except PortalError as error:
            waiting[service] = error
    depths = queues.depths()
    rows = []
    for service, pending in waiting.items():
        code = None
        try:
            if isinstance(pending, PortalError):
                raise pending
            pending.result()
        except PortalError as error:
            code = error.code
        rows.append({"name": service, "code": code, "depths": depths.get(service) if depths is not None else None})
    return rows


@page(bp, "/staff/system/<service>", allow=SEES)
def dead_letters(service: str) -> Response:
    letters = call(_known(service).look(limit=100)).items
    return render("staff/system/dead_letters.html", service=service, letters=letters)


@page(bp, "/staff/system/<service>/redrive", methods=["GET", "POST"], allow=role("administrator"))
def redrive(service: str) -> Response:
    """Send dead letters back to their handlers: the one named, or all."""
    asked = _known(service)
    form = Form.of_request()
    home = url_for("staff_system.dead_letters", service=service)
    chosen = form.text("id") or request.args.get("id", "")
    if form.submitted:
        count = call(asked.redrive(ids=[chosen] if chosen else None)).count
        return go(home, ngettext("%(num)d event was sent back.", "%(num)d events were sent back.", count))
    title = _("Send the event back to its handler?") if chosen else _("Send all events back to their handlers?")
    return confirm_page(
        title, [_("It is tried again from the beginning. Nothing is done twice: handlers know what they have done.")],
        button=_("Send back"), cancel=home, form=form, fields={"id": chosen},
    )


@page(bp, "/staff/system/<service>/discard", methods=["GET", "POST"], allow=role("administrator"))
def discard(service: str) -> Response:
    """Throw one dead letter away."""
    asked = _known(service)
    form = Form.of_request()
    home = url_for("staff_system.dead_letters", service=service)
    chosen = form.text("id") or request.args.get("id", "")
    if not chosen:
        raise PortalError("not_found")
    if form.submitted:
        count = call(asked.discard(ids=[chosen])).count
        return go(home, ngettext("%(num)d event was thrown away.", "%(num)d events were thrown away.", count))
    return confirm_page(
        _("Throw the event away?"),
        [_("Its work will never be done, and it cannot be brought back. The audit trail keeps who did it.")],
        button=_("Throw away"), cancel=home, form=form, tone="danger", fields={"id": chosen},
    )


def _known(service: str) -> Any:
    if service not in SERVICES:
        raise PortalError("not_found")
    return requests_for(service)
