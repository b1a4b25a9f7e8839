"""Which requests can be made."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from services.requests import messages as m
from services.requests.domain import offers
from services.requests.store import forms


def run(db: Database, caller: Caller) -> m.FormList:
    """Return the newest version of every form the caller's client is offered (S1-22)."""
    own = [p for p in forms.offered(db) if offers.offered(p.form.code, caller.client_kind)]
    return m.FormList(items=[m.FormSummary.model_validate(p.message, from_attributes=True) for p in own])


def one(db: Database, request: m.GetForm) -> m.FormDefinition:
    """Return one form as data. Raises requests.unknown_form."""
    return forms.get(db, request.form, request.version).message
