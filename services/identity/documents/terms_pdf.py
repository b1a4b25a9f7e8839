"""A version of the terms as PDF/A-3a and PDF/UA-1, made when it is asked for from the text that never changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

from chassis.days import format_day
from services.identity.messages import TermsVersion

TEMPLATE = Path(__file__).with_name("terms.typ")
STANDARDS: Any = ["a-3a", "ua-1"]


def render(version: TermsVersion) -> bytes:
    """Return the PDF. Pure CPU work of some milliseconds: call it off the event loop."""
    day = version.approved_on
    content = {
        "title": version.title,
        "approved": f"Apstiprināts {format_day(day)}",
        "valid": f"Spēkā no {format_day(version.valid_from)}",
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "hash": version.text_sha256,
        "blocks": [block.model_dump() for block in version.blocks],
    }
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            None,
            format="pdf",
            sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
        )
    )
