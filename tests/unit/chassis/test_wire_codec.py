"""The hand-made frame coder agrees with pika's, and survives what is broken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec

from chassis.wire import codec
from chassis.wire.codec import Properties

SHORT = st.text(max_size=60)
HEADERS = st.dictionaries(
    st.text(min_size=1, max_size=20),
    st.one_of(st.text(max_size=300), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.none()),
    max_size=8,
)


def decoded(data: bytes) -> list[Any]:
    """All frames of `data` as pika reads them."""
    frames = []
    while data:
        used, one = frame.decode_frame(data)
        frames.append(one)
        data = data[used:]
    return frames


@given(headers=HEADERS, correlation=SHORT, reply=SHORT, kind=SHORT)
def test_properties_are_read_back(headers: dict[str, Any], correlation: str, reply: str, kind: str) -> None:
    encoded = Properties(
        content_type="application/json", headers=headers, delivery_mode=2, correlation_id=correlation, reply_to=reply,
        message_id="m", type=kind, expiration="100", content_encoding="utf-8",
    ).encode()  # fmt: skip
    size, read = codec.read_content_header(b"\x00\x3c\x00\x00" + (5).to_bytes(8, "big") + encoded)
    assert size == 5
    assert read.headers == headers
    assert (read.correlation_id, read.reply_to, read.type, read.message_id) == (correlation, reply, kind, "m")
    assert (read.delivery_mode, read.expiration, read.content_encoding) == (2, "100", "utf-8")


@given(body=st.binary(max_size=3000), key=st.text(max_size=50), room=st.integers(100, 1000))
def test_pika_reads_what_we_publish(body: bytes, key: str, room: int) -> None:
    headers = codec.header_text(codec.short("a"), key) + codec.header_number(codec.short("n"), 2**40)
    properties = codec.rpc_properties(headers, "c1", "r1", 5000)
    data = codec.publish_method(3, "nameko-rpc", key, True) + codec.content_frames(3, properties, body, room)
    method, header, *parts = decoded(data)
    assert isinstance(method.method, spec.Basic.Publish)
    assert (method.method.exchange, method.method.routing_key, method.method.mandatory) == ("nameko-rpc", key, True)
    assert header.body_size == len(body)
    assert header.properties.headers == {"a": key, "n": 2**40}
    assert (header.properties.reply_to, header.properties.expiration, header.properties.delivery_mode) == (
        "r1",
        "5000",
        1,
    )
    assert b"".join(part.fragment for part in parts) == body


def test_pika_reads_our_acknowledgements() -> None:
    ack, nack = decoded(codec.ack_frame(1, 2**40) + codec.reject_frame(2, 7, True))
    assert (ack.method.delivery_tag, ack.method.multiple) == (2**40, False)
    assert (nack.method.delivery_tag, nack.method.requeue) == (7, True)


@pytest.mark.parametrize("with_id", [None, "c"])
def test_pika_reads_our_replies(with_id: str | None) -> None:
    (header,) = decoded(codec.content_frames(1, codec.reply_properties(with_id), b"", 1000))
    assert (header.properties.correlation_id, header.properties.headers) == (with_id, {})


@given(junk=st.binary(max_size=60))
def test_broken_properties_leave_the_headers_unread(junk: bytes) -> None:
    payload = b"\x00\x3c\x00\x00" + bytes(8) + b"\x20\x00" + b"\x00\x00\x10\x00" + junk  # a table of 4096 bytes
    _, read = codec.read_content_header(payload)
    assert read.headers is None


def test_a_short_string_has_255_bytes_at_most() -> None:
    with pytest.raises(ValueError, match="256"):
        codec.short("ā" * 128)
