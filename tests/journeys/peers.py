"""The other parties: the bank, the mail and SMS catchers, and what can be asked of them."""

from __future__ import annotations

from typing import Any

import requests

from tests import stack


def _port(name: str) -> str:
    return f"http://127.0.0.1:{stack.endpoints()['ports'][name]}"


class Bank:
    """The sandbox bank, told by tests what to do (`POST /test/purchases/<id>/decide`)."""

    def __init__(self) -> None:
        self.url = _port("bank")

    def decide(self, redirect_url: str, mode: str, **more: Any) -> None:
        """Make the bank approve, twice, before, never, delay, decline or cancel the payment behind a pay page."""
        number = redirect_url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
        answer = requests.post(f"{self.url}/test/purchases/{number}/decide", json={"mode": mode, **more}, timeout=10)
        assert answer.status_code == 200, f"the bank would not {mode}: {answer.status_code} {answer.text[:300]}"
