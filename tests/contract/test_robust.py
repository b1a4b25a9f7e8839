"""Addresses somebody edited, forms somebody made up: an answer that helps, never a broken page."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.contract.access import tables
from tests.contract.access.test_routes import address

# Words that mean something to frameworks, to SQL, to HTML, to cursors; and things no browser would send.
HOSTILE = (
    "kind=x&endpoint=y&values=z&area=q&base=w",
    "_external=1&_scheme=javascript&_anchor=x&_method=POST",
    "after=garbage&trail=garbage~0&sort=garbage",
    "client_id=not-a-uuid&expiring_within_days=99999999999999999999&month=2026-13",
    "after=" + "A" * 3000,
    "after=eyJ4IjoxfQ&limit=-1",
    "after=WyIyMDI2IiwgIngiXQ",  # a moment and an id that are none
    "after=WyJcdTAwMDAiLDFd",  # a NUL
    "from_day=0001-01-01&to_day=9999-12-31",
    "from_day=2026-03-12&to_day=2026-03-11&issued_from=2026-03-12&issued_to=2026-03-11",
    "query=%25%27%3B%20DROP%20TABLE%20permits%3B--%5C_%25",
    "query=%00%01&search=%00&q=%00&person=%00",
    "query=" + "%C4%81" * 1000,
    "query=%FF%FE",
    "state=%00&status=garbage&from_day=2026-99-99&issued_from=32.13.2026.&to_day=0000-00-00",
    "after=%F0%9F%92%A5&query=%E2%80%AE%E2%80%8B",
    "query=%3Cscript%3Ealert(1)%3C/script%3E",
    "invoice=x&invoice=y",
)

EVERYWHERE = 3  # the number of the last one every page is asked with


def test_no_address_breaks_a_page(base: str, people_by_route: Callable[[Any], str | None]) -> None:
    """Every page with what Flask itself might stumble over; the lists, which read their address, with all of it."""

    def look_over(route: Any) -> list[str]:
        found = []
        for number, hostile in enumerate(HOSTILE):
            wrong, is_list = look(route, hostile)
            found += [wrong] if wrong else []
            if number == EVERYWHERE and not is_list:
                break
        return found

    def look(route: Any, hostile: str) -> tuple[str | None, bool]:
        secret = people_by_route(route)
        cookies = {"portal": secret, "portal-staff": secret} if secret else {}
        url = f"{base}{address(route.path)}?{hostile}"
        answer = requests.get(url, cookies=cookies, allow_redirects=False, timeout=30)
        # What is wrong in an address is said on the page itself; an error page instead would lose what was typed.
        if answer.status_code >= 500 or (answer.status_code == 422 and "error-summary" not in answer.text):
            return f"{answer.status_code} {route.path}?{hostile[:80]}", True
        if "<script>alert(1)</script>" in answer.text:
            return f"{route.path}?{hostile}: runs what the address says", True
        return None, 'class="filters"' in answer.text or "after=" in answer.text

    pages = [route for route in tables.routes() if route.kind == "page" and "GET" in route.methods]
    with ThreadPoolExecutor(4) as pool:
        wrong = [one for found in pool.map(look_over, pages) for one in found]
    assert not wrong, "\n".join(wrong)


def test_no_body_breaks_a_form(base: str, people_by_route: Callable[[Any], str | None]) -> None:
    """Forms sent with their token by whoever may use them, holding nothing, nonsense, or NUL."""
    wrong = []
    for route in tables.routes():
        if route.kind != "page" or "POST" not in route.methods or not route.csrf or route.rule.open:
            continue
        secret = people_by_route(route)
        http = requests.Session()
        http.cookies.update({"portal": secret or "", "portal-staff": secret or ""})
        home = "/staff" if route.path.startswith("/staff") else "/profile"
        token = http.get(base + home, timeout=30).text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        if any(word in route.path for word in SAFE_TO_SKIP):
            continue
        for data in ({}, dict.fromkeys(NAMES, "\x00\ud7ff💥"), dict.fromkeys(NAMES, "x" * 20000)):
            answer = http.post(
                f"{base}{address(route.path)}", data={**data, "csrf_token": token}, timeout=30, allow_redirects=False
            )
            if answer.status_code >= 500:
                wrong.append(f"{answer.status_code} POST {route.path} {str(data)[:60]}")
    assert not wrong, "\n".join(wrong)


NAMES = (
    "name", "email", "text", "reason", "note", "version", "phone", "language", "month", "title", "valid_from", "agree",
    "idempotency_key", "parts.0.amount", "invoice", "data", "file", "confirmed", "old_password", "client_id", "form",
)  # fmt: skip
# They ask for nothing beyond the press of the button, so that an empty form does the deed: journeys show them.
SAFE_TO_SKIP = ("end-others", "sign-out", "/end", "unblock")
