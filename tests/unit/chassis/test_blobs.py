"""Pieces of files as they come over the bus: base64 of a bounded size, or refused by a code."""

from __future__ import annotations

import base64

import pytest

from chassis import blobs
from chassis.errors import PortalError
from chassis.imports.messages import CHUNK_BYTES


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"a" * blobs.CALL_BYTES], ids=["empty", "some", "as much as goes"])
def test_a_piece_is_what_was_sent(data: bytes) -> None:
    assert blobs.decode_piece(base64.b64encode(data).decode()) == data


@pytest.mark.parametrize(
    ("text", "code"),
    [("a", "malformed"), ("a*==", "malformed"), ("āāāā", "malformed"), ("🎺", "malformed"),
     (base64.b64encode(b"a" * (blobs.CALL_BYTES + 1)).decode(), "too_large")],
    ids=["cut off", "another letter", "no ASCII", "no letter", "too much"],
)  # fmt: skip
def test_anything_else_is_refused_and_names_its_field(text: str, code: str) -> None:
    with pytest.raises(PortalError) as refused:
        blobs.decode_piece(text)
    assert (refused.value.code, refused.value.field) == (code, "data")


def test_senders_of_register_files_keep_to_what_one_call_carries() -> None:
    assert CHUNK_BYTES == blobs.CALL_BYTES
