"""Who the benchmarks act as: the demo's people."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests import stack

PASSWORD = "Parole-2026"


@dataclass(frozen=True)
class SignedIn:
    """A session's bearer secret and the client it acts for."""

    secret: str
    client: UUID | None

    @property
    def headers(self) -> dict[str, str]:
        """Return the header that carries the session."""
        return {"Authorization": f"Bearer {self.secret}"}


def _send(path: str, body: dict[str, object], headers: dict[str, str] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{stack.portal_url()}/api/v1{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"} | (headers or {}),
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))


def sign_in(email: str, audience: str = "customer") -> SignedIn:
    """Return a new session at the API, with the terms accepted. Raises urllib.error.HTTPError when refused."""
    data = _send("/session", {"email": email, "password": PASSWORD, "audience": audience})
    person = data["person"]
    if person["terms_to_accept"]:
        headers = {"Authorization": f"Bearer {data['secret']}"}
        data = _send("/session/terms", {"terms_id": person["terms_to_accept"]}, headers)
        person = data["person"]
    client = person["client_id"]
    return SignedIn(data["secret"], UUID(client) if client else None)
