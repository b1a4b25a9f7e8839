"""Terms of use: how a text is built up, and when a version may be published (S1-77, C7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.errors import PortalError

_HEADING = re.compile(r"[IVXLC]+\.\s+\S")
_CLAUSE = re.compile(r"(\d+(?:\.\d+)*)\.\s+(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of the text: `heading`, `clause` (with its number and depth 1..4) or `text`."""

    kind: str
    text: str
    number: str = ""
    depth: int = 1


FILE_TYPE = "application/pdf"


def check_file(start: bytes) -> None:
    """Raise PortalError terms_file_type unless a file that begins so is a PDF (ISO 32000: `%PDF-` at its beginning)."""
    if not start.startswith(b"%PDF-"):
        raise PortalError("identity.terms_file_type", field="file")


def lines(text: str) -> str:
    """Return a text with plain line ends: its hash must not depend on where it was typed (browsers send CR LF)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")



def blocks(text: str) -> Iterator[Block]:
    """Yield the pieces of a text: headings begin with a Roman number, clauses with `1.` or `2.1.`."""
    for piece in re.split(r"\n\s*\n|\n(?=\s*\d+(?:\.\d+)*\.\s)|\n(?=[IVXLC]+\.\s)", text):
        words = " ".join(piece.split())
        if not words:
            continue
        clause = _CLAUSE.fullmatch(words)
        if _HEADING.match(words):
            yield Block("heading", words)
        elif clause:
            yield Block("clause", clause[2], clause[1] + ".", min(4, clause[1].count(".") + 1))
        else:
            yield Block("text", words)


def may_begin(valid_from: date, today: date, latest: date | None) -> None:
    """Raise PortalError valid_from_too_early unless a version may come into force on a day: not before today, and after
    the version before it (None: whatever that is).
    """
    if valid_from < today or (latest is not None and valid_from <= latest):
        raise PortalError("identity.valid_from_too_early", field="valid_from")


def may_publish(
    *, drafted_by: UUID, approver: UUID | None, approved_on: date, valid_from: date, today: date, latest: date | None
) -> None:
    """Raise PortalError unless a draft may become a version: four eyes, and in force neither before now nor before
    the version before it.
    """
    if approver is None or approver == drafted_by:
        raise PortalError("identity.four_eyes")
    if approved_on > today:
        raise PortalError("identity.approved_in_future", field="approved_on")
    may_begin(valid_from, today, latest)
