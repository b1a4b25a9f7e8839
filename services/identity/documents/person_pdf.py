"""What is held about a person as a document to read: PDF/A-3a and PDF/UA-1, rendered by typst from `person.typ`.

Labels stand in `person_labels`, words of codes in `person_words`, how values look in `person_values`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.days import riga_day
from services.identity.documents import record_pdf
from services.identity.documents.person_values import Line, Shown
from services.identity.documents.person_words import SERVICES

TEMPLATE = Path(__file__).with_name("person.typ")
# The document is for reading; a table longer than this is shown in part, and whole in data.json beside it.
ROWS_SHOWN = 300
# A line takes 15 kB of memory while the document is made. Beyond this, some 400 pages, all tables are shown in part.
LINES_SHOWN = 25_000

_WORDS: dict[str, dict[str, Any]] = {
    "lv": {
        "title": "Mani dati portālā", "who": "Persona", "made": "Sagatavots", "count": "Ierakstu skaits",
        "page": "Lapa", "of": "no", "contents": "Saturs", "about": "Par šo dokumentu", "from": "Dati pa portāla daļām",
        "record": "ieraksts", "records": "Ieraksti: {count}",
        "lead": [
            "Šeit ir lasāmā veidā viss, ko portāla sistēmas glabā par Jums.",
            "Tie paši dati pilnībā ir datnē data.json, kas atrodas šī dokumenta mapē. Tā ir domāta datorprogrammām: "
            "ar to Jūs varat nodot savus datus citai sistēmai vai pārbaudīt, ka nekas nav izlaists. Jūsu pievienotās "
            "datnes ir tās pašas pakotnes mapēs “files”.",
            "Šajā dokumentā nav tukšu vērtību un tehnisku ziņu, kas lasītājam neko nepasaka: iekšējo identifikatoru, "
            "meklēšanas atslēgu, kontrolsummu, versiju numuru, starpstāvokļu. Tās ir datnē data.json.",
            "Paroļu, kodu un atslēgu slepenās vērtības netiek izsniegtas ne šeit, ne datnē data.json.",
            "Visi laiki ir Rīgas laiks.",
        ],
        "none": "Par Jums šeit nekas netiek glabāts.", "empty": "Bez ierakstiem: {titles}.",
        "part": "Parādīti pirmie {shown} no {count} ierakstiem; visi ir datnē data.json.",
    },
    "en": {
        "title": "My data in the portal", "who": "Person", "made": "Made", "count": "Number of records",
        "page": "Page", "of": "of", "contents": "Contents", "about": "About this document",
        "from": "Data by part of the portal",
        "record": "Record", "records": "Records: {count}",
        "lead": [
            "This is everything the systems of the portal hold about you, for reading.",
            "The same data are complete in the file data.json beside this document. That file is meant for programs: "
            "with it you can give your data to another system, or check that nothing was left out. The files you "
            "attached are in the folders “files” of the same package.",
            "This document leaves out empty values, and technical data that tell a reader nothing: internal "
            "identifiers, search keys, checksums, version numbers, states in between. They are in data.json.",
            "The secret values of passwords, codes and keys are given out neither here nor in data.json.",
            "All times are Riga time.",
        ],
        "none": "Nothing is held about you here.", "empty": "Without records: {titles}.",
        "part": "The first {shown} of {count} records are shown; all are in data.json.",
    },
}  # fmt: skip
_HOLDS = {
    "identity": ("Jūsu konts, pieteikšanās, tiesības pārstāvēt klientus, piekrišanas un ieraksti par darbībām.",
                 "Your account, signing in, rights to act for clients, consents and records of what was done."),
    "permits": ("Radiofrekvenču atļaujas ar stacijām, antenām, frekvencēm un to vēsture.",
                "Radio-frequency permits with stations, antennas and frequencies, and their history."),
    "metering": ("Līgumi, skaitītāji, rādījumi un pārbaudes akti.", "Contracts, meters, readings and inspection acts."),
    "billing": ("Rēķini, maksājumi un to uzskaite.", "Invoices, payments and how they are accounted for."),
    "requests": ("Pieprasījumu melnraksti, iesniegtie pieprasījumi, to gaita un pielikumi.",
                 "Drafts of requests, requests that were submitted, their course and attachments."),
    "notifications": ("Portāla nosūtītie ziņojumi, to piegāde un paziņojumu izvēles.",
                      "Messages the portal sent, their delivery, and choices of notification."),
}  # fmt: skip
# By which column people know a row: it heads the row, and stands where another row points at it.
_NAMES = {
    "users": "name", "representations": "client_id", "clients": "name", "access_applications": "number",
    "approvals": "object_name",
    "imports": "name", "application_originals": "name", "security_keys": "name", "permits": "permit_no",
    "stations": "name", "contracts": "contract_no", "meters": "meter_no", "acts": "act_no", "invoices": "number",
    "payments": "reference", "cases": "case_no", "attachments": "name", "messages": "subject",
}  # fmt: skip


def render(
    whole: dict[str, Any], name: str, language: str, *, clients: Mapping[str, str] | None = None,
    forms: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """Return the PDF. CPU work of up to seconds: call it off the event loop."""
    return record_pdf.render(content(whole, name, language, clients=clients, forms=forms), TEMPLATE)


def content(
    whole: dict[str, Any], name: str, language: str, *, clients: Mapping[str, str] | None = None,
    forms: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return everything that stands on the document, in `lv` or `en`.

    `clients` are the names of clients the person acts for, by id; `forms` the words of forms (requests' FormWords).
    """
    w, place = _WORDS[language], 0 if language == "lv" else 1
    made = datetime.fromisoformat(whole["made_at"])
    known = _known(whole, clients or {})
    shown = Shown(language, known, forms)
    sections, parts, count = [], [], 0
    most = _rows_shown(whole, shown)
    for service, tables in whole["services"].items():
        title, rows = SERVICES[service][place], sum(len(table["rows"]) for table in tables)
        groups = [_group(table, most, language, w, shown, known) for table in tables if table["rows"]]
        empty = ", ".join(dict.fromkeys(table["title"][language] for table in tables if not table["rows"]))
        sections.append({
            "title": title, "lead": _HOLDS[service][place], "groups": groups,
            "note": w["none"] if not groups else w["empty"].format(titles=empty) if empty else "",
        })  # fmt: skip
        parts.append([title, _HOLDS[service][place], w["records"].format(count=rows)])
        count += rows
    return {
        "title": w["title"], "author": name, "language": language, "page": w["page"], "of": w["of"],
        "date": record_pdf.date_of(riga_day(made)), "contents": w["contents"], "about": w["about"], "from": w["from"],
        "facts": [[w["who"], name], [w["made"], shown.moment(made)], [w["count"], str(count)]],
        "lead": w["lead"], "parts": parts, "sections": sections,
    }  # fmt: skip


def _known(whole: dict[str, Any], clients: Mapping[str, str]) -> dict[str, str]:
    """Return what people call clients and the rows of the copy, by id."""
    return dict(clients) | {
        row["id"]: named
        for tables in whole["services"].values()
        for table in tables
        if table["table"] in _NAMES
        for row in table["rows"]
        if row.get("id") and (named := _named(table["table"], row, clients))
    }


def _named(table: str, row: Mapping[str, Any], clients: Mapping[str, str]) -> str:
    """Return what people call a row, a representation by its client; an empty text for one that has no name."""
    own = str(row.get(_NAMES.get(table, "")) or "")
    return record_pdf.text(clients.get(own, "") if table == "representations" else own)


def _rows_shown(whole: dict[str, Any], shown: Shown) -> int:
    """Return how many rows of a table are shown, so that all tables together stay within LINES_SHOWN."""
    lines = sum(
        len(shown.row(table["table"], row))
        for tables in whole["services"].values()
        for table in tables
        for row in table["rows"][:ROWS_SHOWN]
    )
    return ROWS_SHOWN if lines <= LINES_SHOWN else max(1, ROWS_SHOWN * LINES_SHOWN // lines)


def _group(
    table: dict[str, Any], most: int, language: str, w: dict[str, Any], shown: Shown, known: Mapping[str, str]
) -> dict[str, Any]:
    rows, count = table["rows"][:most], len(table["rows"])
    note = w["part"].format(shown=len(rows), count=count) if count > len(rows) else ""
    lines = [_row(table["table"], row, number, language, w, shown, known) for number, row in enumerate(rows, 1)]
    told = [one for one in lines if one["lines"]]
    return {"title": f"{table['title'][language]} ({count})", "note": note, "rows": told}


def _row(
    table: str, row: dict[str, Any], number: int, language: str, w: dict[str, Any], shown: Shown,
    known: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    named = _named(table, row, known)
    unnamed = f"{number}. {w['record']}" if language == "lv" else f"{w['record']} {number}"
    lines: list[Line] = shown.row(table, row)
    return {"title": f"{number}. {named}" if named else unnamed, "lines": lines}
