"""The document of a person's own data: every column has words in both languages, values look as people write them."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.i18n import translations
from services.identity.documents import person_pdf
from services.identity.documents.person_columns import EUROS, NUMBERS, TECHNICAL, either, technical
from services.identity.documents.person_labels import LABELS, REFERENCES, label
from services.identity.documents.person_words import CODES

SERVICES = ("identity", "permits", "metering", "billing", "requests", "notifications")
ID = "01a215e5-0d23-7015-8976-68681d8e229d"
CLIENT = "d01ac273-3324-5504-ac53-077d30bd5fe7"


def exported() -> Iterator[tuple[str, sa.Column[Any]]]:
    for service in SERVICES:
        declared = importlib.import_module(f"services.{service}.store.personal").PERSONAL
        for holding in declared.holdings:
            if holding.export:
                hidden = set(holding.hide.split())
                columns = declared.metadata.tables[holding.table].c
                yield from ((holding.table, column) for column in columns if column.name not in hidden)


@pytest.mark.requirement("S1-62", "B-15")
def test_every_exported_column_has_words_in_both_languages_or_is_technical() -> None:
    nameless = {
        f"{table}.{column.name}"
        for table, column in exported()
        if not technical(table, column.name) and not all(label(table, column.name) or [""])
    }
    assert not nameless, "say in person_labels what they are called, or in person_columns that they are technical"
    unread = {
        f"{table}.{column.name}"
        for table, column in exported()
        if isinstance(column.type, sa.Numeric)
        and not technical(table, column.name)
        and not either(EUROS | NUMBERS, table, column.name)
    }
    assert not unread, "amounts belong to EUROS, other numbers to NUMBERS"


def test_no_column_is_named_that_nobody_exports() -> None:
    real = {name for table, column in exported() for name in (column.name, f"{table}.{column.name}")}
    for named in (TECHNICAL, EUROS, NUMBERS, LABELS, REFERENCES):
        assert set(named) <= real
    assert not TECHNICAL & (LABELS.keys() | REFERENCES.keys())


def test_codes_are_called_as_on_pages() -> None:
    """Services do not know the gateway, so some words stand twice: the same English must be the same Latvian."""
    known = translations("lv")
    other = {
        (column, code, lv, known.gettext(en))
        for column, words in CODES.items()
        for code, (lv, en) in words.items()
        if known.gettext(en) not in (en, lv)
    }
    assert not other


def whole(**tables: list[dict[str, Any]]) -> dict[str, Any]:
    billing = [{"table": name, "title": {"lv": f"LV {name}", "en": f"EN {name}"}, "rows": rows}
               for name, rows in tables.items()]  # fmt: skip
    return {"made_at": "2026-11-26T03:28:00+00:00", "user_id": ID, "services": {"billing": billing}}


def lines(language: str, **tables: list[dict[str, Any]]) -> list[list[Any]]:
    forms = {
        "fields": {"gain": {"lv": "Pastiprinājums", "en": "Gain"}}, "numbers": ["gain"],
        "codes": {"cases.status": {"in_review": {"lv": "Izskatīšanā", "en": "In review"}}},
    }  # fmt: skip
    made = person_pdf.content(whole(**tables), "Anna", language, clients={CLIENT: "SIA Saule"}, forms=forms)
    return [line for group in made["sections"][0]["groups"] for row in group["rows"] for line in row["lines"]]


INVOICE = {
    "id": ID, "version": 3, "search": "ems-1 anna", "client_id": CLIENT, "kind": "one_off", "number": "EMS-1",
    "issued_on": "2026-11-21", "issued_at": "2026-07-01T09:05:00+00:00", "total": "1234.50", "reference": "",
    "issued_by": "service:billing", "customer": {"name": "Anna", "phone": ""},
}  # fmt: skip


@pytest.mark.requirement("S1-62", "B-15")
def test_values_are_written_as_people_write_them() -> None:
    latvian = lines("lv", invoices=[INVOICE], invoice_lines=[{"invoice_id": ID, "unit_price": "0.0125"}])
    assert latvian == [
        [0, "Klients", "SIA Saule"], [0, "Veids", "Vienreizēja"], [0, "Numurs", "EMS-1"],
        [0, "Izdošanas datums", "21.11.2026."], [0, "Izrakstīts", "01.07.2026. plkst. 12:05"],
        [0, "Kopsumma", "1\u00a0234,50\u00a0€"], [0, "Izrakstīja", "portāls"], [0, "Maksātājs", ""],
        [1, "Vārds vai nosaukums", "Anna"], [0, "Rēķins", "EMS-1"], [0, "Vienības cena", "0,0125\u00a0€"],
    ]  # fmt: skip
    held = {"id": ID, "client_id": CLIENT, "role": "main"}
    other = "e2eb87ba-48ec-5f68-a0fd-a64af10a3cad"
    unknown = {"id": other, "client_id": other, "role": "additional"}
    rights = [{"representation_id": one["id"], "right_name": "finance.pay"} for one in (held, unknown)]
    assert lines("lv", representations=[held, unknown], representation_rights=rights)[3:] == [
        [0, "Klients", "SIA Saule"], [0, "Tiesības", "apmaksāt rēķinus"], [0, "Tiesības", "apmaksāt rēķinus"],
    ]  # fmt: skip
    english = lines("en", users=[{"kind": "customer", "password_allowed": True, "email_key": "x"}])
    assert english == [[0, "Kind", "customer"], [0, "May sign in by password", "yes"]]


def test_forms_are_worded_by_the_service_of_requests_and_unknown_codes_stay() -> None:
    case = {"status": "in_review", "data": {"gain": "36.1", "a_new_key": "x"}, "ball": "an unknown code"}
    assert lines("lv", cases=[case]) == [
        [0, "Statuss", "Izskatīšanā"], [0, "Dati", ""], [1, "a new key", "x"], [1, "Pastiprinājums", "36,1"],
        [0, "Jārīkojas", "an unknown code"],
    ]  # fmt: skip
    history = {"changes": {"valid_to": ["2026-01-01", None]}, "what": "changed"}
    assert lines("en", permit_history=[history])[1] == [1, "Valid to", "01.01.2026. → –"]


def test_many_rows_are_shown_in_part_and_the_document_says_so() -> None:
    many = whole(**{f"invoices{number}": [INVOICE] * 400 for number in range(20)}, invoices=[INVOICE] * 400)
    made = person_pdf.content(many, "Anna", "lv")
    groups = made["sections"][0]["groups"]
    assert 0 < sum(len(row["lines"]) for group in groups for row in group["rows"]) <= person_pdf.LINES_SHOWN
    assert all(re.fullmatch(r"Parādīti pirmie \d+ no 400 ierakstiem; .*", group["note"]) for group in groups)
    assert ["Ierakstu skaits", "8400"] in made["facts"]
    few = person_pdf.content(whole(invoices=[INVOICE] * 400), "Anna", "lv")["sections"][0]["groups"]
    assert len(few[0]["rows"]) == person_pdf.ROWS_SHOWN


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_document_is_made(language: str) -> None:
    """PDF/A-3a and PDF/UA-1: typst refuses what would not be; signs that cannot be printed are no obstacle."""
    odd = INVOICE | {"reference": "a\u0007b\n#[x] *y*", "detail": json.dumps({"deep": {"deeper": [{"total": "1"}]}})}
    body = person_pdf.render(whole(invoices=[odd], payments=[]), "Anna", language)
    assert body[:5] == b"%PDF-"
