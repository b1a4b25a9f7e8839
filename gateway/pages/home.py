"""The start page: what the portal offers to everybody, the overview to whoever is signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from chassis.access import public
from chassis.errors import PortalError
from chassis.messages import Request
from gateway.bus import gather
from gateway.i18n import N_
from gateway.routing import Nav, PasswordFirst, TermsFirst, page
from gateway.views import go, render
from gateway.work import current
from services.billing.messages import Balance, ListInvoices
from services.notifications.messages import ListMessages
from services.permits.messages import GetPermitCounts
from services.requests.messages import CountCases, ListCases

bp = Blueprint("home", __name__)
# Each part of the overview gets this long; the others are shown without it.
PART_SECONDS = 2.5


@page(bp, "/", allow=public, nav=Nav(N_("Overview"), "house", 0))
def start() -> Response:
    work = current()
    if work.entry is None:
        return render("pages/home/landing.html")
    if work.entry.claims.terms_to_accept is not None:
        raise TermsFirst
    if work.entry.claims.must_change_password:
        raise PasswordFirst
    if work.caller.client is None:
        return go("/profile/clients")
    return render("pages/home/overview.html", parts=_parts(), soon_days=60)


def _parts() -> dict[str, Any]:
    """Ask all services at once; a part is a reply, a PortalError when its service is away, or missing without right."""
    caller = current().caller
    wanted: dict[str, Request[Any]] = {}
    if caller.holds("permits.see") and caller.entitled("permits"):
        wanted["permits"] = GetPermitCounts(days=60)
    if caller.holds("finance.see"):
        wanted["balance"] = Balance()
        wanted["invoices"] = ListInvoices(state="unpaid", sort="due", limit=5)
    if caller.holds("requests.submit"):
        wanted["cases"] = CountCases()
        wanted["case_list"] = ListCases(state="open", limit=5)
    wanted["messages"] = ListMessages(limit=4)
    replies = gather(list(wanted.values()), return_errors=True, timeout=PART_SECONDS)
    return dict(zip(wanted, map(_part, replies), strict=True))


def _part(reply: Any) -> Any:
    # A refusal is as good as a failure here: the page shows what it has and says what is missing.
    return {"away": True, "code": reply.code} if isinstance(reply, PortalError) else reply

