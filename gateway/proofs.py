"""Proving who one is: the forms for a second factor and for confirming, and what was typed kept over it.

A page that somebody must confirm first (`chassis.access.fresh`) leads here by itself: opening one leads on to the
confirmation and back, sending a form shows the confirmation at once with the form's values, which are sent on
afterwards. The values travel in the page, sealed and bound to the session; nothing of them is kept on the server.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from chassis.errors import PortalError
from gateway import session
from gateway.bus import call
from gateway.forms import Form
from gateway.security import safe_next
from gateway.settings import settings
from gateway.views import DROPPED, Json, go, render
from gateway.work import current
from services.identity.messages import ChallengeKeys, ListWaysToConfirm, WaysToConfirm

KEPT_SECONDS = 15 * 60
PROOFS = ("password", "code", "recovery_code")


def area() -> str:
    """Return whose area this page belongs to: `customer` or `staff`."""
    return session.audience_of(request.path)


def proof_of(form: Form) -> dict[str, Any]:
    """Return the one proof a person typed (or whose key answered). Raises PortalError required, malformed."""
    raw = str(form.values.get("credential") or "")
    if raw:
        try:
            credential = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise PortalError("malformed", field="credential") from error
        if not isinstance(credential, dict):
            raise PortalError("malformed", field="credential")
        return {"credential": credential}
    asked = [name for name in PROOFS if name in form.values]
    typed = {name: str(form.values.get(name) or "") for name in asked}
    found = {name: value for name, value in typed.items() if value.strip()}
    if not found:
        raise PortalError("required", field=asked[0] if asked else "code")
    return found


def proof_page(
    template: str, form: Form, ways: WaysToConfirm, **values: Any
) -> Response:
    """Return a page that asks for a proof, with a fresh challenge for the keys where the account has any."""
    options = origin = ""
    shown = lifting(ways, str(values.get("level") or ""))
    if "webauthn" in shown:
        ceremony = call(ChallengeKeys())
        options, origin = orjson.dumps(ceremony.options).decode(), ceremony.origin
    return render(
        template, form.status, form=form, ways=shown, providers=ways.providers, assurance=ways.assurance,
        key_options=options, key_origin=origin, **values,
    )  # fmt: skip


def lifting(ways: WaysToConfirm, level: str) -> list[str]:
    """Return the ways that reach a level: a password lifts nothing, a second factor lifts to `substantial`."""
    if not level:
        return list(ways.ways)
    return [way for way in ways.ways if way != "password"] if level == "substantial" else []


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="kept", serializer=Json)


def _mine() -> str:
    entry = current().entry
    return str(entry.claims.session_id) if entry is not None else ""


def keep_typed() -> str:
    """Return the form being answered, sealed for this session: where it was sent and what was typed but secrets."""
    fields = [[name, value] for name, value in request.form.items(multi=True) if name not in DROPPED]
    here = request.full_path.rstrip("?")
    return str(_sealer().dumps({"session": _mine(), "path": here, "fields": fields}))


def kept_typed(sealed: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Return path and fields of what `keep_typed` sealed, None when it is old, not ours, or another session's."""
    try:
        found = _sealer().loads(sealed, max_age=KEPT_SECONDS)
    except (BadSignature, ValueError):
        return None
    if not isinstance(found, dict) or found.get("session") != _mine() or not _mine():
        return None
    path = safe_next(found["path"], "")
    return (path, [(str(name), str(value)) for name, value in found["fields"]]) if path else None


def step_up_page(level: str = "") -> Response:
    """Answer a request that must be confirmed first: lead to the confirmation, or show it with what was typed.

    `level` is the assurance that is needed, where the session has less.
    """
    confirm = url_for("confirm.of_staff" if area() == session.STAFF else "confirm.of_customer")
    if request.method in ("GET", "HEAD"):
        target = request.full_path.rstrip("?")
        return go(f"{confirm}?{_query(target, level)}")
    ways = call(ListWaysToConfirm())
    form = Form.of_request()
    files = any(one.filename for one in request.files.values())
    return proof_page(
        "pages/signin/confirm.html", form, ways, action=confirm, target=request.path, kept=keep_typed(), files=files,
        fresh_form=True, level=level,
    )


def _query(target: str, level: str) -> str:
    return urlencode({"next": target} | ({"level": level} if level else {}))
