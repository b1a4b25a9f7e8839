"""Forms: what was typed is kept, read into a request model, and refused field by field.

    form = Form.of_request(initial={"email": profile.email})
    if form.submitted:
        with form.catch():
            call(form.read(UpdateProfile, version=profile.version))
            return go("/profile", _("Saved."))
    return render("pages/profile/edit.html", form.status, form=form, profile=profile)
"""

from __future__ import annotations

import re
import types
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage, MultiDict

from chassis.errors import FieldError, PortalError
from chassis.validation import error_of
from gateway.work import current

Model = TypeVar("Model", bound=BaseModel)

# Refusals that belong on the form; everything else (not signed in, not found, service away) is a page of its own.
_ON_THE_FORM = frozenset({400, 402, 409, 412, 413, 415, 422})
# Characters nobody types and no page may show; they come along when something is pasted.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Buttons that show a page anew with all that was typed, in another language or appearance, and hand nothing in.
SWITCHES = ("show_language", "show_theme")
_LATVIAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\.?\Z")


class Form:
    """The values to show in a form and what is wrong with them.

    `errors` maps a field name to sentences; `general` holds sentences about the form as a whole.
    """

    def __init__(self, values: MultiDict[str, Any], *, submitted: bool) -> None:
        self.values = values
        self.submitted = submitted
        self.errors: dict[str, list[str]] = {}
        self.general: list[str] = []
        self.status = 200
        self.code: str | None = None
        self.labels: dict[str, str] = {}

    @classmethod
    def of_request(cls, initial: Mapping[str, Any] | None = None) -> Form:
        """Return the form as sent, or with its initial values when the page is only opened.

        Sent by a switch of language or appearance it keeps what was typed and does not count as submitted.
        """
        if request.method == "POST":
            return cls(request.form, submitted=not any(name in request.form for name in SWITCHES))
        values: MultiDict[str, Any] = MultiDict()
        for name, value in (initial or {}).items():
            values.setlist(name, list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value])
        return cls(values, submitted=False)

    def value(self, name: str) -> str:
        """Return the text to show in a field."""
        value = self.values.get(name)
        if value is None:
            return ""
        return value.isoformat() if isinstance(value, date) else str(value)

    def chosen(self, name: str) -> list[str]:
        """Return all chosen values of a field."""
        return [str(value) for value in self.values.getlist(name) if value is not None]

    def text(self, name: str) -> str:
        """Return what was typed, without spaces around it."""
        return str(self.values.get(name) or "").strip()

    def file(self, name: str) -> FileStorage | None:
        """Return an uploaded file, None when none was chosen."""
        found = request.files.get(name)
        return found if found is not None and found.filename else None

    @property
    def idempotency_key(self) -> str:
        """Return the key that makes sending this form twice do the work once; the same after an error."""
        return self.value("idempotency_key") or uuid.uuid4().hex

    def read(self, model: type[Model], *, clearable: tuple[str, ...] = (), **fixed: Any) -> Model:
        """Return the typed values as a request model; `fixed` values are ours and not read from the form.

        Raises PortalError invalid with every field named. Empty fields count as not given, except the `clearable`
        ones, which are given as empty texts. Understands `1 234,50` and `21.11.2026.`.
        """
        data: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            if name in fixed or name not in self.values:
                continue
            value = typed(info.annotation, self.values.getlist(name))
            data[name] = "" if value is None and name in clearable else value
        data = {name: value for name, value in data.items() if value is not None} | fixed
        if "idempotency_key" in model.model_fields and "idempotency_key" not in data:
            data["idempotency_key"] = self.idempotency_key
        try:
            return model.model_validate(data)
        except ValidationError as error:
            raise error_of(error) from error

    def refuse(self, error: PortalError) -> None:
        """Write an error beside the fields it names, or above the form."""
        language = current().language
        self.status, self.code = error.status, error.code
        named: list[FieldError] = list(error.errors)
        if not named and error.field:
            named = [FieldError(error.field, error.code, error.params)]
        for one in named:
            self.errors.setdefault(one.field, []).append(PortalError(one.code, **one.params).sentence(language))
        if not named:
            self.general.append(error.sentence(language))

    @contextmanager
    def catch(self) -> Iterator[None]:
        """Keep refusals of what was typed for the form; let every other error pass."""
        try:
            yield
        except PortalError as error:
            if error.status not in _ON_THE_FORM or error.code == "form_expired":
                raise
            self.refuse(error)

    def named(self, field: str, label: Any, empty: str = "") -> None:
        """Note what a field of the page is called; `empty` is what it says, left out, where nothing is filled in."""
        self.labels.setdefault(field, str(getattr(label, "striptags", lambda: label)()))
        if empty and field in self.errors:
            plain = PortalError("required").sentence(current().language)
            self.errors[field] = [empty if text == plain else text for text in self.errors[field]]

    def summary(self) -> list[tuple[str, str]]:
        """Return every field at fault and a sentence that names it: “Fill in this field” alone would say nothing."""
        found = []
        for field, texts in self.errors.items():
            label = self.labels.get(field, "").rstrip(" .:?")
            found.append((field, f"{label}: {texts[0]}" if label else texts[0]))
        return found

    @property
    def refused(self) -> bool:
        """Tell whether anything is wrong."""
        return bool(self.errors or self.general)


def typed(annotation: Any, raw: list[Any]) -> Any:
    """Return what a field of this type should be given for the typed texts; None when nothing was typed."""
    kind = bare(annotation)
    texts = [CONTROLS.sub("", str(value)).strip() for value in raw]
    if get_origin(kind) in (list, tuple, set, frozenset):
        inner = get_args(kind)[0] if get_args(kind) else str
        return [_one(bare(inner), text) for text in texts if text]
    text = texts[-1] if texts else ""
    return _one(kind, text) if text else None


def bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return bare(inner[0]) if inner else str
    return annotation


def _one(kind: Any, text: str) -> Any:
    if kind in (int, float, Decimal):
        return re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
    if kind is bool:
        return text.lower() in ("1", "true", "on", "yes")
    if kind is date:
        found = _LATVIAN_DAY.match(text)
        return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else text
    return text
