"""Files that a service hands out piece by piece, sent on without being held whole, and never shown as a page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from flask import Response, stream_with_context

from gateway.bus import call


def piecewise(ask: Callable[[int], Any], media_type: str) -> Response:
    """Return the file of which `ask(number)` is the request for a piece: name, size, data in base64, None at the end.

    The first piece is asked for before anything is sent, so that a refusal is still an error page.
    """
    first = call(ask(0))

    def pieces() -> Iterator[bytes]:
        piece, number = first, 0
        while piece.data is not None:
            yield base64.b64decode(piece.data)
            number += 1
            piece = call(ask(number))

    response = Response(stream_with_context(pieces()), mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{first.name}"'
    response.headers["Content-Length"] = str(first.size)
    return response


def from_offset(
    first: Any, ask: Callable[[int], Any], *, name: str, size: int, media_type: str, plain: str = ""
) -> Response:
    """Return the file whose pieces `ask(offset)` requests; `first` is the one at 0, and `last` ends them.

    `plain` is the file's name for what reads ASCII only.
    """

    def pieces() -> Iterator[bytes]:
        piece, offset = first, 0
        while True:
            data = base64.b64decode(piece.data)
            yield data
            offset += len(data)
            if piece.last or not data:
                return
            piece = call(ask(offset))

    response = Response(stream_with_context(pieces()), mimetype=media_type)
    ascii_name = f" filename={plain};" if plain else ""
    response.headers["Content-Disposition"] = f"attachment;{ascii_name} filename*=UTF-8''{quote(name, safe='')}"
    response.content_length = size
    return response
