"""Files that a service hands out piece by piece, sent on without being held whole."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

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
