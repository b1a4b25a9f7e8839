"""What was confirmed, as one hash: the same content always gives the same hash (S1-72)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping


def content_hash(
    form: str, version: int, data: Mapping[str, str], attachments: Iterable[tuple[str, str]], statement: str
) -> str:
    """Return the SHA-256 (hex) of a confirmed document.

    `attachments` are (name, sha256) pairs; their order and the order of the fields do not matter.
    """
    document = {
        "form": form,
        "version": version,
        "data": dict(data),
        "attachments": sorted(list(pair) for pair in attachments),
        "statement": statement,
    }
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def case_number(year: int, number: int) -> str:
    """Return the number people see, `P-2026-000017`. Raises ValueError for a number below 1."""
    if number < 1:
        raise ValueError("case numbers begin at 1")
    return f"P-{year:04d}-{number:06d}"
