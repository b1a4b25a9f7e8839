"""What anybody may read without an account: terms, privacy, help, contacts, safety; and where the public part ends."""

from __future__ import annotations

import html
import re

import pytest
import requests

from tests.contract.access import tables

HOST = re.compile(r"^https?://")


def _page(base: str, path: str, language: str = "lv") -> str:
    """The words of a public page's main part, in a language."""
    answer = requests.get(base + path, cookies={"language": language}, timeout=60, allow_redirects=False)
    assert answer.status_code == 200, (path, answer.status_code)
    assert f'<html lang="{language}"' in answer.text
    main = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def _says(base: str, path: str, lv: tuple[str, ...], en: tuple[str, ...]) -> None:
    for language, words in (("lv", lv), ("en", en)):
        shown = _page(base, path, language)
        missing = [one for one in words if one not in shown]
        assert not missing, f"{path} in {language} does not say {missing}: {shown[:1500]}"


@pytest.mark.requirement("S0-25")
def test_the_user_manual_explains_every_part(base: str) -> None:
    _says(
        base, "/help/manual",
        ("Pieteikšanās", "Atļaujas", "Rēķini un maksājumi", "Pieprasījumi", "Ziņojumi", "Lietotāji un pilnvarojums",
         "Papildu lietotājs neslēdz līgumus", "Mani dati"),
        ("Signing in", "Permits", "Invoices and payments", "Requests", "Messages", "Users and mandates", "My data"),
    )  # fmt: skip


@pytest.mark.requirement("S1-02", "S1-76", "S2-28", "S3-42", "S4-13")
def test_who_the_operator_is_and_how_to_reach_it(base: str) -> None:
    known = ("67332179", "info@vases.lv", "vases@vases.lv", "40003021907")
    _says(
        base, "/help",
        ("Klientu vadības nodaļa", "darbdienās 8.30–17.00", *known),
        ("Client management department", "on working days 8.30–17.00", *known),
    )  # fmt: skip
    for path in ("/", "/sign-in", "/terms"):  # below every page
        footer = requests.get(base + path, timeout=60).text.split("<footer", 1)[1]
        assert all(one in footer for one in ("40003021907", "67332179", "info@vases.lv")), path


@pytest.mark.requirement("S1-24", "S1-25", "S1-62")
def test_the_privacy_page_names_controller_purposes_terms_and_rights(base: str) -> None:
    _says(
        base, "/privacy",
        ("pārzinis", "40003021907", "elektromagnētiskās saderības", "klientu uzskaitei", "pakalpojumu piedāvāšanai",
         "tiesību un tiesisko interešu aizsardzībai", "pienākumu izpildei", "(IP) adrese", "trešajām personām",
         "18 mēnešus", "dzēšanu", "Datu valsts inspekcijā"),
        ("controller", "40003021907", "electromagnetic compatibility", "records of clients", "offering, providing",
         "lawful interests", "duties set by law", "(IP) address", "third parties", "18 months", "erasure"),
    )  # fmt: skip


@pytest.mark.requirement("S1-42", "S1-74")
def test_browsers_are_named_and_missing_cookies_are_said(base: str) -> None:
    four = ("Firefox", "Chrome", "Edge", "Safari", "JavaScript")
    _says(base, "/help", (*four, "Sīkdatnēm jābūt ieslēgtām"), (*four, "Cookies must be on"))
    sign_in = requests.get(f"{base}/sign-in", cookies={"language": "lv"}, timeout=60).text
    assert "<noscript>" in sign_in and "JavaScript ir izslēgts" in sign_in
    without = requests.post(  # a browser that keeps no cookies sends the form without the one it was given
        f"{base}/sign-in", data={"email": "a@example.com", "password": "x"}, cookies={"language": "lv"}, timeout=60
    )
    assert without.status_code == 400 and "sīkdatnes" in without.text


@pytest.mark.requirement("S1-44")
def test_other_ways_to_us_while_the_portal_is_away(base: str) -> None:
    _says(
        base, "/help",
        ("Ja portāls nav pieejams", "oficiālajā elektroniskajā adresē", "internetbankā", "zvaniet"),
        ("When the portal is not available", "official electronic address", "internet bank", "call us"),
    )  # fmt: skip


@pytest.mark.requirement("S3-38", "S3-39")
def test_how_to_verify_the_address_and_to_protect_a_computer(base: str) -> None:
    host = HOST.sub("", base)
    _says(
        base, "/help/safety",
        ("https://", host, "sertifikātu", "derīgam", "Ja pārlūks brīdina par sertifikātu, neturpiniet",
         "pretvīrusu", "ugunsmūri", "Atjauniniet", "izrakstieties", "67332179"),
        ("https://", host, "certificate", "valid today", "malware", "firewall", "Update", "Sign out", "67332179"),
    )  # fmt: skip
    assert 'href="/access-compromised"' in requests.get(f"{base}/help/safety", timeout=60).text
    assert 'href="/help/safety"' in requests.get(f"{base}/sign-in", timeout=60).text, "from below every page"


@pytest.mark.requirement("S3-01")
def test_a_part_is_public_and_the_rest_leads_to_the_sign_in_page(base: str) -> None:
    pages = [
        route for route in tables.routes()
        if "GET" in route.methods and "<" not in route.path and not route.path.startswith(("/api/", "/staff"))
    ]  # fmt: skip
    closed = [route.path for route in pages if not route.rule.open]
    assert len(closed) > 20
    http = requests.Session()
    for path in closed:
        answer = http.get(base + path, timeout=60, allow_redirects=False)
        assert answer.status_code == 303 and "/sign-in" in answer.headers["Location"], (path, answer.status_code)
    for path in ("/", "/terms", "/privacy", "/help", "/help/manual", "/help/safety", "/accessibility", "/register"):
        _page(base, path)
