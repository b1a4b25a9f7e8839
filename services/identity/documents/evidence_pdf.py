"""Records of the audit trail as a document: what was asked for, by whom, and every record with its chain value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.days import RIGA, format_day, riga_day
from services.identity.documents import record_pdf

LONGEST_VALUE = 2000
_WORDS = {
    "lv": {
        "title": "Darbību ierakstu izguve", "page": "Lapa", "records": "Ieraksti", "office": "Iestāde",
        "asked_by": "Pieprasīja", "asked_at": "Pieprasīts", "filter": "Meklēts", "all": "visi ieraksti",
        "rows": "Ierakstu skaits", "first": "Pirmais ieraksts", "last": "Pēdējais ieraksts",
        "end": "Ierakstu virknes gals pieprasīšanas brīdī", "csv": "CSV datnes SHA-256",
        "who": "Persona", "action": "Darbība", "object": "Objekts", "client": "Klients", "right": "Ar tiesībām",
        "session": "Sesija", "reference": "Atsauce", "detail": "Dati", "chain": "Ķēdes vērtība",
        "lead": "Katra ieraksta ķēdes vērtība ir atkarīga no visiem iepriekšējiem ierakstiem. Šī dokumenta un CSV "
        "datnes paraksti ir datnēs ar paplašinājumu p7s; kā tos pārbaudīt, teikts datnē VERIFY.txt.",
    },
    "en": {
        "title": "Export of the audit trail", "page": "Page", "records": "Records", "office": "Office",
        "asked_by": "Asked for by", "asked_at": "Asked for at", "filter": "Searched for", "all": "all records",
        "rows": "Number of records", "first": "First record", "last": "Last record",
        "end": "End of the trail when it was asked for", "csv": "SHA-256 of the CSV file",
        "who": "Person", "action": "Action", "object": "Object", "client": "Client", "right": "By right",
        "session": "Session", "reference": "Reference", "detail": "Data", "chain": "Chain value",
        "lead": "The chain value of every record depends on all records before it. The signatures of this document and "
        "of the CSV file are in the files that end in p7s; VERIFY.txt says how to verify them.",
    },
}  # fmt: skip
FILTERS = {
    "person": ("persona", "person"), "client": ("klients", "client"), "client_id": ("klienta ID", "client's id"),
    "action": ("darbība", "action"), "object_type": ("objekta veids", "kind of object"),
    "object_id": ("objekts", "object"), "from_service": ("sistēma", "service"), "address": ("adrese", "address"),
    "outcome": ("iznākums", "outcome"), "from_day": ("no", "from"), "to_day": ("līdz", "to"),
}  # fmt: skip
_OUTCOMES = {"done": ("izdarīts", "done"), "refused": ("atteikts", "refused"), "failed": ("neizdevās", "failed")}


def render(
    export: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, office: str, csv_sha256: str
) -> bytes:
    """Return the PDF (PDF/A-3a). CPU work, a second for 1 500 records: call it off the event loop."""
    return record_pdf.render(content(export, rows, office=office, csv_sha256=csv_sha256))


def content(
    export: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, office: str, csv_sha256: str
) -> dict[str, Any]:
    """Return everything that stands on the document; `export` is a row of audit_exports, `rows` its records."""
    w, place = _WORDS[export["language"]], 0 if export["language"] == "lv" else 1
    asked = [f"{FILTERS[name][place]}: {value}" for name, value in export["filter"].items()]
    facts = [
        [w["office"], office],
        [w["asked_by"], export["asked_by_name"]],
        [w["asked_at"], _moment(export["asked_at"])],
        [w["filter"], "; ".join(asked) or w["all"]],
        [w["rows"], str(len(rows))],
        [w["first"], f"{export['first_seq']}, {export['first_chain']}"],
        [w["last"], f"{export['last_seq']}, {export['last_chain']}"],
        [w["end"], f"{export['until_seq']}, {export['until_chain']}"],
        [w["csv"], csv_sha256],
    ]
    records = [_lines(row, w, place) for row in rows]
    return {
        "title": w["title"], "author": office, "language": export["language"], "page": w["page"],
        "date": record_pdf.date_of(riga_day(export["asked_at"])),
        "facts": [[label, record_pdf.text(value)] for label, value in facts], "lead": [w["lead"]],
        "sections": [{"title": w["records"], "groups": [{"title": "", "note": "", "rows": records}]}],
    }  # fmt: skip


def _lines(row: Mapping[str, Any], w: Mapping[str, str], place: int) -> list[list[str]]:
    who = row["actor_name"] or row["actor_id"] or row["actor_kind"]
    outcome = _OUTCOMES.get(row["outcome"], (row["outcome"],) * 2)[place]
    lines = [
        [str(row["seq"]), _moment(row["at"])],
        [w["who"], ", ".join(str(part) for part in (who, row["actor_kind"], row["address"]) if part)],
        [w["action"], f"{row['action']} · {outcome}"],
        [w["object"], " ".join(part for part in (row["object_type"], row["object_id"]) if part)],
        [w["client"], row["client_name"] or str(row["client_id"] or "")],
        [w["right"], row["right"] or ""],
        [w["session"], str(row["session_id"] or "")],
        [w["reference"], row["correlation_id"] or ""],
        [w["detail"], record_pdf.text(row["detail"]) if row["detail"] else ""],
        [w["chain"], row["chain"]],
    ]
    return [[label, record_pdf.text(value)[:LONGEST_VALUE]] for label, value in lines if value]


def _moment(at: Any) -> str:
    return f"{format_day(riga_day(at))} {at.astimezone(RIGA):%H:%M:%S}"
