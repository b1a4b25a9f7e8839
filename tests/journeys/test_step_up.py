"""Confirming before what is weighty: over the API as a program meets it; in a browser nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import expect

from chassis.demo_ids import CLIENT_RADIO
from tests.journeys.api_client import Api, Refused, eventually, is_over
from tests.journeys.browser import Visitor
from tests.journeys.factor_tools import (
    newcomer,
    renewed,
    representation_of,
    signed_in_long_ago,
    with_application,
)
from tests.journeys.people import ADMIN, PASSWORD, SERVICE


def refused(call: object, *args: object) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        call(*args)  # type: ignore[operator]
    return caught.value.status, caught.value.code


@pytest.mark.requirement("S1-50", "S1-51", "S1-59")
def test_what_is_weighty_asks_for_a_fresh_proof_and_the_rest_does_not(base: str) -> None:
    helper = newcomer()
    api = signed_in_long_ago(base, newcomer("customer_service"))
    assert api.get("/staff/clients")["items"], "looking is not weighty"
    end = f"/staff/representations/{representation_of(helper)}/end"
    assert refused(api.post, end, {"reason": "client_request"}) == (403, "step_up_needed")
    assert refused(api.post, "/profile/factors/totp") == (403, "step_up_needed")
    assert refused(api.post, "/session/confirm", {"password": "nepareiza-1"}) == (422, "identity.password_wrong")
    assert refused(api.post, "/session/confirm", {"code": "123456"}) == (422, "identity.way_not_open")
    done = api.post("/session/confirm", {"password": PASSWORD})
    assert done["secret"] != api.secret, "the secret is rotated"
    is_over(api)
    confirmed = renewed(api, done)
    assert confirmed.send("POST", end, json={"reason": "client_request"}).status_code == 204


@pytest.mark.requirement("S1-51")
def test_money_goes_back_only_after_a_fresh_proof(base: str) -> None:
    accountant = signed_in_long_ago(base, newcomer("accountant"))
    path = "/staff/suspense/019a0000-0000-7000-8000-00000000dead/return"
    assert refused(accountant.post, path) == (403, "step_up_needed")
    confirmed = renewed(accountant, accountant.post("/session/confirm", {"password": PASSWORD}))
    assert refused(confirmed.post, path) == (404, "not_found"), "let in, and there is no such money"


@pytest.mark.requirement("S1-51")
def test_with_a_second_factor_the_password_alone_confirms_nothing(base: str) -> None:
    person = newcomer()
    api, authenticator, recovery = with_application(base, person)
    assert api.get("/session/ways")["ways"] == ["totp", "recovery"]
    assert refused(api.post, "/session/confirm", {"password": PASSWORD}) == (422, "identity.way_not_open")
    two = {"code": "123456", "recovery_code": recovery[0]}
    assert refused(api.post, "/session/confirm", two)[0] == 422, "one proof at a time"
    api = renewed(api, api.post("/session/confirm", {"code": authenticator.code()}))
    assert api.post("/session/confirm", {"recovery_code": recovery[0]})["person"]["stepped_up_at"]


@pytest.mark.requirement("S1-51", "S1-59")
def test_what_was_typed_survives_the_confirmation(visit: Callable[..., Visitor], base: str) -> None:
    """The form is open for long; its button leads over the confirmation, wrong password included, to the deed."""
    helper, clerk = newcomer(), newcomer("customer_service")
    api = signed_in_long_ago(base, clerk)
    visitor = visit()
    visitor.adopt(clerk, str(api.secret))
    path = f"/staff/clients/{CLIENT_RADIO}/representations/{representation_of(helper)}/end"
    visitor.go(path)
    expect(visitor.page).to_have_url(re.compile(r"/staff/confirm\?next=%2Fstaff%2Fclients"))
    visitor.sees("Identitātes apstiprināšana")
    before = visitor.cookie(clerk.cookie)
    visitor.fill(password="nepareiza-1")
    visitor.click("Apstiprināt")
    visitor.sees("Pašreizējā parole nav pareiza.")
    visitor.fill(password=PASSWORD)
    visitor.click("Apstiprināt")
    expect(visitor.page).to_have_url(re.compile(f"^[^?]*{path}$"))
    assert visitor.cookie(clerk.cookie) != before, "the cookie changes with the proof"

    # The page stays open while the proof grows old.
    old = signed_in_long_ago(base, clerk)
    visitor.fill(reason="mandate_expired", note="Pilnvara ar ķekšiem & “pēdiņām” beigusies")
    token = visitor.page.locator("main form input[name=csrf_token]").first
    visitor.set_cookie(clerk.cookie, str(old.secret))
    fresh = visitor.context.request.get("/staff/sessions").text()
    token.evaluate("(e, t) => { e.value = t; }", re.findall(r'name="csrf_token" value="([^"]+)"', fresh)[0])
    visitor.submit()
    visitor.sees("Identitātes apstiprināšana", "Ievadītais ir saglabāts")
    visitor.fill(password="nepareiza-1")
    visitor.click("Apstiprināt")
    visitor.sees("Pašreizējā parole nav pareiza.", "Ievadītais ir saglabāts")
    visitor.fill(password=PASSWORD)
    visitor.click("Apstiprināt")
    expect(visitor.page).to_have_url(re.compile(f"/staff/clients/{CLIENT_RADIO}"))
    (held,) = [
        one
        for one in Api.signed_in(base, SERVICE).get(f"/staff/clients/{CLIENT_RADIO}")["users"]
        if one["representation_id"] == representation_of(helper)
    ]
    assert held["end_reason"] == "mandate_expired"
    admin = Api.signed_in(base, ADMIN)

    def noted() -> bool:
        page = admin.get("/staff/audit", object_id=representation_of(helper), limit=5)
        return any(row["detail"].get("note") == "Pilnvara ar ķekšiem & “pēdiņām” beigusies" for row in page["items"])

    eventually("the note in the trail", noted, 60)


@pytest.mark.requirement("S1-51")
def test_a_form_from_elsewhere_is_not_kept_over_the_confirmation(base: str) -> None:
    """Otherwise a confirmation would lend the person's word to somebody else's form."""
    clerk, helper = newcomer("customer_service"), newcomer()
    api = signed_in_long_ago(base, clerk)
    path = f"/staff/clients/{CLIENT_RADIO}/representations/{representation_of(helper)}/end"
    answer = requests.post(
        base + path, data={"reason": "other", "csrf_token": "x"}, cookies={clerk.cookie: str(api.secret)}, timeout=30,
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert answer.status_code == 400 and "kept" not in answer.text
