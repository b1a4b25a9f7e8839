"""From a rendered text to the parts of a message: plain text, accessible HTML, a short text.

A template is a text: headers (`Subject:`, `Button:`, `Sms:`), an empty line, paragraphs. A line that begins with
`> ` quotes somebody; one that begins with `- ` is an item of a list.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

HEADERS = ("Subject", "Button", "Sms")
# A Latvian day ends with a full stop of its own, `21.11.2026.`; a sentence that ends with one needs no second.
_TWO_STOPS = re.compile(r"(\d{4}\.)\.(?!\.)")
MOST_SUBJECT, MOST_SMS = 160, 300


@dataclass(frozen=True, slots=True)
class Template:
    """The parts of a template before its words are filled in."""

    subject: str
    button: str
    sms: str
    body: str


def read_template(source: str) -> Template:
    """Read a template. Raises ValueError for a missing header or an empty body."""
    head, _, body = source.replace("\r\n", "\n").partition("\n\n")
    found = dict(line.partition(":")[::2] for line in head.split("\n") if ":" in line)
    missing = [name for name in HEADERS if not found.get(name, "").strip()]
    if missing or not body.strip():
        raise ValueError(f"template lacks {', '.join(missing) or 'a body'}")
    return Template(found["Subject"].strip(), found["Button"].strip(), found["Sms"].strip(), body.strip() + "\n")


def one_line(text: str, limit: int) -> str:
    """Return a text as one line of at most `limit` characters, for a subject or a short message."""
    plain = _TWO_STOPS.sub(r"\1", " ".join("".join(c if c.isprintable() else " " for c in text).split(" ")))
    plain = " ".join(part for part in plain.split(" ") if part)
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def quote(text: str) -> str:
    """Return somebody's words as lines that begin with `> `, so that nothing in them is taken for our own."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n"))


def plain_body(text: str) -> str:
    """Return a rendered body with at most one empty line between paragraphs and none at the ends."""
    return _TWO_STOPS.sub(r"\1", re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip())


def html_body(text: str) -> str:
    """Return the paragraphs of a plain body as HTML; every word of it is escaped."""
    blocks = []
    for block in plain_body(text).split("\n\n"):
        lines = block.split("\n")
        if all(line == ">" or line.startswith("> ") for line in lines):
            blocks.append("<blockquote>" + "<br>".join(html.escape(line[2:]) for line in lines) + "</blockquote>")
        elif all(line.startswith("- ") for line in lines):
            blocks.append("<ul>" + "".join(f"<li>{html.escape(line[2:])}</li>" for line in lines) + "</ul>")
        else:
            blocks.append("<p>" + "<br>".join(html.escape(line) for line in lines) + "</p>")
    return "\n".join(blocks)
