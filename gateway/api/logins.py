"""/api/v1: the providers of unified login, and one's own linked logins. Linking itself needs a browser."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint

from chassis.access import customer, fresh, public
from gateway.api._frame import api
from gateway.bus import call, call_json
from services.identity.messages import (
    LinkedLogins,
    ListLinkedLogins,
    ListLoginProviders,
    LoginProviders,
    UnlinkLogin,
)

bp = Blueprint("api_logins", __name__)


@api(bp, "GET", "/login-providers", allow=public, reply=LoginProviders, tag="Session",
     summary="Providers of unified login")
def list_providers() -> bytes:
    """A person signs in at `/sign-in/with/<provider>` in a browser."""
    return call_json(ListLoginProviders())


@api(bp, "GET", "/profile/logins", allow=customer, reply=LinkedLogins, tag="Profile",
     summary="My ways to sign in beside the password")
def list_logins() -> bytes:
    return call_json(ListLinkedLogins())


@api(bp, "DELETE", "/profile/logins/<uuid:login_id>", allow=fresh(customer), reply=None, status=204, tag="Profile",
     summary="Remove a way to sign in", errors=("not_found", "identity.login_last_way"))
def remove_login(login_id: UUID) -> None:
    """The last way to sign in stays."""
    call(UnlinkLogin(login_id=login_id))
