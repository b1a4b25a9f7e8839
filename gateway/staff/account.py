"""A staff member's own password and sessions."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import any_staff, fresh
from gateway.pages import profile
from gateway.routing import page

bp = Blueprint("staff_account", __name__)


@page(bp, "/staff/email", methods=["GET", "POST"], allow=fresh(any_staff))
def email() -> Response:
    return profile.change_email("/staff")


@page(bp, "/staff/password", methods=["GET", "POST"], allow=any_staff, pending=True)
def password() -> Response:
    return profile.change_password("/staff")


@page(bp, "/staff/sessions", allow=any_staff)
def sessions() -> Response:
    return profile.own_sessions("staff_account")


@page(bp, "/staff/sessions/<uuid:session_id>/end", methods=["POST"], allow=any_staff)
def end_session(session_id: UUID) -> Response:
    return profile.end_one(session_id, url_for("staff_account.sessions"))


@page(bp, "/staff/sessions/end-others", methods=["GET", "POST"], allow=any_staff)
def end_others() -> Response:
    return profile.end_all_others(url_for("staff_account.sessions"))
