"""What the pages for becoming a user share: the terms read first, and the application this browser may see.

Both stand in one signed cookie of two hours, so that nothing secret is ever part of an address.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from chassis.errors import FieldError, PortalError
from gateway.forms import Form
from gateway.settings import settings
from gateway.work import current
from services.identity.messages import DeclarationText, Document, Joining

SECONDS = 2 * 3600
Read = TypeVar("Read")


def _cookie() -> str:
    return "__Host-joining" if settings().secure else "joining"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="joining")


def remembered() -> dict[str, str]:
    """Return what this browser did on its way.

    `terms` it agreed to, `number` and `code` of its application, `contract_no` it wanted to register with.
    """
    raw = request.cookies.get(_cookie())
    if not raw:
        return {}
    try:
        found = _signer().loads(raw, max_age=SECONDS)
    except BadSignature:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def remember(**changes: str | None) -> None:
    """Keep something for the next pages; None forgets it."""
    kept = {name: value for name, value in (remembered() | changes).items() if value is not None}
    current().cookies.append({
        "key": _cookie(), "value": str(_signer().dumps(kept)) if kept else "", "max_age": SECONDS if kept else 0,
        "secure": settings().secure, "httponly": True, "samesite": "Lax", "path": "/",
    })  # fmt: skip


def terms_read(joining: Joining) -> UUID | None:
    """Return the version agreed to in this browser, None when there is none or another is in force by now."""
    agreed = remembered().get("terms")
    return joining.terms_id if joining.terms_id is not None and str(joining.terms_id) == agreed else None


def declared(form: Form, wanted: Iterable[DeclarationText]) -> list[str]:
    """Return what was ticked; the terms were agreed to on the page before."""
    return ["terms", *(one.kind for one in wanted if one.kind != "terms" and form.text(one.kind) == "1")]


def kind_shown(form: Form, field: str, kinds: Sequence[str]) -> str:
    """Return the kind of client whose fields the page shows: the one switched to, sent, or named by the address."""
    asked = form.text("show_kind") or form.text(field) or request.args.get("kind", "")
    return asked if asked in kinds else kinds[0]


def sent(form: Form) -> bool:
    """Tell whether the form is handed in, and not only shown with the fields of the other kind of client."""
    return form.submitted and not form.text("show_kind")


def missing(wanted: Iterable[DeclarationText], ticked: Iterable[str]) -> list[FieldError]:
    """Return an error beside every declaration that was not ticked."""
    done = set(ticked)
    return [FieldError(one.kind, "required") for one in wanted if one.kind not in done]


def empty(names: Iterable[str]) -> list[FieldError]:
    """Return an error beside every field that was left out though this kind of client has to give it."""
    return [FieldError(name, "required") for name in names]


def plain(error: PortalError) -> PortalError:
    """Return an error whose fields are named as on the page: `data.reg_no` is `reg_no` there."""
    if error.errors:
        return PortalError.many(FieldError(e.field.removeprefix("data."), e.code, e.params) for e in error.errors)
    if error.field:
        error.field = error.field.removeprefix("data.")
    return error


def file_of(document: Document, *, inline: bool = True) -> Response:
    """Return a document as an answer, opened in the browser or saved."""
    response = Response(base64.b64decode(document.data), content_type=document.media_type)
    how = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{document.name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def read_all(work: Callable[[], Read], *others: Iterable[FieldError]) -> Read:
    """Return what `work` reads; when that finds faults, name what the other checks found along with them.

    Where reading goes well the service looks at everything at once, these checks included.
    """
    try:
        return work()
    except PortalError as error:
        if error.code != "invalid":
            raise
        named = {fault.field for fault in error.errors}
        more = [fault for found in others for fault in found if fault.field not in named]
        raise PortalError.many([*error.errors, *more]) from error
