"""Identifiers: UUIDv7 for rows, keyset cursors for pages."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import uuid_utils

from chassis.errors import PortalError


def new_id() -> uuid.UUID:
    """Return a new UUIDv7: unique, and ordered by the moment it was made (RFC 9562)."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def encode_cursor(values: Sequence[Any]) -> str:
    """Return an opaque keyset cursor for the sort values of the last row of a page."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values), default=str)).rstrip(b"=").decode()


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """Read a cursor back as `length` values. Raises PortalError malformed (422, field `after`) for anything else."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise PortalError("malformed", field="after") from error
    if not isinstance(values, list) or len(values) != length or any("\0" in str(value) for value in values):
        raise PortalError("malformed", field="after")
    return values


def encode_place(moment: datetime, id_: uuid.UUID) -> str:
    """Return the cursor of a row in a list that is ordered by a moment and an id."""
    return encode_cursor([moment.isoformat(), str(id_)])


def decode_place(cursor: str) -> tuple[datetime, uuid.UUID]:
    """Return moment and id of a cursor. Raises PortalError malformed (field `after`) for anything else."""
    moment, id_ = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(moment), uuid.UUID(id_)
    except (ValueError, TypeError, AttributeError) as error:
        raise PortalError("malformed", field="after") from error
