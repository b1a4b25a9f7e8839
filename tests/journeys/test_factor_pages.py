"""The pages of second factors and of confirming in every state: both languages, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chassis.demo_ids import CLIENT_RADIO
from tests.journeys.api_client import Api
from tests.journeys.browser import Visitor
from tests.journeys.factor_tools import (
    half_open,
    key_of,
    newcomer,
    representation_of,
    signed_in_long_ago,
    user_id_of,
    with_application,
)
from tests.journeys.people import ADMIN, PASSWORD, Person
from tests.journeys.test_every_page import look_over

Show = Callable[[Visitor], None]


def _both(visit: Callable[..., Visitor], name: str, pictures: Path, person: Person, secret: str, path: str,
          show: Show | None = None) -> None:  # fmt: skip
    wrong: list[str] = []
    for language in ("lv", "en"):
        visitor = visit(language=language)
        visitor.adopt(person, secret)
        visitor.go(path)
        if show is not None:
            show(visitor)
        wrong += look_over(visitor, name, pictures)
    assert not wrong, "\n".join(wrong)


@pytest.mark.requirement("S3-40")
def test_of_somebody_who_has_factors(visit: Callable[..., Visitor], base: str, pictures: Path) -> None:
    person = newcomer()
    api, _, _ = with_application(base, person)
    key = key_of(person)
    _both(visit, "factors-all", pictures, person, str(api.secret), "/profile/security")
    _both(visit, "factors-remove-key", pictures, person, str(api.secret), f"/profile/security/keys/{key}/remove")
    pending = half_open(base, person)

    def wrong(visitor: Visitor) -> None:
        visitor.fill(code="000000")
        visitor.page.locator("form:has(input[name=code]) button").click()

    _both(visit, "factors-second", pictures, person, str(pending.secret), "/sign-in/second?next=/permits", wrong)


@pytest.mark.requirement("S3-40")
def test_of_staff_who_must_set_one_up(visit: Callable[..., Visitor], base: str, pictures: Path) -> None:
    person = newcomer("customer_service")
    path = f"/staff/users/{user_id_of(person)}/second-factor"
    Api.signed_in(base, ADMIN).put(path, {"required": True})
    pending = half_open(base, person)
    _both(visit, "factors-set-up", pictures, person, str(pending.secret), "/staff")
    _both(visit, "factors-set-up-app", pictures, person, str(pending.secret), "/staff/security/app")


@pytest.mark.requirement("S3-40")
def test_of_the_codes_shown_once(visit: Callable[..., Visitor], base: str, pictures: Path) -> None:
    person = newcomer()
    api, _, _ = with_application(base, person)

    def renew(visitor: Visitor) -> None:
        visitor.submit()
        assert visitor.main.locator(".recovery-codes li").count() == 10
        link = visitor.main.locator("a[download]")
        assert link.get_attribute("href", timeout=1000).startswith("data:text/plain")  # type: ignore[union-attr]

    _both(visit, "factors-codes", pictures, person, str(api.secret), "/profile/security/recovery-codes", renew)


@pytest.mark.requirement("S3-40")
def test_of_confirming(visit: Callable[..., Visitor], base: str, pictures: Path) -> None:
    clerk, helper = newcomer("customer_service"), newcomer()
    api = signed_in_long_ago(base, clerk)
    path = f"/staff/clients/{CLIENT_RADIO}/representations/{representation_of(helper)}/end"
    _both(visit, "confirm", pictures, clerk, str(api.secret), path)


def test_what_was_typed_waits_for_a_press_without_scripts(visit: Callable[..., Visitor], base: str) -> None:
    """A browser without scripts shows the page between, whose button sends everything on."""
    clerk, helper = newcomer("customer_service"), newcomer()
    visitor = visit(javascript=False)
    fresh = Api.signed_in(base, clerk)
    visitor.adopt(clerk, str(fresh.secret))
    path = f"/staff/clients/{CLIENT_RADIO}/representations/{representation_of(helper)}/end"
    visitor.go(path)
    old = signed_in_long_ago(base, clerk)
    visitor.set_cookie(clerk.cookie, str(old.secret))
    visitor.go("/staff/sessions")  # a form token of the older session
    token = visitor.page.locator("input[name=csrf_token]").first.get_attribute("value")
    answer = visitor.context.request.post(path, form={"csrf_token": str(token), "reason": "other"})
    assert "name=\"kept\"" in answer.text()
    kept = answer.text().split('name="kept" value="', 1)[1].split('"', 1)[0]
    form = {"csrf_token": str(token), "kept": kept, "password": PASSWORD, "next": path}
    between = visitor.context.request.post("/staff/confirm", form=form)
    assert between.status == 200 and f'action="{path}"' in between.text()
    assert 'name="reason" value="other"' in between.text() and PASSWORD not in between.text()
