"""What programs look up by a fixed address: the keys our tokens are signed with, and how machine clients get tokens."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response

from chassis.access import public
from chassis.errors import PortalError
from gateway.bus import call
from gateway.routing import page
from services.identity.messages import GetSealCertificate, SigningKeys

bp = Blueprint("wellknown", __name__)
KEPT_SECONDS = 300


def document(body: Any) -> Response:
    """Return a JSON document that caches may keep for five minutes."""
    answer = Response(orjson.dumps(body), content_type="application/json")
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    answer.headers["Access-Control-Allow-Origin"] = "*"  # public keys, for scripts of other systems as well
    return answer


@page(bp, "/.well-known/jwks.json", allow=public, pending=True, kind="data")
def jwks() -> Response:
    """The public keys of tokens (RFC 7517): in use, to come, and on their way out."""
    return document({"keys": call(SigningKeys()).keys})


@page(bp, "/.well-known/seal.pem", allow=public, pending=True, kind="data")
def seal() -> Response:
    """The certificate that exports of evidence are signed with."""
    pem = call(GetSealCertificate()).pem
    if pem is None:
        raise PortalError("not_found")
    answer = Response(pem, content_type="application/x-pem-file")
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return answer
