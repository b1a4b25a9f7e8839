"""The other parties: the bank, the mail and SMS catchers, and what can be asked of them."""

from __future__ import annotations

import re
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


class Mail:
    """The mail catcher: what the portal sent, oldest ids first."""

    def __init__(self) -> None:
        self.url = _port("mail-ui")

    def latest(self) -> int:
        """The number of the newest message, to look only at what comes after it."""
        return max((int(row["id"]) for row in self._rows("")), default=0)

    def _rows(self, to: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.url}/api/messages", params={"to": to}, timeout=10).json()
        return found

    def to(self, address: str, *, after: int = 0) -> list[dict[str, Any]]:
        """Messages to an address with a number above `after`."""
        return [row for row in self._rows(address) if int(row["id"]) > after]


def token_in(message: dict[str, Any]) -> str:
    """The secret of the link in a mail."""
    found = re.search(r"/link\?t=([\w-]+)", message["text"])
    assert found, message["text"]
    return found[1]


def code_in(message: dict[str, Any]) -> str:
    """The code in a mail."""
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", message["text"])
    assert found, message["text"]
    return found[0]


def decoded_pdf(content: bytes) -> str:
    """The words of a PDF file, one space between them."""
    import io

    from pypdf import PdfReader

    pages = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return " ".join(" ".join(pages).replace("\u00a0", " ").replace("\u202f", " ").split())
