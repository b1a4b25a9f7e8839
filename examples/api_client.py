"""An API client as an outsider would write one: sign in, list unpaid invoices, pay two of them in one payment.

    pip install requests
    python examples/api_client.py --portal http://127.0.0.1:8080 --email anna@radiolinks.example

The password is asked for, or taken from PORTAL_PASSWORD.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import uuid
from typing import Any

import requests


class Portal:
    """The part of the API this example uses."""

    def __init__(self, base: str, email: str, password: str) -> None:
        self.api = base.rstrip("/") + "/api/v1"
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = "en"
        answer = self._send("POST", "/session", json={"email": email, "password": password})
        self.http.headers["Authorization"] = f"Bearer {answer['secret']}"

    def _send(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self.http.request(method, self.api + path, timeout=10, **arguments)
        if answer.status_code >= 400:
            # RFC 9457: `title` is a sentence for people, `type` names the problem for programs.
            problem = answer.json()
            sys.exit(f"{answer.status_code} {problem.get('title')} ({problem.get('type')})")
        return answer.json() if answer.content else {}

    def unpaid(self) -> list[dict[str, Any]]:
        """Return all unpaid invoices, page by page."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = self._send(
                "GET", "/invoices", params={"state": "unpaid", "sort": "due", "limit": 100, "after": after}
            )
            found += page["items"]
            after = page["next"]
            if not after:
                return found

    def pay(self, invoice_ids: list[str]) -> dict[str, Any]:
        """Start one payment over several invoices. The key makes it safe to send the same request again."""
        return self._send(
            "POST", "/payments", json={"parts": [{"invoice_id": one} for one in invoice_ids]},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip


def main() -> None:
    """Pay the two oldest unpaid invoices: prints where the payer goes on."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--portal", default="http://127.0.0.1:8080")
    options.add_argument("--email", default="anna@radiolinks.example")
    chosen = options.parse_args()
    portal = Portal(chosen.portal, chosen.email, os.environ.get("PORTAL_PASSWORD") or getpass.getpass())
    invoices = [invoice for invoice in portal.unpaid() if invoice["payment_id"] is None]
    for invoice in invoices:
        print(f"{invoice['number']}  due {invoice['due_on']}  {invoice['open']} EUR")
    if len(invoices) < 2:
        print("fewer than two unpaid invoices")
        return
    payment = portal.pay([invoice["invoice_id"] for invoice in invoices[:2]])
    print(f"payment {payment['payment_id']}: the payer goes on at {payment['redirect_url']}")


if __name__ == "__main__":
    main()
