"""An API client as an outsider would write it, with `requests`: sign in once, send the secret as a bearer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import requests

from tests.journeys.people import PASSWORD, Person

PREFIX = "/api/v1"
Found = TypeVar("Found")


class Refused(AssertionError):
    """The API answered with a problem; `problem` is the RFC 9457 document."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.problem = response.json() if "json" in response.headers.get("Content-Type", "") else {}
        asked = f"{response.request.method} {response.request.url}"
        super().__init__(f"{asked} answered {response.status_code}: {response.text[:600]}")

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))


class Api:
    """`/api/v1` as one person sees it; without a person, as nobody does."""

    def __init__(self, base: str, secret: str | None = None, *, language: str = "lv", who: str = "nobody") -> None:
        self.base = base.rstrip("/")
        self.who = who
        self.secret = secret
        self.person: dict[str, Any] = {}
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = language
        if secret:
            self.http.headers["Authorization"] = f"Bearer {secret}"

    @classmethod
    def signed_in(cls, base: str, person: Person, *, language: str = "lv") -> Api:
        """Sign in; accept the terms when the account has yet to."""
        first = cls(base, language=language, who=person.name)
        body = {"email": person.email, "password": PASSWORD, "audience": person.audience}
        made = first.post("/session", body)
        terms = made["person"].get("terms_to_accept")
        if terms:
            made = cls(base, made["secret"], language=language).post("/session/terms", {"terms_id": terms})
        api = cls(base, made["secret"], language=language, who=person.name)
        api.person = made["person"]
        return api

    @property
    def client_id(self) -> str:
        return str(self.person["client_id"])

    def send(self, method: str, path: str, **how: Any) -> requests.Response:
        """Send a request below /api/v1 and return the answer, whatever it is."""
        url = path if path.startswith("http") else f"{self.base}{PREFIX}{path}"
        return self.http.request(method, url, timeout=30, allow_redirects=False, **how)

    def ask(self, method: str, path: str, **how: Any) -> Any:
        """Send a request and return its JSON (None for 204). Raises Refused for 4xx and 5xx."""
        response = self.send(method, path, **how)
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """POST JSON; `key` goes into Idempotency-Key."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.ask("POST", path, json={} if body is None else body, headers=headers)

    def put(self, path: str, body: Any, *, etag: str | None = None) -> Any:
        return self.ask("PUT", path, json=body, headers={"If-Match": etag} if etag else {})

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", path)

    def all(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page by its cursor."""
        after: str | None = None
        while True:
            page = self.get(path, **query, **({"after": after} if after else {}))
            yield from page["items"]
            after = page["next"]
            if after is None:
                return


def is_over(api: Api, seconds: float = 20.0) -> None:
    """Wait until a session has ended in every process of the gateway; the one that did not end it has to be told."""
    eventually("the end of a session", lambda: api.send("GET", "/session").status_code == 401, seconds)


def fresh_key() -> str:
    """A new idempotency key."""
    return uuid.uuid4().hex


def eventually(what: str, look: Callable[[], Found | None], seconds: float = 20.0) -> Found:
    """Return what `look` finds as soon as it is something; the suite is asynchronous where another service acts."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.15)
