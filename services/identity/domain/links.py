"""One-time links: how long they hold, and the secret and the typed code that belong to one (C3, C4, C9, B-02).

Both are derived from the link's id with a key, so nothing that opens an account is ever kept: who reads a table, a
backup or an event cannot use a link, and whoever sends the mail asks for them at the moment of sending.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

State = Literal["open", "used", "expired", "replaced", "unknown"]

_MAC_BYTES = 24
# Crockford's alphabet: nothing that is read out or copied wrongly (no I, L, O, U). Ten characters are 50 bits, of
# which five tries are looked at.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
CODE_LENGTH = 10
CODE_TRIES = 5


@dataclass(frozen=True)
class LinkFacts:
    """What decides whether a link still opens anything."""

    expires_at: datetime
    used_at: datetime | None = None
    ended_at: datetime | None = None


def state(link: LinkFacts, at: datetime) -> State:
    """Return what has become of a link at the moment `at`; a link is dead from the moment it expires."""
    if link.used_at is not None:
        return "used"
    if link.ended_at is not None:
        return "replaced"
    return "expired" if at >= link.expires_at else "open"


def _mac(key: str, what: str, link_id: UUID) -> bytes:
    return hmac.digest(key.encode(), what.encode() + b":" + link_id.bytes, "sha256")


def token(key: str, link_id: UUID) -> str:
    """Return the secret part of a link's address: its id and 192 bits that only the key's holder can make."""
    raw = link_id.bytes + _mac(key, "link", link_id)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def link_of(key: str, given: str) -> UUID | None:
    """Return the id of the link whose secret was given, None for anything that is not one."""
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _MAC_BYTES:
        return None
    link_id = UUID(bytes=raw[:16])
    # Compared as text: several texts decode to the same bytes, only the one we sent counts.
    return link_id if hmac.compare_digest(token(key, link_id).encode(), given.encode()) else None


def code(key: str, link_id: UUID) -> str:
    """Return the code that can be typed instead of opening the link, as it stands in the mail: `7KQ2M-X9D4T`."""
    number = int.from_bytes(_mac(key, "code", link_id)[:8], "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    text = "".join(letters)
    return f"{text[:5]}-{text[5:]}"


def typed(given: str) -> str:
    """Return a code as typed in its comparable form: letter case, spaces, dashes and look-alikes do not matter."""
    return "".join(c for c in given.upper().translate(_LOOKALIKES) if c in _ALPHABET)


def is_code(key: str, link_id: UUID, given: str) -> bool:
    """Tell, in constant time, whether `given` is the code of a link."""
    return hmac.compare_digest(typed(code(key, link_id)).encode(), typed(given).encode())
