"""A document of facts as PDF/A-3a and PDF/UA-1, from `record.typ`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import typst

TEMPLATE = Path(__file__).with_name("record.typ")
STANDARDS: Any = ["a-3a", "ua-1"]


def render(content: dict[str, Any], template: Path = TEMPLATE) -> bytes:
    """Return the PDF of a document's content. CPU work: call it off the event loop."""
    data = json.dumps(content, ensure_ascii=False)
    return bytes(
        typst.compile(
            template.read_bytes(),
            None,
            format="pdf",
            sys_inputs={"data": data},
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
        )
    )


def date_of(day: date) -> dict[str, int]:
    """Return a day as the template reads it."""
    return {"year": day.year, "month": day.month, "day": day.day}


def text(value: Any) -> str:
    """Return a value as text: JSON for what is no text, without signs that cannot be printed."""
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else " " for c in shown)
