"""Notices above every page, and closing the portal for maintenance (S1-66, S1-73)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.days import RIGA, now
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.routing import Nav, page
from gateway.views import confirm_page, go, render
from services.identity.messages import EndNotice, ListNotices, PutNotice

bp = Blueprint("staff_notices", __name__)
SHAPE = "%Y-%m-%dT%H:%M"


@page(bp, "/staff/notices", allow=role("administrator", "auditor"), nav=Nav(N_("Notices"), "megaphone", 91))
def index() -> Response:
    return render("staff/notices/index.html", rows=call(ListNotices()).items, moment=now())


@page(bp, "/staff/notices/new", methods=["GET", "POST"], allow=role("administrator"))
def new() -> Response:
    here = now().astimezone(RIGA)
    form = Form.of_request({
        "starts_at": here.strftime(SHAPE), "ends_at": (here + timedelta(hours=2)).strftime(SHAPE),
    })
    if form.submitted:
        with form.catch():
            call(form.read(
                PutNotice, starts_at=_moment(form, "starts_at"), ends_at=_moment(form, "ends_at"),
                closes=form.text("closes") == "1",
            ))
            return go(url_for("staff_notices.index"), _("The notice is put up."))
    return render("staff/notices/new.html", form.status, form=form)


@page(bp, "/staff/notices/<uuid:notice_id>/end", methods=["GET", "POST"], allow=role("administrator"))
def end(notice_id: UUID) -> Response:
    notice = next((one for one in call(ListNotices()).items if one.notice_id == notice_id), None)
    if notice is None:
        raise PortalError("not_found")
    form = Form.of_request()
    home = url_for("staff_notices.index")
    if form.submitted:
        with form.catch():
            call(EndNotice(notice_id=notice_id))
            return go(home, _("The notice is taken down."))
    return confirm_page(_("Take the notice down?"), [notice.text_lv], button=_("Take down"), cancel=home, form=form)


def _moment(form: Form, name: str) -> datetime:
    """Read a day and hour as they are in Riga. Raises PortalError required, malformed."""
    typed = form.text(name)
    if not typed:
        raise PortalError("required", field=name)
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=RIGA)
    except ValueError as error:
        raise PortalError("malformed", field=name) from error
