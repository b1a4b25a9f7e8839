"""OpenID Connect: every way of lying is refused, with one and the same sentence."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis.errors import PortalError
from services.identity.providers.oidc import OidcConfig, OidcProvider
from tests.integration.identity.conftest import NOBODY
from tests.integration.identity.outside.conftest import Door, enter
from tests.integration.identity.outside.openid import CLIENT, SECRET, OpenId, half_hash, other_keys

REFUSED = "identity.login_refused"


# lies in the token


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


NOW = int(time.time())
LIES: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "somebody-else"},
    "an empty list of audiences": {"aud": []},
    "an audience of a strange type": {"aud": {CLIENT: True}},
    "several audiences and no azp": {"aud": [CLIENT, "other"]},
    "given to somebody else": {"aud": [CLIENT, "other"], "azp": "other"},
    "given to somebody else, one audience": {"azp": "other"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": NOW - 120},
    "expired long ago": {"iat": NOW - 7200, "exp": NOW - 3600},
    "made in the future": {"iat": NOW + 3600, "exp": NOW + 7200},
    "not valid yet": {"nbf": NOW + 3600},
    "an end that is a word": {"exp": "tomorrow"},
    "an end beyond all numbers": {"exp": 10**400},
    "another nonce": {"nonce": secrets.token_urlsafe(32)},
    "a nonce of a strange type": {"nonce": 7},
    "another access token": {"at_hash": half_hash("something else")},
    "a subject that is empty": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a subject without end": {"sub": "x" * 300},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_claim_that_lies(portal: Callable[..., Door], op: OpenId, lie: str) -> None:
    door = portal()
    op.claims |= LIES[lie]
    op.userinfo = {"sub": op.claims.get("sub", "person-1")}
    assert enter(door, op) == REFUSED


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "nonce"])
def test_a_claim_that_is_missing(portal: Callable[..., Door], op: OpenId, name: str) -> None:
    door = portal()
    op.bend = _without(name)
    assert enter(door, op) == REFUSED


def test_a_login_too_long_ago_is_refused_where_the_age_is_limited(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal(max_age=300)
    assert enter(door, op) == REFUSED, "auth_time is required"
    op.claims["auth_time"] = int(time.time()) - 3600
    assert enter(door, op) == REFUSED
    op.claims["auth_time"] = int(time.time()) - 10
    assert enter(door, op) == "signed_in"


def _unsigned(header: dict[str, Any]) -> Callable[[dict[str, Any]], str]:
    def make(claims: dict[str, Any]) -> str:
        parts = [json.dumps(part).encode() for part in (header, claims)]
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."

    return make


def _with_public_key_as_secret(op: OpenId) -> Callable[[dict[str, Any]], str]:
    def make(claims: dict[str, Any]) -> str:
        import hashlib
        import hmac

        pem = op.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": op.kid}).encode()).rstrip(b"=")
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
        seal = hmac.digest(pem, head + b"." + body, hashlib.sha256)
        return b".".join((head, body, base64.urlsafe_b64encode(seal).rstrip(b"="))).decode()

    return make


def _changed(op: OpenId) -> Callable[[dict[str, Any]], str]:
    """Signed honestly, then about somebody else."""

    def make(claims: dict[str, Any]) -> str:
        head, _, seal = op.signed(claims).split(".")
        body = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "person-2"}).encode()).rstrip(b"=").decode()
        return f"{head}.{body}.{seal}"

    return make


FORGERIES: dict[str, Callable[[OpenId], Callable[[dict[str, Any]], str]]] = {
    "no signature": lambda op: _unsigned({"alg": "none"}),
    "no signature, in capitals": lambda op: _unsigned({"alg": "NONE", "kid": "one"}),
    "no algorithm": lambda op: _unsigned({"kid": "one"}),
    "an empty signature": lambda op: _unsigned({"alg": "RS256", "kid": "one"}),
    "the public key as a shared secret": _with_public_key_as_secret,
    "the client's secret": lambda op: lambda claims: jwt.encode(claims, SECRET.ljust(32), algorithm="HS256"),
    "changed after signing": _changed,
    "another key under this name": lambda op: lambda claims: op.signed(claims, key=other_keys()[0]),
    "a key brought along": lambda op: lambda claims: jwt.encode(
        claims, other_keys()[0], algorithm="RS256", headers={"jwk": op.public(other_keys()[0], None), "kid": "one"}
    ),
    "a key to be fetched elsewhere": lambda op: lambda claims: jwt.encode(
        claims, other_keys()[0], algorithm="RS256", headers={"jku": "http://127.0.0.1:1/jwks", "kid": "evil"}
    ),
    "critical headers": lambda op: lambda claims: jwt.encode(
        claims, op.key, algorithm="RS256", headers={"kid": "one", "crit": ["exp"], "exp": 1}
    ),
    "no token at all": lambda op: lambda claims: "not.a.token",
    "a token of five parts": lambda op: lambda claims: "a.b.c.d.e",
    "a token too large": lambda op: lambda claims: op.signed(claims | {"filler": "x" * 100_000}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token(portal: Callable[..., Door], op: OpenId, forgery: str) -> None:
    door = portal()
    op.sign = FORGERIES[forgery](op)
    assert enter(door, op) == REFUSED


def test_several_keys_and_no_name_is_refused(portal: Callable[..., Door], op: OpenId) -> None:
    op.keys = [op.public(op.key, "one"), op.public(other_keys()[0], "two")]
    op.kid = None
    assert enter(portal(), op) == REFUSED


@pytest.mark.parametrize("more", [{"use": "enc"}, {"alg": "RS512"}])
def test_a_key_for_something_else_is_not_used(portal: Callable[..., Door], op: OpenId, more: dict[str, str]) -> None:
    op.keys = [op.public(op.key, "one", **more)]
    assert enter(portal(), op) == REFUSED


def test_an_algorithm_that_is_not_agreed_is_refused(portal: Callable[..., Door], op: OpenId) -> None:
    op.algorithm = "RS384"
    assert enter(portal(algorithms=["RS256"]), op) == REFUSED
    with pytest.raises(ValueError, match="HS256"):
        OidcConfig.model_validate(
            {"id": "ep", "kind": "oidc", "name": {"lv": "a", "en": "a"}, "issuer": "https://a", "client_id": "c",
             "client_secret": "s", "algorithms": ["HS256"]}
        )  # fmt: skip


# lies around the token


@pytest.mark.parametrize(
    "answer",
    [
        {"id_token": None}, {"access_token": None}, {"access_token": "ā"}, {"token_type": "mac"}, {"token_type": None},
        {"error": "invalid_grant"},
    ],
)  # fmt: skip
def test_a_token_endpoint_that_answers_strangely(
    portal: Callable[..., Door], op: OpenId, answer: dict[str, Any]
) -> None:
    door = portal()
    op.token_answer = answer
    assert enter(door, op) == REFUSED


def test_userinfo_about_somebody_else(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal()
    op.userinfo = {"sub": "person-2"}
    assert enter(door, op) == REFUSED
    op.userinfo = {"sub": None}
    assert enter(door, op) == REFUSED


@pytest.mark.parametrize("page", ["/huge", "/moved", "/nothing"])
@pytest.mark.parametrize("place", ["jwks_uri", "userinfo_endpoint", "token_endpoint"])
def test_an_endpoint_that_is_no_endpoint(portal: Callable[..., Door], op: OpenId, place: str, page: str) -> None:
    op.metadata[place] = op.url + page
    assert enter(portal(), op) == "identity.provider_unavailable"


def test_a_description_of_somebody_else_starts_nothing(portal: Callable[..., Door], op: OpenId) -> None:
    op.metadata["issuer"] = "https://evil.example"
    with pytest.raises(PortalError) as caught:
        portal().begin("ep")
    assert caught.value.code == "identity.provider_unavailable"


def test_without_tls_only_one_machine(op: OpenId) -> None:
    config = OidcConfig.model_validate(
        {"id": "ep", "kind": "oidc", "name": {"lv": "a", "en": "a"}, "issuer": op.url, "client_id": "c",
         "client_secret": "s"}
    )  # fmt: skip
    with pytest.raises(PortalError):
        OidcProvider(config, secure=True)


# lies in the browser


def test_an_answer_counts_once(portal: Callable[..., Door], op: OpenId) -> None:
    door = portal()
    url, browser = door.begin("ep")
    brought = op.visit(url)
    assert door.come_back("ep", browser, brought).outcome == "signed_in"
    assert door.refusal("ep", browser, brought) == "identity.login_expired"
    again, _ = door.begin("ep", browser)
    fresh = op.visit(again)
    assert door.refusal("ep", browser, fresh | {"code": brought["code"]}) == REFUSED, "a code counts once, too"


def test_an_answer_counts_in_the_browser_it_was_begun_in_only(portal: Callable[..., Door], op: OpenId) -> None:
    """Login CSRF: an attacker begins a login and has somebody else's browser finish it."""
    door = portal()
    url, browser = door.begin("ep")
    brought = op.visit(url)
    victim = secrets.token_urlsafe(32)
    assert door.refusal("ep", victim, brought) == "identity.login_expired"
    assert op.asked.count("token") == 0, "the code was not even shown to the provider"
    assert door.come_back("ep", browser, brought).outcome == "signed_in", "and the attempt was not spoilt"


def test_a_code_of_another_browser_is_worthless(portal: Callable[..., Door], op: OpenId) -> None:
    """Code injection: a stolen code in an attempt of the thief's own fails at PKCE."""
    door = portal()
    stolen = op.visit(door.begin("ep")[0])["code"]
    url, browser = door.begin("ep")
    assert door.refusal("ep", browser, op.visit(url) | {"code": stolen}) == REFUSED


@pytest.mark.parametrize("state", ["", "invented", "x" * 5000])
def test_an_answer_nobody_asked_for(portal: Callable[..., Door], op: OpenId, state: str) -> None:
    door = portal(idp_initiated=True)
    url, browser = door.begin("ep")
    brought = op.visit(url) | {"state": state}
    assert door.refusal("ep", browser, brought) in ("identity.login_unsolicited", "identity.login_expired")


def test_an_answer_of_another_provider(op: OpenId, oidc: Callable[..., Any], door: Callable[..., Door]) -> None:
    """Mix-up: what was begun with one provider is not taken to another one's token endpoint."""
    evil = OpenId()
    try:
        portal = door(oidc(), oidc(id="evil", issuer=evil.url))
        url, browser = portal.begin("ep")
        brought = op.visit(url)
        assert portal.refusal("evil", browser, brought) == "identity.login_expired"
        assert portal.refusal("ep", browser, brought | {"iss": evil.url}) == REFUSED
        assert not evil.codes and evil.asked.count("token") == 0
        url, browser = portal.begin("ep")
        brought = op.visit(url)
        del brought["iss"]
        assert portal.refusal("ep", browser, brought) == REFUSED, "the provider promised to say who it is"
    finally:
        evil.close()


def test_an_answer_that_comes_too_late(portal: Callable[..., Door], op: OpenId) -> None:
    import sqlalchemy as sa

    door = portal()
    url, browser = door.begin("ep")
    brought = op.visit(url)
    with door.db.unit_of_work(NOBODY) as unit:
        unit.session.execute(sa.text("UPDATE login_attempts SET expires_at = now() - interval '1 second'"))
    assert door.refusal("ep", browser, brought) == "identity.login_expired"


@pytest.mark.parametrize(
    ("error", "code"), [("access_denied", "identity.login_cancelled"), ("server_error", REFUSED), ("<script>", REFUSED)]
)
def test_a_provider_that_says_no(portal: Callable[..., Door], op: OpenId, error: str, code: str) -> None:
    door = portal()
    url, browser = door.begin("ep")
    brought = {"state": op.visit(url)["state"], "error": error, "iss": op.url}
    assert door.refusal("ep", browser, brought) == code


def test_a_weak_identification_is_refused_where_a_strong_one_is_wanted(
    portal: Callable[..., Door], op: OpenId
) -> None:
    door = portal(required_assurance="substantial")
    assert enter(door, op) == "signed_in"
    op.claims["acr"] = "urn:level:unknown"
    assert enter(door, op) == "identity.login_too_weak"
