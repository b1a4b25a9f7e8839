"""Notices above every page, and the portal closed to customers for a while.

Here and not among the journeys: to be closed for a second would spoil what runs beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from chassis.days import now
from tests import stack
from tests.journeys.api_client import Api, eventually
from tests.journeys.factor_tools import newcomer
from tests.journeys.people import ADMIN


@pytest.fixture
def base() -> str:
    return stack.portal_url()


@pytest.fixture
def admin(base: str) -> Api:
    return Api.signed_in(base, ADMIN)


@pytest.fixture
def notices(admin: Api) -> Iterator[Callable[..., str]]:
    """Put a notice up; whatever happens it is taken down at the end."""
    made: list[str] = []

    def put(**changed: Any) -> str:
        at = now()
        body = {
            "text_lv": "Plānoti tīkla darbi līdz pusnaktij", "text_en": "Planned network work until midnight",
            "starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=1)).isoformat(), "closes": False,
        } | changed  # fmt: skip
        made.append(str(admin.post("/staff/notices", body)["notice_id"]))
        return made[-1]

    yield put
    for one in made:
        admin.send("POST", f"/staff/notices/{one}/end")


@pytest.mark.requirement("S1-44", "S1-66", "S1-73")
def test_a_notice_stands_above_pages_and_closing_leaves_a_way_to_reach_us(
    notices: Callable[..., str], admin: Api, base: str
) -> None:
    customer = Api.signed_in(base, newcomer())
    assert customer.send("POST", "/staff/notices", json={}).status_code == 403
    words = {"text_lv": "Īsi darbi", "text_en": "Short work"}
    at = now()
    for start, end in ((at, at - timedelta(hours=1)), (at + timedelta(hours=2), at + timedelta(hours=1))):
        body = words | {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
        assert admin.send("POST", "/staff/notices", json=body).status_code == 422

    def page(path: str, language: str = "lv", **how: Any) -> requests.Response:
        cookies = {"language": language} | how.pop("cookies", {})
        return requests.get(base + path, cookies=cookies, timeout=60, allow_redirects=False, **how)

    shown = notices()
    eventually(
        "the notice in Latvian",
        lambda: all("Plānoti tīkla darbi līdz pusnaktij" in page(path).text for path in ("/", "/help", "/sign-in")),
        60,
    )
    assert "Planned network work until midnight" in page("/", "en").text
    admin.post(f"/staff/notices/{shown}/end")
    eventually("no notice any more", lambda: all("Plānoti tīkla darbi" not in page("/").text for _ in range(8)), 60)

    secret = {"portal": str(customer.secret)}
    assert page("/profile", cookies=secret).status_code == 200
    shut = notices(closes=True)
    try:
        eventually(
            "closed to customers in every process",
            lambda: all(page("/profile", cookies=secret).status_code == 503 for _ in range(8)),
            60,
        )
        closed = page("/profile", cookies=secret)
        assert int(closed.headers["Retry-After"]) > 0
        assert "67332179" in closed.text and "info@vases.lv" in closed.text, "other ways to reach the operator"
        problem = customer.send("GET", "/profile")
        assert problem.status_code == 503 and problem.json()["code"] == "maintenance"
        # What tells people how to go on stays open, and so does the office.
        for path in ("/help", "/terms", "/privacy"):
            assert page(path).status_code == 200, path
        assert "internetbankā" in page("/help").text
        assert admin.send("GET", "/staff/users").status_code == 200
    finally:
        admin.send("POST", f"/staff/notices/{shut}/end")
    eventually(
        "open again in every process",
        lambda: all(page("/profile", cookies=secret).status_code == 200 for _ in range(8)),
        60,
    )
