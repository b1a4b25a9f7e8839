"""Unified login over HTTP with the two real providers: ways in, and what is refused. Banks and first logins are walked
in a browser (test_unified_login_in_a_browser.py); forged answers: tests/integration/identity/outside."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests import stack
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.arriving import mailed
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.outside import Browser, Human, new_code, provider_url
from tests.journeys.peers import Mail, code_in, token_in

REFUSED = "/sign-in/refused"


@pytest.fixture
def made() -> Iterator[Newcomers]:
    stack.use_stack_environment("gateway")
    with newcomers() as found:
        yield found


@pytest.fixture
def person(made: Newcomers) -> Callable[..., Human]:
    """Somebody who is a client, and has never been to the portal."""

    def of(name: str = "Žanis Šķēle", **how: str) -> Human:
        human = Human(**how)  # type: ignore[arg-type]
        made.client(name, kind="natural", person_code=human.code, address="Liepu iela 1")
        return human

    return of


def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@newcomers.example"


def accept_terms(browser: Browser, page: requests.Response) -> requests.Response:
    assert "/terms/accept" in page.url, page.url
    return browser.send(page, agree="1")


def why(page: requests.Response) -> str:
    """The code of a refusal, from the address one lands on."""
    assert REFUSED in page.url, page.url
    return parse_qs(urlsplit(page.url).query)["code"][0]


def api_of(browser: Browser) -> Api:
    assert browser.secret
    return Api(browser.base, browser.secret)


def first_login(browser: Browser, provider: str, human: Human, address: str) -> requests.Response:
    page = browser.sign_in_with(provider, human, "/profile")
    assert "/sign-in/first/" in page.url, page.url
    assert human.name.upper() in page.text and human.code not in page.text
    return browser.send(page, email=address)


@pytest.mark.requirement("S0-12", "S1-59", "S1-08")
@pytest.mark.parametrize(("provider", "kind"), [("latvija", "wsfed"), ("eparaksts", "oidc")])
def test_a_client_comes_in_without_an_application(
    base: str, person: Callable[..., Human], mail: Mail, provider: str, kind: str
) -> None:
    human, address, browser = person(), email(), Browser(base)
    page = accept_terms(browser, first_login(browser, provider, human, address))
    assert page.url == f"{base}/profile" and address in page.text, "where one wanted to go, after the terms"
    api = api_of(browser)
    me = api.get("/session")
    assert me["email"] == address and me["client_name"] == "Žanis Šķēle" and "users.manage" in me["rights"]
    (session,) = api.get("/profile/sessions")["items"]
    assert (session["method"], session["assurance"]) == (f"{kind}:{provider}", "high")
    (linked,) = api.get("/profile/logins")["items"]
    assert linked["provider"] == provider and linked["how"] == "first_login" and not linked["removable"]
    eventually("the mail about the new way of signing in", lambda: mail.to(address), seconds=60)
    again = Browser(base)
    assert again.sign_in_with(provider, human, "/permits").url == f"{base}/permits"
    assert api_of(again).get("/session")["user_id"] == me["user_id"]


@pytest.mark.requirement("S1-06", "S0-12")
def test_an_address_that_was_only_typed_gets_no_rights_until_its_owner_confirms_it(
    base: str, person: Callable[..., Human], made: Newcomers, mail: Mail
) -> None:
    """Otherwise somebody could type a colleague's address, and wait for the rights that are meant for the colleague."""
    human, address, browser = person(), email(), Browser(base)
    page = accept_terms(browser, first_login(browser, "eparaksts", human, address))
    assert "Lūdzu, apstipriniet, ka" in page.text and "nav apstiprināts" in page.text
    owner, firm = made.user("Galvenā Lietotāja"), made.client("SIA Kolēģi")
    made.represents(owner, firm)
    wanted = {"email": address, "name": "Kolēģe", "rights": [{"right": "permits.see"}]}
    boss = Api.signed_in(base, owner)
    with pytest.raises(Refused) as refused:
        boss.post("/client/users", wanted, key=fresh_key())
    assert (refused.value.status, refused.value.code) == (409, "identity.email_unproven")

    sent = mailed(mail, address, "Apstipriniet savu")
    token, code = token_in(sent), code_in(sent)
    # Whoever only reads the mail, signed in as somebody else or not at all, does not vouch for the one who typed it.
    for reader in (Api(base), boss):
        with pytest.raises(Refused) as elsewhere:
            reader.post("/links/confirm-email", {"token": token})
        assert (elsewhere.value.status, elsewhere.value.code) == (409, "identity.email_proof_elsewhere")
    page = browser.send(browser.get("/profile/email/proof"), code="00000-00000")
    assert "kods" in page.text and page.status_code == 422
    page = browser.send(page, code=code)
    assert page.url == f"{base}/profile" and "ir apstiprināta" in page.text
    assert "nav apstiprināts" not in page.text and "Lūdzu, apstipriniet, ka" not in page.text
    with pytest.raises(Refused) as again:
        api_of(browser).post("/profile/email/proof")
    assert again.value.code == "identity.email_proven"
    assert boss.post("/client/users", wanted, key=fresh_key())["user_email"] == address


@pytest.mark.requirement("S0-16")
def test_a_user_of_a_company_links_a_login_and_enters_by_it(base: str, made: Newcomers, mail: Mail) -> None:
    user = made.user("Žanis Šķēle", status="active")
    made.represents(user, made.client("SIA Saite"))
    human, browser = Human(), Browser(base)
    browser.send(browser.get("/sign-in"), email=user.email, password="Parole-2026")
    accept_terms(browser, browser.get("/profile"))
    shown = browser.pick(browser.get("/profile/logins/add/eparaksts"), human)
    assert "/profile/logins/confirm/" in shown.url and human.name.upper() in shown.text
    stranger = Browser(base)
    assert why(stranger.sign_in_with("eparaksts", human)) == "login_unknown_person", "not linked before the yes"
    listed = browser.send(shown)
    assert listed.url.endswith("/profile/logins") and "eParaksts" in listed.text
    eventually(
        "the mail about it", lambda: any("pieteikšanās veids" in one["subject"] for one in mail.to(user.email)), 60
    )
    entered = Browser(base)
    entered.sign_in_with("eparaksts", human)
    assert api_of(entered).get("/session")["email"] == user.email
    api = api_of(browser)
    (linked,) = api.get("/profile/logins")["items"]
    assert linked["removable"]
    other = Browser(base)
    page = other.sign_in_with("latvija", Human(code="12067510020", given_name="Pēteris", family_name="Bērziņš"))
    if "/terms/accept" in page.url:
        accept_terms(other, page)
    assert api_of(other).send("DELETE", f"/profile/logins/{linked['login_id']}").status_code == 404
    api.delete(f"/profile/logins/{linked['login_id']}")
    assert why(Browser(base).sign_in_with("eparaksts", human)) == "login_unknown_person"


@pytest.mark.requirement("S1-08", "S1-30")
def test_a_code_given_in_an_application_opens_the_account(base: str) -> None:
    """Pēteris of the demo gave his; Anna comes as a signatory of her company."""
    for human, address in (
        (Human(code="12067510020", given_name="Pēteris", family_name="Bērziņš"), "peteris@example.com"),
        (
            Human(code="15058512343", given_name="Anna", family_name="Kalniņa", reg_no="40203100010"),
            "anna@radiolinks.example",
        ),
    ):
        browser = Browser(base)
        browser.sign_in_with("latvija", human)
        assert api_of(browser).get("/session")["email"] == address


@pytest.mark.requirement("S0-12")
def test_a_former_code_is_found(base: str, person: Callable[..., Human]) -> None:
    known = person()
    changed = Human(code=new_code(), former=(known.code,))
    for provider in ("latvija", "eparaksts"):
        assert "/sign-in/first/" in Browser(base).sign_in_with(provider, changed).url


@pytest.mark.requirement("S1-59")
@pytest.mark.parametrize("provider", ["latvija", "eparaksts"])
def test_whoever_is_not_known_is_told_what_to_do(base: str, provider: str) -> None:
    browser = Browser(base)
    page = browser.sign_in_with(provider, Human())
    assert why(page) == "login_unknown_person" and "pieteikumu" in page.text and browser.secret is None


@pytest.mark.requirement("S1-08")
def test_a_weak_identification_is_refused_where_a_strong_one_is_wanted(
    base: str, person: Callable[..., Human]
) -> None:
    human = person(level="low")
    assert why(Browser(base).sign_in_with("eparaksts", human)) == "login_too_weak"
    browser = Browser(base)
    accept_terms(browser, first_login(browser, "latvija", human, email()))
    assert api_of(browser).get("/profile/sessions")["items"][0]["assurance"] == "low"


@pytest.mark.requirement("S1-64", "S3-16")
def test_entry_from_a_site_that_may_not(base: str, person: Callable[..., Human]) -> None:
    human, browser = person(), Browser(base)
    for provider, issuer in (("eparaksts", provider_url("oidc-provider")), ("banka", "https://evil.example")):
        assert why(browser.get(f"/sign-in/from/{provider}", params={"iss": issuer})) == "login_unsolicited"
    picked = browser.get(provider_url("wsfed-provider") + "/wsfed?wa=wsignin1.0&wtrealm=urn:portal:local")
    assert why(browser.pick(picked, human)) == "login_unsolicited" and browser.secret is None


@pytest.mark.requirement("S1-08")
def test_answers_count_once_and_in_their_browser_only(base: str, person: Callable[..., Human]) -> None:
    human, browser = person(), Browser(base)
    accept_terms(browser, first_login(browser, "eparaksts", human, email()))
    victim, attacker = Browser(base), Browser(base)
    there = attacker.get("/sign-in/with/eparaksts")
    action = re.search(r'<form method="post" action="([^"]*)"', there.text)
    assert action
    answer = attacker.http.post(
        provider_url("oidc-provider") + action[1], data=human.form, allow_redirects=False, timeout=60
    )
    while "/sign-in/callback/" not in answer.headers["Location"]:
        answer = attacker.get(answer.headers["Location"], allow_redirects=False)
    link = answer.headers["Location"]
    assert why(victim.get(link)) == "login_expired" and victim.secret is None
    assert why(victim.get(link.replace("eparaksts", "banka"))) == "login_expired"
    assert why(attacker.get(link + "&state=twice")) == "login_refused"
    attacker.get(link)
    assert attacker.secret, "the honest browser was not hindered"
    assert why(Browser(base).get(link)) == "login_expired"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_address_leads_elsewhere(base: str, target: str) -> None:
    human, browser = Human(code="12067510020", given_name="Pēteris", family_name="Bērziņš"), Browser(base)
    page = browser.sign_in_with("latvija", human, target)
    assert urlsplit(page.url).netloc == urlsplit(base).netloc and browser.secret
    there = browser.get("/sign-in/from/banka", params={"iss": provider_url("oidc-provider"), "target_link_uri": target})
    assert browser.pick(there, human).url.startswith(base)


def test_a_person_may_change_their_mind(base: str) -> None:
    browser = Browser(base)
    there = browser.get("/sign-in/with/eparaksts")
    link = re.search(r'href="([^"]*/cancel)"', there.text)
    assert link
    assert why(browser.get(provider_url("oidc-provider") + link[1])) == "login_cancelled"


@pytest.mark.parametrize(
    "junk", ["", "?code=x&state=y", "?state=" + "x" * 5000, "?error=access_denied", "?code=x&code=y"]
)
def test_junk_at_the_callback_is_refused_quietly(base: str, junk: str) -> None:
    for provider in ("eparaksts", "latvija", "bankalink"):
        browser = Browser(base)
        said = why(browser.get(f"/sign-in/callback/{provider}{junk}"))
        assert said in ("login_refused", "login_expired", "login_unsolicited")
        posted = browser.http.post(
            f"{base}/sign-in/callback/{provider}", timeout=60,
            data={"wa": "wsignin1.0", "wresult": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"},
        )  # fmt: skip
        assert why(posted) in ("login_refused", "login_unsolicited") and browser.secret is None
