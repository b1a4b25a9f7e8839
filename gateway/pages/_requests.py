"""What the customer's and the staff's pages of requests share: values as people read them, files over the bus."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import IO
from uuid import UUID

from flask import Response
from werkzeug.datastructures import FileStorage

from gateway.bus import call
from gateway.formats import day, in_language, number
from gateway.i18n import gettext as _
from gateway.pieces import from_offset
from services.requests import messages as m
from services.requests.messages.parts import FormField

# Pieces must be whole rows of 256 KiB (services/requests, AppendAttachment).
PIECE = 512 * 1024
UPLOAD_BYTES = 12 * 1024 * 1024
ACCEPT = ".pdf,.png,.jpg,.jpeg,.docx,.asice,.edoc"


def may(case: m.CaseView, action: str) -> bool:
    """Tell whether whoever reads the case may do this with it now."""
    return any(one.name == action for one in case.actions)


def not_now() -> str:
    """What somebody reads who opens the page of an action the case does not offer them."""
    return _("You cannot do this with the case now: its state, or your rights, do not allow it.")


def shown_value(field: FormField, text: str) -> str:
    """Return a field's value for reading: choices by name, days and numbers as Latvians write them, with the unit."""
    if not text:
        return ""
    if field.type == "choice":
        return next((in_language(c.label) for c in field.choices if c.value == text), text)
    if field.type == "date":
        try:
            return day(date.fromisoformat(text))
        except ValueError:
            return text
    if field.type == "number":
        try:
            plain = number(Decimal(text))
        except InvalidOperation:
            plain = text
        return f"{plain}\u00a0{field.unit}" if field.unit and field.unit != "°" else plain + (field.unit or "")
    if field.type == "coordinates":
        try:
            lat, lon = (number(Decimal(part), 6) for part in text.split(", "))
        except (InvalidOperation, ValueError):  # not understood yet: as typed
            return text
        return f"{lat}°; {lon}°"
    return text


def shown_data(definition: m.FormDefinition, data: Mapping[str, str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return (step, its title, [(label, value)]) for every step, empty fields too."""
    return [
        (step.name, in_language(step.title), [
            (in_language(field.label), shown_value(field, data.get(field.name, ""))) for field in step.fields
        ])
        for step in definition.steps
    ]  # fmt: skip


def upload(case_id: UUID, file: FileStorage, document: str | None) -> m.Attachment:
    """Send a file to `requests` piece by piece. Raises its refusals: type, size, count."""
    stream: IO[bytes] = file.stream
    size = stream.seek(0, 2)
    stream.seek(0)
    kept = call(
        m.StartAttachment(case_id=case_id, name=(file.filename or "file")[-200:], size=size, document=document)
    )
    offset = 0
    while offset < size:
        piece = stream.read(PIECE)
        kept = call(
            m.AppendAttachment(
                attachment_id=kept.attachment_id, offset=offset, data=base64.b64encode(piece).decode()
            )
        )
        offset += len(piece)
    return kept


def download(attachment_id: UUID) -> Response:
    """Return a file as a download, fetched piece by piece; never shown inside the portal's own pages."""
    first = call(m.ReadAttachment(attachment_id=attachment_id))
    kept = first.attachment
    return from_offset(
        first, lambda offset: m.ReadAttachment(attachment_id=attachment_id, offset=offset),
        name=kept.name, size=kept.size, media_type=kept.media_type or "application/octet-stream",
    )  # fmt: skip
