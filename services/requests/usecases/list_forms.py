"""Which requests can be made."""

from __future__ import annotations

from chassis.database import Database
from services.requests import messages as m
from services.requests.store import forms


def run(db: Database) -> m.FormList:
    """Return the newest version of every form."""
    return m.FormList(items=[m.FormSummary.model_validate(p.message, from_attributes=True) for p in forms.offered(db)])


def one(db: Database, request: m.GetForm) -> m.FormDefinition:
    """Return one form as data. Raises requests.unknown_form."""
    return forms.get(db, request.form, request.version).message
