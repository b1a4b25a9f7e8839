"""Other systems: tokens by client credentials, scopes, secrets rotated without downtime, access ended at once."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import jwt
import pytest
import requests

from chassis import tokens
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.people import ADMIN, ANNA, Person

AGAIN = 60.0


class System:
    """Another system with the secret it was given."""

    def __init__(self, base: str, machine: dict[str, Any], secret: str) -> None:
        self.base, self.machine_id, self.secret = base, machine["machine_id"], secret

    def ask_token(self, **changed: Any) -> requests.Response:
        fields = {"grant_type": "client_credentials", "client_id": self.machine_id, "client_secret": self.secret}
        fields = {name: value for name, value in (fields | changed).items() if value is not None}
        return requests.post(f"{self.base}/oauth/token", data=fields, timeout=30)

    def token(self, **changed: Any) -> str:
        answer = self.ask_token(**changed)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def get(self, path: str, token: str) -> requests.Response:
        return requests.get(
            f"{self.base}/api/v1{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30, allow_redirects=False
        )


@pytest.fixture
def admin(api: Callable[[Person], Api]) -> Api:
    return api(ADMIN)


@pytest.fixture
def system(base: str, admin: Api) -> Iterator[Callable[..., System]]:
    """Make a machine client with a secret; all are disabled at the end."""
    made: list[str] = []

    def make(*scopes: str) -> System:
        body = {"name": f"Sistēma {uuid.uuid4().hex[:10]}", "contact": "Jānis, it@example.lv", "scopes": list(scopes)}
        machine = admin.post("/staff/machines", body, key=fresh_key())
        made.append(machine["machine_id"])
        secret = admin.post(f"/staff/machines/{machine['machine_id']}/secrets", key=fresh_key())["client_secret"]
        return System(base, machine, secret)

    yield make
    for machine_id in made:
        machine = admin.get(f"/staff/machines/{machine_id}")
        set_status(admin, machine, "disabled")


def set_status(admin: Api, machine: dict[str, Any], status: str) -> None:
    admin.put(f"/staff/machines/{machine['machine_id']}/status", {"version": machine["version"], "status": status})


def test_a_system_reads_what_its_scopes_name_and_nothing_else(system: Callable[..., System]) -> None:
    reader = system("permits.read", "clients.read")
    answer = reader.ask_token()
    given = answer.json()
    assert given["token_type"] == "Bearer" and given["scope"] == "permits.read clients.read"
    assert 30 <= given["expires_in"] <= 300
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Pragma"] == "no-cache"
    token = given["access_token"]
    permits = reader.get("/staff/permits?limit=2", token)
    assert permits.status_code == 200 and len({p["permit_no"] for p in permits.json()["items"]}) == 2
    first = permits.json()["items"][0]["permit_id"]
    assert reader.get(f"/staff/permits/{first}", token).json()["permit_id"] == first
    assert reader.get("/staff/clients?limit=1", token).status_code == 200
    refused = ("/staff/invoices", "/staff/cases", "/staff/audit", "/staff/users", "/permits", "/profile", "/session",
               "/staff/machines", "/staff/signing-keys")
    for path in refused:
        assert reader.get(path, token).status_code == 403, path
    changing = requests.post(
        f"{reader.base}/api/v1/staff/machines/{reader.machine_id}/secrets",
        headers={"Authorization": f"Bearer {token}"}, timeout=30,
    )
    assert changing.status_code == 403
    narrower = reader.token(scope="clients.read")
    assert reader.get("/staff/clients?limit=1", narrower).status_code == 200
    assert reader.get("/staff/permits", narrower).status_code == 403


@pytest.mark.parametrize("scope", ["invoices.read", "cases.read", "audit.read"])
def test_every_scope_opens_its_doors(system: Callable[..., System], scope: str) -> None:
    reader = system(scope)
    token = reader.token()
    listed = reader.get(f"/staff/{ {'invoices.read': 'invoices', 'cases.read': 'cases', 'audit.read': 'audit'}[scope]}",
                        token)
    assert listed.status_code == 200 and "items" in listed.json(), listed.text
    assert reader.get("/staff/permits", token).status_code == 403


def test_errors_of_the_token_endpoint_are_those_of_the_standard(base: str, system: Callable[..., System]) -> None:
    reader = system("permits.read")

    def error(answer: requests.Response) -> tuple[int, str]:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.json()["error"]

    assert error(reader.ask_token(client_secret="pmc_" + "A" * 43)) == (401, "invalid_client")
    assert error(reader.ask_token(client_id=str(uuid.uuid4()))) == (401, "invalid_client")
    assert error(reader.ask_token(client_id="nobody")) == (401, "invalid_client")
    assert error(reader.ask_token(client_secret=None)) == (401, "invalid_client")
    assert error(reader.ask_token(grant_type="password")) == (400, "unsupported_grant_type")
    assert error(reader.ask_token(grant_type=None)) == (400, "invalid_request")
    assert error(reader.ask_token(scope="audit.read")) == (400, "invalid_scope")
    assert error(reader.ask_token(scope="permits.read everything")) == (400, "invalid_scope")
    assert error(reader.ask_token(grant_type=["client_credentials"] * 2)) == (400, "invalid_request")
    assert error(reader.ask_token(scope="x" * 600)) == (400, "invalid_request")
    url = f"{base}/oauth/token"
    as_json = requests.post(url, json={"grant_type": "client_credentials"}, timeout=30)
    assert error(as_json) == (400, "invalid_request")
    in_address = requests.post(f"{url}?client_id=x", data={"grant_type": "client_credentials"}, timeout=30)
    assert error(in_address) == (400, "invalid_request")
    assert requests.get(url, timeout=30).status_code == 405
    fields = {"grant_type": "client_credentials"}
    joined = f"{quote_plus(reader.machine_id)}:{quote_plus(reader.secret)}".encode()
    basic = {"Authorization": f"Basic {base64.b64encode(joined).decode()}"}
    assert requests.post(url, data=fields, headers=basic, timeout=30).json()["token_type"] == "Bearer"
    both = requests.post(url, data=fields | {"client_secret": reader.secret}, headers=basic, timeout=30)
    assert error(both) == (400, "invalid_request")
    wrong = {"Authorization": "Basic " + base64.b64encode(b"nobody:wrong").decode()}
    refused = requests.post(url, data=fields, headers=wrong, timeout=30)
    assert error(refused) == (401, "invalid_client") and refused.headers["WWW-Authenticate"].startswith("Basic ")
    for broken in ("Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"\xff\xfe").decode()):
        answer = requests.post(url, data=fields, headers={"Authorization": broken}, timeout=30)
        assert error(answer) == (401, "invalid_client"), broken


def test_secrets_rotate_without_a_moment_of_downtime(admin: Api, system: Callable[..., System]) -> None:
    reader = system("permits.read")
    path = f"/staff/machines/{reader.machine_id}"
    old, token = reader.secret, reader.token()
    key = fresh_key()
    made = admin.post(f"{path}/secrets", key=key)
    assert made["client_secret"] != old and len(made["client_secret"]) >= 43
    again = admin.post(f"{path}/secrets", key=key)
    assert (again["secret_id"], again["client_secret"]) == (made["secret_id"], None), "shown once, kept nowhere"
    with pytest.raises(Refused) as third:
        admin.post(f"{path}/secrets", key=fresh_key())
    assert third.value.code == "identity.two_secrets"
    both = [reader.token(), reader.token(client_secret=made["client_secret"])]
    assert all(reader.get("/staff/permits?limit=1", one).status_code == 200 for one in both)
    secrets = {one["hint"]: one for one in admin.get(path)["secrets"]}
    first = secrets[old[-4:]]
    assert first["last_used_at"] and old not in str(secrets)
    admin.delete(f"{path}/secrets/{first['secret_id']}")
    assert reader.ask_token().status_code == 401
    fresh = reader.token(client_secret=made["client_secret"])
    assert reader.get("/staff/permits?limit=1", fresh).status_code == 200
    _refused_soon(reader, token)
    assert reader.get("/staff/permits?limit=1", both[1]).status_code == 200, "the other secret's tokens go on"


def _refused_soon(reader: System, token: str) -> None:
    """Wait until a token is refused, in every worker: ten refusals in a row."""

    def gone() -> bool:
        return all(reader.get("/staff/permits?limit=1", token).status_code == 401 for _ in range(10))

    eventually("the token is refused everywhere", gone, seconds=AGAIN)


def test_disabling_a_system_ends_the_tokens_it_has(admin: Api, system: Callable[..., System]) -> None:
    reader = system("permits.read")
    token = reader.token()
    assert all(reader.get("/staff/permits?limit=1", token).status_code == 200 for _ in range(10))
    machine = admin.get(f"/staff/machines/{reader.machine_id}")
    set_status(admin, machine, "disabled")
    _refused_soon(reader, token)
    answer = reader.get("/staff/permits", token)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert reader.ask_token().status_code == 401
    with pytest.raises(Refused) as stale:
        set_status(admin, machine, "active")
    assert stale.value.code == "stale"
    set_status(admin, admin.get(f"/staff/machines/{reader.machine_id}"), "active")
    assert reader.get("/staff/permits?limit=1", reader.token()).status_code == 200


def test_a_scope_taken_away_is_gone_from_tokens_given_before(admin: Api, system: Callable[..., System]) -> None:
    reader = system("permits.read", "clients.read")
    token = reader.token()
    assert reader.get("/staff/clients?limit=1", token).status_code == 200
    machine = admin.get(f"/staff/machines/{reader.machine_id}")
    change = {"name": machine["name"], "contact": machine["contact"], "version": machine["version"]}
    admin.put(f"/staff/machines/{reader.machine_id}", change | {"scopes": ["permits.read"]})
    eventually(
        "the scope is gone", seconds=AGAIN,
        look=lambda: all(reader.get("/staff/clients?limit=1", token).status_code == 403 for _ in range(10)),
    )
    assert reader.get("/staff/permits?limit=1", token).status_code == 200


def test_tokens_that_are_not_a_machines_own_are_refused(base: str, admin: Api, system: Callable[..., System]) -> None:
    from chassis.bus import Bus
    from services.identity.messages import ResolveSession
    from tests import stack

    reader = system("permits.read")
    token = reader.token()
    head, body, signature = token.split(".")
    bad = [f"{head}.{body}.{signature[:-6]}{'A' * 6}", "a.b.c", f"{head}.{body}."]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["client_id"] == claims["sub"] == reader.machine_id
    bad.append(jwt.encode(claims | {"rights": ["audit.read"]}, "", algorithm="none", headers={"kid": "identity:x"}))
    stack.use_stack_environment("gateway")
    # A person's signed token is for the bus: whoever got hold of one cannot use it from outside.
    bad.append(Bus(name="gateway").call(ResolveSession(secret=str(admin.secret)), token="").token)
    key = tokens.load_key(f"{stack.endpoints()['keys']}/billing.pem")
    caller = tokens.caller_of(claims)
    bad.append(tokens.sign(caller, key, "service:billing", 60, "service:billing"))
    for one in bad:
        assert reader.get("/staff/permits", one).status_code == 401


def test_what_a_system_did_stands_in_the_audit_trail_and_its_client_sees_it(
    admin: Api, api: Callable[[Person], Api], system: Callable[..., System]
) -> None:
    anna = api(ANNA)
    reader = system("permits.read")
    name = admin.get(f"/staff/machines/{reader.machine_id}")["name"]
    permit = next(anna.all("/permits"))["permit_id"]
    assert reader.get(f"/staff/permits/{permit}", reader.token()).status_code == 200

    def seen() -> Any:
        rows = admin.get("/staff/audit", person=reader.machine_id)["items"]
        done = {row["action"] for row in rows}
        return rows if {"identity.machine.sign_in", "permits.permit.view"} <= done else None

    rows = eventually("its deeds in the trail", seen, seconds=AGAIN)
    assert all(row["actor_kind"] == "machine" for row in rows)
    shown = eventually(
        "the client sees who looked", seconds=AGAIN,
        look=lambda: [row for row in anna.get("/client/disclosures")["items"] if row["who"] == name],
    )
    assert shown[0]["as_what"] == "machine"
    made = admin.get("/staff/audit", object_id=reader.machine_id, action="identity.machine")["items"]
    assert {"identity.machine.create", "identity.machine.add_secret"} <= {row["action"] for row in made}
    assert reader.secret not in str(made)


def test_client_libraries_find_what_they_need(base: str) -> None:
    metadata = requests.get(f"{base}/.well-known/oauth-authorization-server", timeout=30)
    found = metadata.json()
    assert found["token_endpoint"] == f"{found['issuer']}/oauth/token"
    assert "max-age" in metadata.headers["Cache-Control"]
    assert found["grant_types_supported"] == ["client_credentials"]
    keys = requests.get(f"{base}/.well-known/jwks.json", timeout=30)
    assert keys.json()["keys"] and not any("d" in key for key in keys.json()["keys"])
    described = requests.get(f"{base}/api/v1/openapi.json", timeout=30).json()
    flow = described["components"]["securitySchemes"]["machine"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == set(found["scopes_supported"])
    assert {"machine": ["permits.read"]} in described["paths"]["/api/v1/staff/permits"]["get"]["security"]


def test_an_administrator_makes_a_system_and_sees_its_secret_once(visit: Any, base: str, admin: Api) -> None:
    name = f"Rēķinu sistēma {uuid.uuid4().hex[:6]}"
    page = visit(ADMIN).page
    page.goto(f"{base}/staff/machines/new")
    page.get_by_role("button", name="Saglabāt").click()
    assert page.locator(".error-summary").is_visible()
    page.get_by_label("Nosaukums").fill(name)
    page.get_by_label("Kontaktpersona").fill("Jānis Bērziņš, it@example.lv")
    page.get_by_label("Lasīt visu klientu rēķinus").check()
    page.get_by_role("button", name="Saglabāt").click()
    page.get_by_role("link", name="Jauns noslēpums").click()
    page.get_by_role("button", name="Izveidot noslēpumu").click()
    secret = page.locator("#client-secret").inner_text()
    client_id = page.locator("#client-id").inner_text()
    reader = System(base, {"machine_id": client_id}, secret)
    assert reader.get("/staff/invoices?limit=1", reader.token()).status_code == 200
    page.get_by_role("link", name="Es to nokopēju").click()
    assert secret not in page.content() and f"…{secret[-4:]}" in page.content()
    page.get_by_role("link", name="Atslēgt").click()
    page.get_by_role("button", name="Atslēgt").click()
    page.get_by_text("Mašīnklients ir atslēgts.").wait_for()
    assert reader.ask_token().status_code == 401
