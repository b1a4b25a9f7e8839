"""The invoice as PDF/A-3a and PDF/UA-1 in one file, rendered by typst."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno.helpers
import typst

from chassis.days import format_day
from chassis.money import format_eur
from services.billing.documents.words import MONTHS, WORDS
from services.billing.messages import Invoice, Party

TEMPLATE = Path(__file__).with_name("invoice.typ")
STANDARDS: Any = ["a-3a", "ua-1"]  # both at once; the stub of typst knows only lists of all standards


@lru_cache(maxsize=1)
def layout() -> str:
    """Return a mark of the present layout; a kept document with another mark is rendered again."""
    sources = (TEMPLATE, Path(__file__), Path(__file__).with_name("words.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def render(invoice: Invoice, language: str) -> bytes:
    """Return the PDF of an invoice in `lv` or `en`. Pure CPU work of some milliseconds: call it off the event loop."""
    data = json.dumps(content(invoice, language), ensure_ascii=False)
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            None,
            format="pdf",
            sys_inputs={"data": data},
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
        )
    )


def content(invoice: Invoice, language: str) -> dict[str, Any]:
    """Return everything that stands on the document, as words and numbers of the language."""
    w = WORDS[language]
    supplier, customer = invoice.supplier, invoice.customer
    month = f"{MONTHS[language][invoice.month.month - 1]} {invoice.month.year}" if invoice.month else ""
    if invoice.month and language == "lv":
        month = f"{invoice.month.year}. gada {MONTHS['lv'][invoice.month.month - 1]}"
    facts = [
        [w["issued_on"], format_day(invoice.issued_on)],
        [w["due_on"], format_day(invoice.due_on)],
        [w["reference"], _grouped(invoice.reference)],
    ]
    if month:
        facts.append([w["period"], month])
    return {
        "language": language,
        "title": f"{w['invoice']} {invoice.number}",
        "subject": w["monthly"] if invoice.kind == "monthly" else w["one_off"],
        "number": invoice.number,
        "date": _parts(invoice.issued_on),
        "words": w,
        "supplier": {"name": supplier.name, "contact": _contact(supplier, w)},
        "customer": {"name": customer.name, "lines": _customer_lines(customer, w)},
        "facts": facts,
        "columns": [w["code"], w["service"], w["unit"], w["quantity"], w["price"], w["net"]],
        "lines": [
            {
                "code": line.code,
                "name": line.name_lv if language == "lv" else line.name_en,
                "permit": line.permit_no or "",
                "unit": line.unit_lv if language == "lv" else line.unit_en,
                "quantity": _number(line.quantity),
                "price": _number(line.unit_price, 2),
                "net": _number(line.net, 2),
            }
            for line in invoice.lines
        ],
        "sums": _sums(invoice, w),
        "total": format_eur(invoice.total),
        "vat_note": invoice.vat_note_lv if language == "lv" else invoice.vat_note_en,
        "payment": [
            [w["payee"], supplier.name],
            [w["bank"], f"{supplier.bank}, {supplier.bic}"],
            [w["account"], _grouped(supplier.iban)],
            [w["reference"], _grouped(invoice.reference)],
        ],
        "qr": qr_svg(invoice),
        "qr_alt": w["qr_alt"].format(amount=format_eur(invoice.total), number=invoice.number),
        "legal_basis": invoice.legal_basis.rstrip("."),
    }


def qr_svg(invoice: Invoice) -> str:
    """Return the EPC payment code (SEPA credit transfer) as SVG; banks' applications read it."""
    code = segno.helpers.make_epc_qr(
        name=invoice.supplier.name[:70],
        iban=invoice.supplier.iban,
        amount=invoice.total,
        reference=invoice.reference,
        bic=invoice.supplier.bic or None,
        encoding="utf-8",
    )
    out = io.BytesIO()
    code.save(out, kind="svg", border=1, scale=4, xmldecl=False)
    return out.getvalue().decode()


def _sums(invoice: Invoice, w: dict[str, str]) -> list[list[str]]:
    sums = [[w["without_vat"], format_eur(invoice.net)]]
    if invoice.vat_category == "S":  # "VAT 0 %" would say something else than "no VAT applies"
        sums.append([w["vat"].format(rate=_number(invoice.vat_rate)), format_eur(invoice.vat)])
    return sums


def _contact(party: Party, w: dict[str, str]) -> str:
    vat = f"{w['vat_no']} {party.vat_no}" if party.vat_no else ""
    parts = (f"{w['reg_no']} {party.reg_no}", vat, party.address, f"{w['phone']} {party.phone}", party.email)
    return "\n".join(part for part in parts if part)


def _customer_lines(party: Party, w: dict[str, str]) -> list[str]:
    lines = [f"{w['reg_no']} {party.reg_no}" if party.reg_no else "", party.address, party.email]
    return [line for line in lines if line]


def _parts(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def _grouped(text: str) -> str:
    return "\u00a0".join(text[start : start + 4] for start in range(0, len(text), 4))


def _number(value: Decimal, places: int = 0) -> str:
    """Return a number with a decimal comma, at least `places` places and no needless zeros."""
    text = f"{value:,.4f}".replace(",", "\u00a0")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole},{fraction}" if fraction else whole
