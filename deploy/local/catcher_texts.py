"""The words of the catchers' pages, and what their pages share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from markupsafe import Markup, escape
from werkzeug.serving import WSGIRequestHandler

RIGA = ZoneInfo("Europe/Riga")
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")

TEXTS = {
    "lv": {
        "mail": "Pasta ķērājs", "sms": "Īsziņu ķērājs", "other": "English", "other_code": "en",
        "honest": "Šeit nonāk viss, ko portāls sūta šajā datorā. Nekas netiek piegādāts īstiem adresātiem.",
        "search": "Meklēt pēc adresāta vai temata", "find": "Meklēt", "to": "Adresāts", "subject": "Temats",
        "sent": "Saņemts", "text": "Teksts", "from": "No", "none": "Vēl nav neviena ziņojuma.", "back": "Visi ziņojumi",
        "none_found": "Nekas nav atrasts.", "plain": "Teksta daļa", "rich": "Noformētā daļa", "raw": "Avots",
        "phone": "Tālrunis", "reference": "Atsauce",
        "faults": "Kļūdu pārbaudei: uz adresi reject@… atbilde ir pastāvīga kļūda 550, uz later@… pirmajās divās reizēs"
                  " īslaicīga kļūda 451.",
        "sms_faults": "Kļūdu pārbaudei: numuram, kas beidzas ar 0000, atbilde ir pastāvīga kļūda 422, ar 1111 pirmajās"
                      " divās reizēs 503.",
    },
    "en": {
        "mail": "Mail catcher", "sms": "SMS catcher", "other": "Latviešu", "other_code": "lv",
        "honest": "Everything the portal sends on this computer ends up here. Nothing reaches real addressees.",
        "search": "Search by addressee or subject", "find": "Search", "to": "To", "subject": "Subject",
        "sent": "Received", "text": "Text", "from": "From", "none": "No messages yet.", "back": "All messages",
        "none_found": "Nothing found.", "plain": "Text part", "rich": "Formatted part", "raw": "Source",
        "phone": "Phone", "reference": "Reference",
        "faults": "To try failures: reject@… is answered with the permanent error 550, later@… with the transient error"
                  " 451 the first two times.",
        "sms_faults": "To try failures: a number ending in 0000 is answered with the permanent error 422, one ending in"
                      " 1111 with 503 the first two times.",
    },
}  # fmt: skip


def language() -> str:
    """Return the language of the page asked for."""
    chosen = request.args.get("language", "lv")
    return chosen if chosen in TEXTS else "lv"


def moment(at: float) -> str:
    """Return a moment as Latvians write it."""
    return f"{datetime.fromtimestamp(at, RIGA):%d.%m.%Y. %H:%M:%S}"


def iso(at: float) -> str:
    """Return a moment in ISO form, UTC."""
    return datetime.fromtimestamp(at, ZoneInfo("UTC")).isoformat()


def linked(text: str) -> Markup:
    """Return plain text as HTML in which addresses can be followed."""
    out, last = Markup(""), 0
    for found in LINK.finditer(text):
        url = found.group()
        out += escape(text[last : found.start()]) + Markup('<a href="{0}">{0}</a>').format(url)
        last = found.end()
    return out + escape(text[last:])


class Quiet(WSGIRequestHandler):
    """Logs everything but health probes, which would drown the rest."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        if not self.path.startswith("/healthz"):
            # Without the question: whoever looks for an address must not write it into a log.
            self.path = self.path.partition("?")[0]
            super().log_request(code, size)
