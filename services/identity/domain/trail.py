"""The arithmetic of the audit trail: every record is bound to all before it (B-21).

A link is SHA-256 over the previous link, the record's number and its canonical JSON. The parts that name a person go
in as a salted hash only: they can be taken away later (C13, B-15), and the rest still proves itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

START = b""
PERSONAL = ("actor_name", "address", "detail")
HASHED = (
    "id",
    "at",
    "service",
    "action",
    "outcome",
    "disclosure",
    "actor_kind",
    "actor",
    "client",
    "right",
    "object_kind",
    "object_id",
    "session",
    "correlation_id",
)


def canonical(values: Mapping[str, Any]) -> bytes:
    """Return the one JSON form of `values`: sorted keys, no spaces, ASCII, moments in UTC with microseconds."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_plain).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def clean(text: str | None, longest: int) -> str | None:
    """Return `text` as the trail keeps it: without NUL, which no database text can hold, and of bounded length."""
    return None if text is None else text.replace("\x00", "")[:longest]


def personal_hash(salt: bytes, record: Mapping[str, Any]) -> bytes:
    """Return the salted hash of the parts of a record that name a person."""
    return hashlib.sha256(salt + canonical({key: record[key] for key in PERSONAL})).digest()


def link(previous: bytes, seq: int, record: Mapping[str, Any], personal: bytes) -> bytes:
    """Return the chain value of record number `seq` (from 1), bound to the `previous` one."""
    body = canonical({key: record[key] for key in HASHED} | {"seq": seq, "personal": personal.hex()})
    return hashlib.sha256(previous + body).digest()
