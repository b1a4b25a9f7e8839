"""Forms to be signed, made on demand: an application, an empty one, a withdrawal (S0-23, S0-24)."""

from __future__ import annotations

import base64
from typing import Any

from eventlet import tpool

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from services.identity.documents import forms
from services.identity.messages import ApplicationView, BlankForm, Document
from services.identity.settings import IdentitySettings
from services.identity.store import representations, users


def _made(content: dict[str, Any], name: str) -> Document:
    body: bytes = tpool.execute(forms.render, content)
    return Document(name=f"{name}.pdf", data=base64.b64encode(body).decode())


def application(settings: IdentitySettings, view: ApplicationView, language: str) -> Document:
    """Return an application as PDF, to be signed."""
    return _made(forms.application(view, language, settings), view.number)


def blank(db: Database, settings: IdentitySettings, request: BlankForm, caller: Caller) -> Document:
    """Return an empty form; a withdrawal carries the name of whoever is signed in and whom they act for."""
    day = riga_today()
    if request.form == "application":
        return _made(forms.blank_application(request.language, day, settings), "application")
    if caller.kind != "user":
        return _made(forms.withdrawal(request.language, day, settings), "withdrawal")
    with db.reading() as connection:
        row = users.profile(connection, caller.user)
        mandates = representations.mandates(connection, caller.user) if caller.user else []
    names = sorted({mandate.client_name for mandate in mandates if mandate.in_force(day)})
    who = (row.name, row.email) if row else ("", "")
    content = forms.withdrawal(request.language, day, settings, user=who, clients=", ".join(names))
    return _made(content, "withdrawal")
