"""The switches of language and appearance, on pages that hold nothing typed (see `_Layout.typed` for the others)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from chassis.access import public
from gateway import preferences
from gateway.routing import page
from gateway.security import safe_next
from gateway.views import go
from gateway.work import current

bp = Blueprint("preferences", __name__)


@page(bp, "/preferences", methods=["POST"], allow=public, pending=True)
def change() -> Response:
    return _changed("/")


@page(bp, "/staff/preferences", methods=["POST"], allow=public, pending=True)
def staff_change() -> Response:
    """The same for the staff console: its session, and so its form's token, is another one."""
    return _changed("/staff")


def _changed(home: str) -> Response:
    preferences.keep(current(), request.form.get("language"), request.form.get("theme"))
    return go(safe_next(request.form.get("next"), home))
