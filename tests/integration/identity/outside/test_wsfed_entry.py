"""WS-Federation in the browser: an answer counts once, in the browser and for the request it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chassis.errors import PortalError
from services.identity.providers.wsfed import WsFedProvider
from tests.integration.identity.outside import sts
from tests.integration.identity.outside.conftest import Door, new_code, state_of
from tests.integration.identity.outside.sts import Pair, assertion, response, signed

REFUSED = "identity.login_refused"
OLD, NEW = "16117519997", "32867300679"



@pytest.fixture
def portal(wsfed: Callable[..., WsFedProvider], door: Callable[..., Door]) -> Callable[..., Door]:
    return lambda **how: door(wsfed(**how))


def brought(code: str, pair: Pair, wctx: str | None, **how: Any) -> dict[str, str]:
    token = signed(assertion(subject=f"PK:{code}", codes=(code,), **how), pair)
    return {"wa": "wsignin1.0", "wresult": response(token)} | ({"wctx": wctx} if wctx is not None else {})


def test_the_request_and_an_honest_answer(portal: Callable[..., Door], pair: Pair) -> None:
    door = portal()
    code = new_code()
    door.linked(code)
    url, browser = door.begin("latvija", target="/invoices")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["wa"] == "wsignin1.0" and asked["wtrealm"] == sts.REALM and asked["tenant"] == "1"
    assert asked["wreply"].endswith("/sign-in/callback/latvija") and len(asked["wctx"]) == 43
    finished = door.come_back("latvija", browser, brought(code, pair, asked["wctx"]))
    assert finished.outcome == "signed_in" and finished.target == "/invoices"
    assert finished.signed_in is not None and finished.signed_in.session.claims.assurance == "high"


def test_a_token_counts_once_whatever_it_is_brought_with(portal: Callable[..., Door], pair: Pair) -> None:
    door = portal(idp_initiated=True)
    code = new_code()
    door.linked(code)
    url, browser = door.begin("latvija")
    first = brought(code, pair, state_of(url, "wctx"))
    assert door.come_back("latvija", browser, first).outcome == "signed_in"
    assert door.refusal("latvija", browser, first) == "identity.login_expired"
    again, browser = door.begin("latvija")
    assert door.refusal("latvija", browser, first | {"wctx": state_of(again, "wctx")}) == REFUSED
    unasked = {name: value for name, value in first.items() if name != "wctx"}
    assert door.refusal("latvija", browser, unasked) == REFUSED


def test_an_answer_counts_in_the_browser_it_was_begun_in_only(portal: Callable[..., Door], pair: Pair) -> None:
    for idp_initiated in (False, True):
        door = portal(idp_initiated=idp_initiated)
        code = new_code()
        door.linked(code)
        url, browser = door.begin("latvija")
        answer = brought(code, pair, state_of(url, "wctx"))
        assert door.refusal("latvija", secrets.token_urlsafe(32), answer) == "identity.login_expired"
        assert door.come_back("latvija", browser, answer).outcome == "signed_in", "the attempt was not spoilt"


@pytest.mark.parametrize("wctx", [None, "", "from-elsewhere"])
def test_an_answer_nobody_asked_for_is_refused_unless_configured(
    portal: Callable[..., Door], pair: Pair, wctx: str | None
) -> None:
    code = new_code()
    door = portal()
    door.linked(code)
    browser = secrets.token_urlsafe(32)
    assert door.refusal("latvija", browser, brought(code, pair, wctx)) in (
        "identity.login_unsolicited", "identity.login_expired",
    )  # fmt: skip
    door = portal(idp_initiated=True)
    finished = door.come_back("latvija", browser, brought(code, pair, wctx))
    assert finished.outcome == "entry" and finished.signed_in is None, "the person is asked before anything opens"
    with pytest.raises(PortalError):
        door.complete(finished, secrets.token_urlsafe(32))  # somebody else's browser
    assert door.complete(finished, browser).session.claims.assurance == "high"
    with pytest.raises(PortalError):
        door.complete(finished, browser)


@pytest.mark.parametrize("change", [{"wa": "wsignout1.0"}, {"wa": ""}, {"wresult": ""}])
def test_an_answer_that_is_no_sign_in(portal: Callable[..., Door], pair: Pair, change: dict[str, str]) -> None:
    door = portal()
    code = new_code()
    door.linked(code)
    url, browser = door.begin("latvija")
    assert door.refusal("latvija", browser, brought(code, pair, state_of(url, "wctx")) | change) == REFUSED
