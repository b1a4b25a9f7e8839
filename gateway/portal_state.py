"""What stands above every page: notices, maintenance, terms to come. Kept in memory, looked at again every few seconds.

A thread of each worker asks identity, at once after a word that something changed; no request waits for it, and while
identity is away the last answer holds.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from chassis.days import now
from chassis.errors import PortalError
from chassis.telemetry import get_logger
from gateway import bus
from gateway.settings import settings
from services.identity.messages import GetPortalState, NoticeView, PortalState, PortalStateChanged, TermsPublished

log = get_logger(__name__)
LOOK_SECONDS = 10.0

# What stays open while the portal is closed: how to reach us, what holds, and the way out.
OPEN = (
    "/help", "/terms", "/privacy", "/accessibility", "/preferences", "/problems", "/sign-out", "/bank/callback",
    "/api/v1/docs", "/api/v1/openapi.json", "/api/v1/portal", "/api/v1/terms", "/.well-known", "/oauth",
)  # fmt: skip
# Parts of the portal an operator may switch off (S1-66), by the beginning of their addresses.
PARTS = {
    "payments": ("/payments", "/api/v1/payments"),
    "requests": ("/requests", "/api/v1/requests", "/api/v1/request-forms"),
    "contracts": ("/contracts", "/api/v1/contracts", "/api/v1/meters"),
    "registration": ("/register/account", "/register/identified", "/register/done", "/api/v1/registrations"),
    "applications": ("/applications", "/api/v1/applications"),
}

_state = PortalState(notices=[])
_changed = threading.Event()


def use(state: PortalState) -> None:
    """Put a state in the place of the one that was fetched."""
    global _state
    _state = state


def _watch(client: Any) -> None:
    while True:
        _changed.clear()
        try:
            use(client.call(GetPortalState()))
        except PortalError as error:
            log.warning("the state of the portal was not looked at again", code=error.code)
        _changed.wait(LOOK_SECONDS)


def _open(client: Any) -> None:
    client.listen(PortalStateChanged, lambda event: _changed.set())
    client.listen(TermsPublished, lambda event: _changed.set())
    threading.Thread(target=_watch, args=(client,), name="portal-state", daemon=True).start()


bus.on_open(_open)


def notices(moment: datetime | None = None) -> list[NoticeView]:
    """Return the notices in force, and those of a closing to come: people must be able to finish."""
    at = moment or now()
    return [one for one in _state.notices if one.ends_at > at and (one.starts_at <= at or one.closes)]


def upcoming_terms() -> Any:
    """Return the version of the terms that is published and not in force yet."""
    coming = _state.upcoming_terms
    return coming


def registration() -> bool:
    """Tell whether people may register themselves: identity lets them, and the part is not switched off here."""
    return _state.registration and not is_off("/register/account")


def closing(moment: datetime | None = None) -> NoticeView | None:
    """Return the notice that closes the portal now."""
    at = moment or now()
    return next((one for one in _state.notices if one.closes and one.starts_at <= at < one.ends_at), None)


def check(path: str, *, staff: bool) -> None:
    """Raise PortalError maintenance (503) or switched_off (503) for an address that is closed at the moment."""
    if staff or path.startswith(OPEN):
        return
    closed = closing()
    if closed is not None:
        seconds = int((closed.ends_at - now()).total_seconds())
        raise PortalError("maintenance", retry_after=max(1, min(seconds, 3600)))
    if is_off(path):
        raise PortalError("switched_off", retry_after=3600)


def is_off(path: str) -> bool:
    """Tell whether an address belongs to a part that is switched off; links to it are not shown."""
    off = (start for name in settings().switched_off.split() for start in PARTS.get(name, ()))
    return any(path == start or path.startswith(start + "/") for start in off)
