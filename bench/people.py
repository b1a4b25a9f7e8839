"""Who the benchmarks act as: the demo's people."""

from __future__ import annotations

import json
import urllib.request

from chassis.demo_ids import CLIENT_RADIO
from tests import stack

__all__ = ["CLIENT_RADIO", "PASSWORD", "sign_in"]

PASSWORD = "Parole-2026"


def sign_in(email: str, audience: str = "customer") -> str:
    """Return a session token for the API. Raises urllib.error.HTTPError when the portal refuses."""
    body = json.dumps({"email": email, "password": PASSWORD, "audience": audience}).encode()
    request = urllib.request.Request(
        f"{stack.portal_url()}/api/v1/session", data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["token"])
