"""Agreeing, in the running suite: terms published by two, told to everybody and asked for; consents."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from playwright.sync_api import expect
from pypdf import PdfWriter

from chassis.days import format_day, now, riga_today
from tests import stack
from tests.journeys.api_client import Api, Refused, eventually
from tests.journeys.browser import Visitor
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail, decoded_pdf
from tests.journeys.people import ADMIN, PASSWORD, SERVICE, Person
from tests.journeys.words import lv

TITLE = "Klientu portāla lietošanas noteikumi"
TEXT = """I. Vispārīgie noteikumi

1. Šie noteikumi ir saistoši klientam un lietotājam.

2.1. Jaunais apakšpunkts par ērģeļu stabulēm.

{mark}"""


def _day_after_the_last(nobody: Api) -> date:
    """A day on which a new version may begin: none begins before the last one."""
    last = max(date.fromisoformat(one["valid_from"]) for one in nobody.get("/terms")["items"])
    return max(last, riga_today()) + timedelta(days=1)


def blank_pdf() -> bytes:
    """A PDF file larger than one piece of the bus."""
    out = io.BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_attachment("data.bin", os.urandom(700_000))
    writer.write(out)
    return out.getvalue()


@pytest.mark.requirement("S0-22", "S1-23", "S1-45", "S1-61", "S1-77", "S3-06")
def test_a_new_version_takes_two_is_told_to_everybody_and_stays_public(
    visit: Callable[..., Visitor], api: Callable[[Person], Api], newcomers: Newcomers, mail: Mail, base: str
) -> None:
    nobody, reader = Api(base), newcomers.user("Rita Lasītāja")
    begins = _day_after_the_last(nobody)
    title = f"{TITLE} no {format_day(begins)}"
    text = TEXT.format(mark=f"Redakcija {begins.isoformat()}.")
    before = nobody.get("/terms")["items"]

    clerk = visit(SERVICE)
    clerk.go("/staff/terms")
    clerk.follow("Jauns projekts")
    clerk.fill(title=title, approved_on=riga_today().isoformat(), valid_from=riga_today().isoformat(), text=text)
    clerk.fill(valid_from=begins.isoformat(), note="Spēkā līdz jaunas redakcijas apstiprināšanai")
    clerk.submit()
    clerk.sees(title, "Projekts ir saglabāts")
    draft = next(one for one in api(SERVICE).get("/staff/terms-drafts")["items"] if one["title"] == title)
    publication = f"/staff/terms-drafts/{draft['draft_id']}/publish"
    assert api(SERVICE).send("POST", publication, json={"version": draft["version"]}).status_code == 403

    # Whoever wrote the last word of it cannot publish it, administrator or not.
    asked = {name: draft[name] for name in ("version", "title", "text", "note", "approved_on", "valid_from")}
    own = api(ADMIN).put(f"/staff/terms-drafts/{draft['draft_id']}", asked)
    with pytest.raises(Refused) as refused:
        api(ADMIN).post(publication, {"version": own["version"]})
    assert (refused.value.status, refused.value.code) == (409, "identity.four_eyes")
    assert nobody.get("/terms")["items"] == before, "a draft is nobody's terms"
    api(SERVICE).put(f"/staff/terms-drafts/{draft['draft_id']}", asked | {"version": own["version"]})

    # The very document that was approved, put to the draft: kept to the byte, and only a PDF.
    approved = blank_pdf()
    clerk.go("/staff/terms")
    clerk.main.locator(f"a[href$='{draft['draft_id']}/file']").click()
    wrong = {"name": "noteikumi.pdf", "mimeType": "application/pdf", "buffer": b"PK\x03\x04 a text in a zip"}
    clerk.main.locator("[name=file]").set_input_files(wrong)  # type: ignore[arg-type]
    clerk.submit()
    clerk.sees("Noteikumiem pievieno tikai PDF datni.")
    right = wrong | {"name": "Apstiprināti noteikumi.pdf", "buffer": approved}
    clerk.main.locator("[name=file]").set_input_files(right)  # type: ignore[arg-type]
    clerk.submit()
    clerk.sees("Datne ir pievienota")

    admin = visit(ADMIN)
    admin.go("/staff/terms")
    admin.main.locator(f"a[href$='{draft['draft_id']}/publish']").click()
    digest = hashlib.sha256(approved).hexdigest()
    admin.sees("Vai publicēt noteikumus?", "Jaunais apakšpunkts", "Apstiprināti noteikumi.pdf", digest)
    seen = admin.context.request.get(f"/staff/terms/drafts/{draft['draft_id']}/file.pdf")
    assert seen.body() == approved, "who publishes sees what will be published"
    admin.submit()
    admin.page.wait_for_url(re.compile(r"/terms/[0-9a-f-]{36}$"))
    path = admin.page.url.removeprefix(base)

    # Public, at one address, with the day of approval, the day it begins, and a file to keep; none of the old is gone.
    # The banner is about what comes first, which is this version wherever the test was not run before.
    first = nobody.get("/portal")["upcoming_terms"]
    stranger = visit()

    def banner() -> bool:
        stranger.go("/")
        told = f"Jauni lietošanas noteikumi stājas spēkā {format_day(date.fromisoformat(first['valid_from']))}"
        return told in stranger.page.inner_text("body")

    eventually("the banner above every page", banner, 60)
    stranger.page.get_by_role("link", name=lv("Read the new terms")).click()
    assert stranger.page.url == f"{base}/terms/{first['terms_id']}"
    stranger.go(path)
    stranger.sees(
        lv("Not yet in force"), "Jaunais apakšpunkts par ērģeļu stabulēm.", hashlib.sha256(text.encode()).hexdigest()
    )
    stranger.go("/terms")
    stranger.sees(title, format_day(begins), lv("Not yet in force"))
    stranger.sees("19.12.2017.", "11.06.2019.", "07.06.2022.", "18.04.2023.")
    file = requests.get(f"{base}{path}/download", timeout=60)
    assert file.headers["Content-Type"] == "application/pdf" and "attachment" in file.headers["Content-Disposition"]
    assert file.content == approved and digest in requests.get(base + path, timeout=60).text
    old = requests.get(f"{base}/terms/{before[-1]['terms_id']}/download", timeout=60)
    assert "noteikumi" in decoded_pdf(old.content), "one without a document of its own is made from its text"
    now_public = nobody.get("/terms")["items"]
    assert [one["terms_id"] for one in now_public[1:]] == [one["terms_id"] for one in before]
    in_force = [[one["terms_id"] for one in public if one["current"]] for public in (before, now_public)]
    assert in_force[0] == in_force[1], "what is to come changes nothing today"
    assert now_public[1]["valid_to"] == (begins - timedelta(days=1)).isoformat()

    # Everybody is told, by e-mail and in the portal, once.
    def letters() -> list[dict[str, Any]]:
        return [row for row in mail.to(reader.email) if format_day(begins) in str(row["headers"]["Subject"])]

    assert len(eventually("a letter about the new version", letters, 60)) == 1
    person = Api.signed_in(base, reader)
    told = eventually("a message in the portal", lambda: [
        one for one in person.get("/messages")["items"] if one["kind"] == "terms_new" and title in one["body"]
    ], 60)  # fmt: skip
    assert len(told) == 1


@pytest.fixture
def agreed_to_an_earlier_version(newcomers: Newcomers, base: str) -> Person:
    """Somebody who accepted the version before the present one, while it was in force."""
    person = newcomers.user("Uldis Agrākais")
    newcomers.represents(person, newcomers.client("SIA Agrākie Noteikumi"))
    versions = Api(base).get("/terms")["items"]
    current = next(n for n, one in enumerate(versions) if one["current"])
    earlier = versions[current + 1]
    engine = sa.create_engine(stack.database_url("identity"))
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO terms_acceptances (user_id, terms_id, text_sha256, accepted_at) "
                    "VALUES (:user, :terms, :hash, now() - interval '400 days')"),
            {"user": newcomers.id_of(person), "terms": earlier["terms_id"], "hash": earlier["text_sha256"]},
        )  # fmt: skip
    engine.dispose()
    return person


@pytest.mark.requirement("S1-18", "S1-24", "S1-45", "S1-71", "S3-22")
def test_who_agreed_to_an_earlier_version_is_asked_at_the_next_login(
    visit: Callable[..., Visitor], api: Callable[[Person], Api], agreed_to_an_earlier_version: Person, base: str
) -> None:
    person = agreed_to_an_earlier_version
    current = next(one for one in Api(base).get("/terms")["items"] if one["current"])
    visitor = visit(language="lv")
    visitor.go("/sign-in?next=/profile/agreements")
    visitor.fill(email=person.email, password=PASSWORD)
    visitor.click("Pieteikties")
    expect(visitor.page).to_have_url(re.compile("/terms/accept"))
    visitor.sees(current["title"])
    visitor.main.get_by_label("Lietošanas noteikumi ir izlasīti").check()
    visitor.click("Piekrist un turpināt")
    expect(visitor.page).to_have_url(re.compile("/profile/agreements$"))
    visitor.sees("Apstiprinātie lietošanas noteikumi", format_day(date.fromisoformat(current["approved_on"])))
    visitor.sees("Personas datu apstrāde", "Dota", "Datu pārzinis: VAS “Elektroniskie sakari”, reģ. Nr. 40003021907")

    mine = Api.signed_in(base, person)
    found = mine.get("/profile/agreements")
    assert found["terms"][0]["terms_id"] == current["terms_id"] and len(found["terms"]) == 2
    accepted = found["terms"][0]
    assert accepted["text_sha256"] == current["text_sha256"] and accepted["address"]
    assert abs((now() - datetime.fromisoformat(accepted["accepted_at"])).total_seconds()) < 3600
    # Which version was in force is on record at every login: owed at the first, agreed to at the second.
    user = mine.get("/profile")["user_id"]

    def on_record() -> list[dict[str, Any]] | None:
        rows = api(ADMIN).get("/staff/audit", person=user, action="identity.session.start")["items"]
        return rows if len(rows) > 1 else None

    starts = eventually("both logins on record", on_record, 60)
    kept = [(row["detail"]["terms"], row["detail"]["terms_to_accept"]) for row in starts]
    assert kept == [(current["terms_id"], None), (current["terms_id"], current["terms_id"])]


@pytest.mark.requirement("S1-24", "S1-49", "S3-22")
def test_consents_are_to_a_text_and_what_may_be_is_withdrawn(
    newcomers: Newcomers, api: Callable[[Person], Api], base: str
) -> None:
    person = newcomers.user("Dace Piekrītoša")
    mine = Api.signed_in(base, person)
    found = mine.get("/profile/agreements")
    assert {(one["kind"], one["given"]) for one in found["consents"]} == {
        ("data_processing", True), ("electronic_documents", True)
    }  # fmt: skip
    texts = {one["kind"]: one for one in found["texts"]}
    assert "mani dati tiek tam nodoti" in texts["data_processing"]["lv"]
    assert "papīra" in texts["electronic_documents"]["lv"]
    for one in found["consents"]:
        assert one["text_sha256"] == texts[one["kind"]]["text_sha256"] and one["address"]

    def say(kind: str, given: bool, text: str | None = None) -> dict[str, Any]:
        body = {"given": given, "text_sha256": text or texts[kind]["text_sha256"]}
        return mine.put(f"/profile/consents/{kind}", body)  # type: ignore[no-any-return]

    for kind, text, code in (
        ("data_processing", None, "identity.consent_stays"),
        ("electronic_documents", "0" * 64, "identity.consent_changed"),
    ):
        with pytest.raises(Refused) as refused:
            say(kind, False, text)
        assert refused.value.code == code
    say("electronic_documents", False)
    after = say("electronic_documents", False)["consents"]
    assert [(one["kind"], one["given"]) for one in after][:1] == [("electronic_documents", False)]
    assert len(after) == 3, "said twice, kept once"
    seen = api(SERVICE).get(f"/staff/users/{newcomers.id_of(person)}/agreements")["consents"]
    assert [(one["kind"], one["given"], one["at"]) for one in seen] == [
        (one["kind"], one["given"], one["at"]) for one in after
    ]
    # Staff see at the client that somebody there takes nothing but paper; colleagues and the client itself do not.
    client = newcomers.client("SIA Papīrs")
    newcomers.represents(person, client)
    path = f"/staff/clients/{client}"
    assert api(SERVICE).get(path)["without_electronic"] == [str(newcomers.id_of(person))]
    page = requests.get(base + path, cookies={SERVICE.cookie: str(api(SERVICE).secret)}, timeout=30).text
    assert "Piekrišana elektroniskiem dokumentiem atsaukta" in page
    assert Api.signed_in(base, person).get("/client")["without_electronic"] == []
    other = Api.signed_in(base, newcomers.user("Cita Persona"))
    assert other.send("GET", f"/staff/users/{newcomers.id_of(person)}/agreements").status_code == 403
    # A new sign-in does not give back by itself what was taken away.
    again = Api.signed_in(base, person).get("/profile/agreements")["consents"]
    assert again == after
    say("electronic_documents", True)
    assert api(SERVICE).get(path)["without_electronic"] == []
