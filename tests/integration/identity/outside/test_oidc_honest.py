"""OpenID Connect: every honest way of answering works."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.integration.identity.outside.conftest import Door, enter, new_code
from tests.integration.identity.outside.openid import CLIENT, SECRET, OpenId, other_keys

REFUSED = "identity.login_refused"


def test_an_honest_login_opens_a_session(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal()
    url, browser = door.begin("ep", target="/permits?state=in_force")
    finished = door.come_back("ep", browser, op.visit(url))
    assert finished.outcome == "signed_in" and finished.target == "/permits?state=in_force"
    assert finished.signed_in is not None and finished.signed_in.session.claims.assurance == "high"


def test_the_request_holds_what_the_standard_wants(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal(acr_values="urn:level:high", max_age=60, scopes="openid profile email")
    url, browser = door.begin("ep")
    asked = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert url.startswith(f"{op.url}/auth?") and asked["tenant"] == ["a"], "the endpoint's own query stays"
    ours = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
    assert asked["redirect_uri"] == [f"{ours}/sign-in/callback/ep"]
    assert asked["scope"] == ["openid profile email"] and asked["max_age"] == ["60"] and asked["client_id"] == [CLIENT]
    for secret in ("state", "nonce", "code_challenge"):
        assert len(asked[secret][0]) == 43
    assert browser not in url, "the browser's own secret never leaves it"
    other, _ = door.begin("ep")
    again = parse_qs(urlsplit(other).query)
    assert all(again[name] != asked[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_the_client_proves_itself_in_the_way_that_is_offered(portal: Callable[..., Door], op: OpenId, way: str) -> None:
    op.metadata["token_endpoint_auth_methods_supported"] = [way]
    assert enter(portal(), op) == "signed_in"
    if way == "client_secret_basic":
        assert op.basic_seen is not None and "client_secret" not in op.form_seen
        user, _, password = base64.b64decode(op.basic_seen.removeprefix("Basic ")).decode().partition(":")
        assert (unquote(user), unquote(password)) == (CLIENT, SECRET)
    else:
        assert op.basic_seen is None
        assert (op.form_seen["client_id"], op.form_seen["client_secret"]) == (CLIENT, SECRET)


@pytest.mark.parametrize(
    ("algorithm", "place"),
    [("RS256", 0), ("RS512", 0), ("PS256", 0), ("PS384", 0), ("ES256", 2), ("EdDSA", 3)],
)
def test_every_sound_signature_is_understood(
    portal: Callable[..., Door], op: OpenId, algorithm: str, place: int
) -> None:
    op.algorithm, op.key = algorithm, other_keys()[place]
    if algorithm not in ("RS256", "PS256", "ES256"):
        op.bend = lambda claims: {name: value for name, value in claims.items() if name != "at_hash"}
    assert enter(portal(), op) == "signed_in"


def test_a_key_without_a_name_is_found_when_it_is_the_only_one_that_fits(
    portal: Callable[..., Door], op: OpenId
) -> None:
    op.kid = None
    assert enter(portal(), op) == "signed_in"
    _, _, ec, _ = other_keys()
    op.keys = [op.public(ec, "e"), op.public(op.key, "r"), op.public(op.key, "x", use="enc")]
    assert enter(portal(), op) == "signed_in"


def test_several_keys_are_told_apart_by_name(portal: Callable[..., Door], op: OpenId) -> None:
    first, second, ec, _ = other_keys()
    op.keys = [op.public(first, "a"), op.public(ec, "b"), op.public(op.key, "one"), op.public(second, "c")]
    assert enter(portal(), op) == "signed_in"


def test_a_key_that_rotates_shuts_nobody_out(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal()
    assert enter(door, op) == "signed_in"
    for place, kid in ((0, "two"), (1, "three"), (0, "three")):  # the last one under the name of the one before
        op.key, op.kid = other_keys()[place], kid
        assert enter(door, op) == "signed_in", (place, kid)


def test_a_key_that_rotates_between_start_and_return(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal()
    assert enter(door, op) == "signed_in"
    url, browser = door.begin("ep")
    brought = op.visit(url)
    op.key, op.kid = other_keys()[0], "later"
    assert door.come_back("ep", browser, brought).outcome == "signed_in"


def test_invented_key_ids_make_no_flood_of_questions(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal()
    assert enter(door, op) == "signed_in"
    op.asked.clear()
    for number in range(12):
        op.header = {"kid": f"invented-{number}"}
        assert enter(door, op) == REFUSED
    assert op.asked.count("jwks") <= 6


@pytest.mark.parametrize("aud", [[CLIENT], [CLIENT, "other"]])
def test_a_list_of_audiences_is_read(portal: Callable[..., Door], op: OpenId, aud: list[str]) -> None:
    op.claims |= {"aud": aud, "azp": CLIENT}
    assert enter(portal(), op) == "signed_in"


def test_clocks_may_be_a_little_apart(portal: Callable[..., Door], op: OpenId) -> None:
    moment = int(time.time())
    op.claims |= {"iat": moment + 15, "nbf": moment + 15, "exp": moment - 10}
    assert enter(portal(), op) == "signed_in"


def test_an_issuer_with_a_slash_at_its_end(op: OpenId, door: Callable[..., Door], oidc: Callable[..., Any]) -> None:
    op.metadata["issuer"] = op.url + "/"
    op.claims |= {"iss": op.url + "/", "serial_number": (code := new_code())}
    portal = door(oidc(issuer=op.url + "/"))
    portal.linked(code)
    assert enter(portal, op, iss=op.url + "/") == "signed_in"
    op.claims["iss"] = op.url
    assert enter(portal, op, iss=op.url + "/") == REFUSED, "the same but for the slash is another issuer"


def test_claims_of_userinfo_are_added_and_the_signed_ones_win(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal()
    code = op.claims.pop("serial_number")
    op.userinfo = {"serial_number": code, "acr": "urn:level:none", "given_name": "Cits"}
    url, browser = door.begin("ep")
    finished = door.come_back("ep", browser, op.visit(url))
    assert finished.signed_in is not None and finished.signed_in.session.claims.assurance == "high"


def test_a_provider_that_sends_no_iss_and_no_at_hash(portal: Callable[..., Door], op: OpenId) -> None:
    op.metadata["authorization_response_iss_parameter_supported"] = False
    op.bend = lambda claims: {name: value for name, value in claims.items() if name != "at_hash"}
    door = portal()
    url, browser = door.begin("ep")
    brought = op.visit(url)
    del brought["iss"]
    assert door.come_back("ep", browser, brought).outcome == "signed_in"
