"""Which requests can be made."""

from __future__ import annotations

from collections import Counter

from chassis.caller import Caller
from chassis.database import Database
from services.requests import messages as m
from services.requests.domain import labels, offers
from services.requests.domain.forms import Localised
from services.requests.store import forms


def run(db: Database, caller: Caller) -> m.FormList:
    """Return the newest version of every form the caller's client is offered (S1-22)."""
    own = [p for p in forms.offered(db) if offers.offered(p.form.code, caller.client_kind)]
    return m.FormList(items=[m.FormSummary.model_validate(p.message, from_attributes=True) for p in own])


def one(db: Database, request: m.GetForm) -> m.FormDefinition:
    """Return one form as data. Raises requests.unknown_form."""
    return forms.get(db, request.form, request.version).message


def words(db: Database) -> m.FormWords:
    """Return what the fields and codes of all forms are called; words that differ between forms stand side by side."""
    fields: dict[str, dict[str, str]] = {}
    numbers: dict[str, None] = {}
    codes: dict[str, dict[str, dict[str, str]]] = {"timeline.action": {}}
    for code, said in labels.EVERYWHERE.items():
        _say(codes["timeline.action"], code, said)
    for published in forms.every(db):
        form, shown = published.form, published.message
        _say(codes.setdefault("form", {}), form.code, form.title)
        for action in form.actions.values():
            _say(codes["timeline.action"], action.name, action.label)
        for state in form.states.values():
            for column in ("cases.status", "timeline.status"):
                _say(codes.setdefault(column, {}), state.name, state.label)
        for document in shown.documents:
            _say(codes.setdefault("attachments.document", {}), document.name, document.title)
        often = Counter(one.label.lv for step in shown.steps for one in step.fields)
        for step, one in ((a_step, field) for a_step in shown.steps for field in a_step.fields):
            unit = f", {one.unit}" if one.unit else ""
            # Two sites have the same fields: only the step says which is meant.
            of = (f"{step.title.lv}: ", f"{step.title.en}: ") if often[one.label.lv] > 1 else ("", "")
            _say(fields, one.name, Localised(of[0] + one.label.lv + unit, of[1] + one.label.en + unit))
            if one.type == "number":
                numbers[one.name] = None
            for choice in one.choices:
                _say(codes.setdefault(one.name, {}), choice.value, choice.label)
    return m.FormWords.model_validate({"fields": fields, "numbers": list(numbers), "codes": codes})


def _say(known: dict[str, dict[str, str]], code: str, said: Localised | m.Localised) -> None:
    before = known.setdefault(code, {"lv": "", "en": ""})
    for language, text in (("lv", said.lv), ("en", said.en)):
        if text not in before[language].split(" / "):
            before[language] = f"{before[language]} / {text}".removeprefix(" / ")
