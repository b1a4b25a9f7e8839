"""The frames that cross the bus with every call, coded by hand; pika's generic coder takes five times as long."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct, pack
from typing import Any

from pika import data as pika_data
from pika import spec

FRAME_METHOD, FRAME_HEADER, FRAME_BODY, FRAME_HEARTBEAT = 1, 2, 3, 8
FRAME_END = b"\xce"
HEARTBEAT_FRAME = b"\x08\x00\x00\x00\x00\x00\x00\xce"

FRAME_START = Struct(">BHI")
_U32 = Struct(">I")
_I64 = Struct(">q")
_U64 = Struct(">Q")
_CONTENT = Struct(">HHQH")

DELIVER = b"\x00\x3c\x00\x3c"  # basic.deliver: class 60, method 60
RETURN = b"\x00\x3c\x00\x32"
ACK = b"\x00\x3c\x00\x50"
NACK = b"\x00\x3c\x00\x78"


class Properties:
    """The message properties this suite uses; `headers` is None when they could not be read."""

    __slots__ = (
        "content_encoding",
        "content_type",
        "correlation_id",
        "delivery_mode",
        "expiration",
        "headers",
        "message_id",
        "reply_to",
        "type",
    )

    def __init__(
        self,
        *,
        content_type: str | None = None,
        content_encoding: str | None = None,
        headers: dict[str, Any] | None = None,
        delivery_mode: int | None = None,
        correlation_id: str | None = None,
        reply_to: str | None = None,
        expiration: str | None = None,
        message_id: str | None = None,
        type: str | None = None,
    ) -> None:
        self.content_type = content_type
        self.content_encoding = content_encoding
        self.headers = headers
        self.delivery_mode = delivery_mode
        self.correlation_id = correlation_id
        self.reply_to = reply_to
        self.expiration = expiration
        self.message_id = message_id
        self.type = type

    def encode(self) -> bytes:
        """Return the flags and values as they follow the body size in a content header frame."""
        pieces: list[bytes] = []
        encoded = spec.BasicProperties(
            content_type=self.content_type,
            content_encoding=self.content_encoding,
            headers=self.headers,
            delivery_mode=self.delivery_mode,
            correlation_id=self.correlation_id,
            reply_to=self.reply_to,
            expiration=self.expiration,
            message_id=self.message_id,
            type=self.type,
        ).encode()
        pieces.extend(encoded)
        return b"".join(pieces)


def short(text: str) -> bytes:
    """Return an AMQP short string. Raises ValueError beyond 255 bytes."""
    raw = text.encode()
    return bytes((len(raw),)) + raw


def header_text(key: bytes, value: str) -> bytes:
    """Return one entry of a headers table with a text value; `key` comes from `short()`."""
    raw = value.encode()
    return key + b"S" + _U32.pack(len(raw)) + raw


def header_number(key: bytes, value: int) -> bytes:
    """Return one entry of a headers table with a 64-bit number."""
    return key + b"l" + _I64.pack(value)


_JSON_UTF8 = short("application/json") + short("utf-8")


def rpc_properties(headers: bytes, correlation_id: str, reply_to: str, expiration_ms: int) -> bytes:
    """Return the properties of a call: JSON, transient, with reply address and time to live."""
    # flags: content type, encoding, headers, delivery mode, correlation id, reply to, expiration
    return (
        b"\xf7\x00" + _JSON_UTF8 + _U32.pack(len(headers)) + headers + b"\x01"
        + short(correlation_id) + short(reply_to) + short(str(expiration_ms))
    )  # fmt: skip


def reply_properties(correlation_id: str | None) -> bytes:
    """Return the properties of a reply: JSON, transient, an empty headers table for stock clients."""
    if correlation_id is None:
        return b"\xf0\x00" + _JSON_UTF8 + b"\x00\x00\x00\x00\x01"
    return b"\xf4\x00" + _JSON_UTF8 + b"\x00\x00\x00\x00\x01" + short(correlation_id)


@lru_cache(maxsize=4096)
def publish_method(channel: int, exchange: str, routing_key: str, mandatory: bool) -> bytes:
    """Return the whole basic.publish method frame; the same few are sent over and over."""
    payload = b"\x00\x3c\x00\x28\x00\x00" + short(exchange) + short(routing_key) + (b"\x01" if mandatory else b"\x00")
    return FRAME_START.pack(FRAME_METHOD, channel, len(payload)) + payload + FRAME_END


def content_frames(channel: int, properties: bytes, body: bytes, frame_max: int) -> bytes:
    """Return the header frame and the body frames of one message."""
    head = b"\x00\x3c\x00\x00" + _U64.pack(len(body)) + properties
    frames = FRAME_START.pack(FRAME_HEADER, channel, len(head)) + head + FRAME_END
    room = frame_max - 8
    if len(body) <= room:
        return frames + FRAME_START.pack(FRAME_BODY, channel, len(body)) + body + FRAME_END if body else frames
    parts = [frames]
    for start in range(0, len(body), room):
        part = body[start : start + room]
        parts += (FRAME_START.pack(FRAME_BODY, channel, len(part)), part, FRAME_END)
    return b"".join(parts)


def ack_frame(channel: int, tag: int, multiple: bool = False) -> bytes:
    """Return a basic.ack frame."""
    return pack(">BHI", FRAME_METHOD, channel, 13) + ACK + _U64.pack(tag) + (b"\x01\xce" if multiple else b"\x00\xce")


def reject_frame(channel: int, tag: int, requeue: bool) -> bytes:
    """Return a basic.reject frame."""
    return (
        pack(">BHI", FRAME_METHOD, channel, 13)
        + b"\x00\x3c\x00\x5a"
        + _U64.pack(tag)
        + (b"\x01\xce" if requeue else b"\x00\xce")
    )


def read_short(data: bytes, offset: int) -> tuple[str, int]:
    """Return the short string at `offset` and the offset behind it."""
    end = offset + 1 + data[offset]
    return data[offset + 1 : end].decode("utf-8", "replace"), end


def read_deliver(payload: bytes) -> tuple[str, int, bool, str, str]:
    """Return consumer tag, delivery tag, redelivered, exchange and routing key of a basic.deliver payload."""
    consumer, at = read_short(payload, 4)
    tag = _U64.unpack_from(payload, at)[0]
    exchange, end = read_short(payload, at + 9)
    key, _ = read_short(payload, end)
    return consumer, tag, bool(payload[at + 8]), exchange, key


def read_confirm(payload: bytes) -> tuple[int, bool]:
    """Return the tag and the `multiple` flag of a basic.ack or basic.nack."""
    return _U64.unpack_from(payload, 4)[0], bool(payload[12] & 1)


def read_content_header(payload: bytes) -> tuple[int, Properties]:
    """Return body size and properties; a table that cannot be read leaves `headers` None (the message is malformed)."""
    _, _, size, flags = _CONTENT.unpack_from(payload, 0)
    properties = Properties()
    try:
        _read_properties(payload, 14, flags, properties)
    except Exception:
        properties.headers = None
    return size, properties


def _read_properties(data: bytes, at: int, flags: int, properties: Properties) -> None:
    if flags & 0x8000:
        properties.content_type, at = read_short(data, at)
    if flags & 0x4000:
        properties.content_encoding, at = read_short(data, at)
    headers: dict[str, Any] = {}
    if flags & 0x2000:
        headers, at = _read_table(data, at)
    if flags & 0x1000:
        properties.delivery_mode = data[at]
        at += 1
    if flags & 0x0800:  # priority: read over it
        at += 1
    if flags & 0x0400:
        properties.correlation_id, at = read_short(data, at)
    if flags & 0x0200:
        properties.reply_to, at = read_short(data, at)
    if flags & 0x0100:
        properties.expiration, at = read_short(data, at)
    if flags & 0x0080:
        properties.message_id, at = read_short(data, at)
    if flags & 0x0040:  # timestamp
        at += 8
    if flags & 0x0020:
        properties.type, at = read_short(data, at)
    properties.headers = headers


def _read_table(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    end = at + 4 + _U32.unpack_from(data, at)[0]
    if end > len(data):
        raise ValueError("headers table runs past its frame")
    at += 4
    table: dict[str, Any] = {}
    value: Any
    while at < end:
        key, at = read_short(data, at)
        kind = data[at]
        if kind == 0x53:  # long string
            size = _U32.unpack_from(data, at + 1)[0]
            at += 5
            value = data[at : at + size].decode("utf-8", "replace")
            at += size
        elif kind == 0x6C:  # 64-bit number
            value = _I64.unpack_from(data, at + 1)[0]
            at += 9
        else:
            value, at = pika_data.decode_value(data, at)
        table[key] = value
    return table, end
