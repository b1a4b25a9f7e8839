"""What is held about a person as a document to read: PDF/A-3a and PDF/UA-1, rendered by typst."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.days import RIGA, format_day, riga_day
from services.identity.documents import record_pdf

# The document is for reading; a table longer than this is shown in part, and whole in data.json beside it.
ROWS_SHOWN = 300
LONGEST_VALUE = 2000

_WORDS = {
    "lv": {
        "title": "Mani dati portālā", "who": "Persona", "made": "Sagatavots", "page": "Lapa",
        "lead": "Viss, ko portāla sistēmas glabā par Jums. Tie paši dati mašīnlasāmā veidā ir datnē data.json.",
        "none": "Datu nav.", "part": "Parādīti pirmie {shown} no {count} ierakstiem; visi ir datnē data.json.",
    },
    "en": {
        "title": "My data in the portal", "who": "Person", "made": "Made", "page": "Page",
        "lead": "Everything the systems of the portal hold about you. The same data for programs are in data.json.",
        "none": "No data.", "part": "The first {shown} of {count} records are shown; all are in data.json.",
    },
}  # fmt: skip
SERVICE_NAMES = {
    "identity": ("Piekļuve un identitāte", "Access and identity"),
    "permits": ("Atļaujas", "Permits"),
    "metering": ("Līgumi un skaitītāji", "Contracts and meters"),
    "billing": ("Rēķini un maksājumi", "Invoices and payments"),
    "requests": ("Pieprasījumi", "Requests"),
    "notifications": ("Ziņojumi", "Messages"),
}


def render(whole: dict[str, Any], name: str, language: str) -> bytes:
    """Return the PDF. CPU work of up to seconds: call it off the event loop."""
    return record_pdf.render(content(whole, name, language))


def content(whole: dict[str, Any], name: str, language: str) -> dict[str, Any]:
    """Return everything that stands on the document, in `lv` or `en`."""
    w, place = _WORDS[language], 0 if language == "lv" else 1
    made = datetime.fromisoformat(whole["made_at"])
    sections = []
    for service, tables in whole["services"].items():
        groups = [_group(table, language, w) for table in tables if table["rows"]]
        empty = [{"title": "", "note": w["none"], "rows": []}]
        sections.append({"title": SERVICE_NAMES[service][place], "groups": groups or empty})
    return {
        "title": w["title"], "author": name, "language": language, "page": w["page"],
        "date": record_pdf.date_of(riga_day(made)),
        "facts": [[w["who"], name], [w["made"], f"{format_day(riga_day(made))} {made.astimezone(RIGA):%H:%M}"]],
        "lead": [w["lead"]], "sections": sections,
    }  # fmt: skip


def _group(table: dict[str, Any], language: str, w: dict[str, str]) -> dict[str, Any]:
    rows, count = table["rows"][:ROWS_SHOWN], len(table["rows"])
    note = w["part"].format(shown=len(rows), count=count) if count > len(rows) else ""
    return {"title": f"{table['title'][language]} ({count})", "note": note, "rows": [_lines(row) for row in rows]}


def _lines(row: dict[str, Any]) -> list[list[str]]:
    told = {name: value for name, value in row.items() if value not in (None, "", [], {})}
    return [[name, record_pdf.text(value)[:LONGEST_VALUE]] for name, value in told.items()]
