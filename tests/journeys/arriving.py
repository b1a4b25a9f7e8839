"""The last steps of every way to an account, in a browser: the mail, its link, a password, the terms."""

from __future__ import annotations

import re
from typing import Any

import requests

from tests.journeys.api_client import eventually
from tests.journeys.browser import Visitor
from tests.journeys.peers import Mail

CHOSEN = "divas zilas laivas 8"


def mailed(mail: Mail, address: str, subject: str) -> dict[str, Any]:
    """The newest mail to an address whose subject holds some words, with its text."""

    def look() -> dict[str, Any] | None:
        rows = [row for row in mail.to(address) if subject in row["subject"]]
        newest = max(rows, key=lambda row: int(row["id"]), default=None)
        return newest and requests.get(f"{mail.url}/api/messages/{newest['id']}", timeout=30).json()

    return eventually(f"a mail “{subject}” to {address}", look, 60)


def arrive(visitor: Visitor, mail: Mail, address: str, *sees: str) -> None:
    """Activate the account by the link of its mail, choose a password, accept the terms where asked; see `sees`."""
    found = re.search(r"(/link\?t=[\w-]+)", mailed(mail, address, "Aktivizējiet")["text"])
    assert found, f"no link in the mail to {address}"
    visitor.go(found[1])
    visitor.sees("Konta aktivizēšana", address)
    visitor.fill(new_password=CHOSEN, new_password_again=CHOSEN)
    visitor.submit()
    visitor.page.wait_for_url(lambda url: "/link" not in url, timeout=60_000)
    if "/terms/accept" in visitor.page.url:
        visitor.main.get_by_label("Lietošanas noteikumi ir izlasīti").check()
        visitor.click("Piekrist un turpināt")
        visitor.page.wait_for_url(lambda url: "/terms/accept" not in url, timeout=60_000)
    visitor.go("/profile")
    visitor.sees(address, *sees)
