"""A new fixed link from the first word typed to the permit in hand: Anna asks, the engineer decides, both are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chassis.days import format_day, riga_today
from tests.journeys import fixed_link
from tests.journeys.api_client import Api, eventually
from tests.journeys.browser import Visitor
from tests.journeys.peers import Mail
from tests.journeys.people import ANNA, ENGINEER, Person
from tests.journeys.words import lv

QUESTION = "Lūdzu, precizējiet antenas novietojumu masta Ā plauktā."
ANSWER = "Antena atrodas 41,5 m augstumā, mastā pie Zaķusalas tilta."
CONDITIONS = "Darbība saskaņojama ar Igaunijas administrāciju."
REASON = "Pieprasītā frekvence Zaķusalā jau piešķirta citam lietotājam (MK noteikumu 12. punkts)."


def type_step(visitor: Visitor, values: dict[str, str]) -> None:
    """Fill in every field of the step shown and go on."""
    for field in visitor.main.locator("form.form [name]:not([type=hidden]):not(button)").all():
        name = str(field.get_attribute("name"))
        if name in values:
            visitor.field(name, values[name])
    visitor.click(lv("Save and continue"))


def submitted(visitor: Visitor, values: dict[str, str]) -> str:
    """Ask for a fixed link by the form, all the way; return the case's id."""
    visitor.go("/requests/new")
    visitor.click("Jauna atļauja fiksēto sakaru līnijai")
    for _ in range(5):
        type_step(visitor, values)
    visitor.main.locator("input[type=file]").set_input_files(
        {"name": "Datu lapa Ērglis.pdf", "mimeType": "application/pdf", "buffer": fixed_link.DATA_SHEET}
    )
    visitor.field("document", "data_sheet")
    visitor.click(lv("Attach"), exact=True)
    visitor.follow(lv("Continue"))
    visitor.main.locator("[name=confirmed]").check()
    visitor.click(lv("Confirm and submit"))
    expect(visitor.page).to_have_url(re.compile(r"/requests/[0-9a-f-]{36}$"))
    return visitor.page.url.rsplit("/", 1)[1]


@pytest.mark.requirement("S0-08", "S2-20", "S1-19")
def test_a_draft_keeps_what_is_typed_and_names_what_is_wrong(visit: Callable[..., Visitor]) -> None:
    values = fixed_link.typed(fixed_link.link_name())
    anna = visit(ANNA)
    anna.go("/requests/new")
    anna.sees("Jauna atļauja fiksēto sakaru līnijai")
    anna.click("Jauna atļauja fiksēto sakaru līnijai")
    draft = anna.page.url
    anna.fill(link_name=values["link_name"], purpose=values["purpose"])
    anna.click(lv("Save the draft"))
    anna.sees(lv("The draft is saved."))
    anna.click(lv("Save and continue"))
    anna.sees(lv("Please check the form"), "Aizpildiet šo lauku.")
    for name in ("permit_kind", "desired_from"):
        assert anna.main.locator(f"[name={name}]").get_attribute("aria-invalid") == "true", name
    assert anna.main.locator("[name=link_name]").get_attribute("aria-invalid") is None
    assert anna.main.locator("[name=purpose]").input_value() == values["purpose"]
    # the link in the summary leads into the field
    anna.main.locator(".error-summary a").first.click()
    assert anna.page.evaluate("document.activeElement.name") in ("permit_kind", "desired_from")

    anna.go("/requests")  # gone away and come back another day
    anna.main.locator("a[href*='/requests/drafts/']").first.click()
    assert anna.main.locator("[name=link_name]").input_value() == values["link_name"]
    type_step(anna, values)
    type_step(anna, values | {"a_coordinates": "65,1; 24,1", "a_antenna_gain_dbi": "daudz", "a_cadastre_no": "12"})
    wrong = {"a_coordinates": "65,1; 24,1", "a_antenna_gain_dbi": "daudz", "a_cadastre_no": "12"}
    for name, typed in wrong.items():
        field = anna.main.locator(f"[name={name}]")
        assert field.get_attribute("aria-invalid") == "true", name
        assert field.input_value().replace(".", ",") == typed, "what was typed stays typed"
    anna.sees("Koordinātas ir ārpus Latvijas.", "Ievadiet skaitli.", "Kadastra numurs sastāv no 11 cipariem.")
    anna.go(draft.split("?")[0] + "/review")
    anna.sees(lv("The request cannot be submitted yet"))
    assert not anna.main.get_by_role("button", name=lv("Confirm and submit")).count()
    anna.go(draft.split("?")[0] + "/discard")
    anna.submit()
    anna.sees(lv("The draft has been removed."))
    anna.go(draft, status=None)
    assert anna.page.get_by_text(values["link_name"]).count() == 0


@pytest.mark.requirement("S1-52")
def test_the_wrong_kind_of_file_and_a_missing_confirmation_are_refused(visit: Callable[..., Visitor]) -> None:
    values = fixed_link.typed(fixed_link.link_name())
    anna = visit(ANNA)
    anna.go("/requests/new")
    anna.click("Jauna atļauja fiksēto sakaru līnijai")
    for _ in range(5):
        type_step(anna, values)
    file = anna.main.locator("input[type=file]")
    file.set_input_files({"name": "datu lapa.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90 not a PDF at all"})
    anna.click(lv("Attach"), exact=True)
    anna.sees("Atļautas tikai PDF, PNG, JPEG, DOCX un ASICE")
    file.set_input_files({"name": "Datu lapa.pdf", "mimeType": "application/pdf", "buffer": fixed_link.DATA_SHEET})
    anna.field("document", "data_sheet")
    anna.click(lv("Attach"), exact=True)
    anna.sees("Datu lapa.pdf", "SHA-256")
    anna.follow(lv("Continue"))
    anna.sees("Apliecinu, ka norādītās ziņas ir patiesas", values["equipment_model"], values["a_name"])
    anna.click(lv("Confirm and submit"))
    anna.sees("Lai turpinātu, apstipriniet, ka teksts ir izlasīts un Jūs tam piekrītat.")


@pytest.mark.timeout(240)
@pytest.mark.requirement("S0-09", "S0-10", "S1-11", "S1-54", "S1-72", "S2-20", "B-11")
def test_from_request_to_permit(visit: Callable[..., Visitor], api: Callable[[Person], Api], mail: Mail) -> None:
    name = fixed_link.link_name()
    anna, engineer = visit(ANNA), visit(ENGINEER)
    before = mail.latest()
    case_id = submitted(anna, fixed_link.typed(name))
    anna.sees(name, "Iesniegts", lv("Timeline"), "Pieprasījums iesniegts", lv("Submission confirmed"), "SHA-256")
    case_no = re.search(r"[A-Z]+-\d{4}-\d+", anna.text())
    assert case_no, anna.text()[:400]

    engineer.go(f"/staff/cases?query={case_no[0]}")
    engineer.follow(case_no[0])
    engineer.sees('SIA "Radio Links"', "Ziemeļradio", "ZR-130 Ērglis", "13 012")
    engineer.click("Pieņemt izskatīšanā")
    engineer.follow("Pieprasīt informāciju")
    engineer.submit()
    engineer.sees("Ierakstiet tekstu.")
    engineer.fill(text=QUESTION)
    engineer.submit()
    engineer.sees(QUESTION, lv("the clock stands until the client answers"))
    asked = eventually("a question by e-mail", lambda: _mails(mail, before, QUESTION))
    assert any(case_no[0] in one["subject"] or case_no[0] in one["text"] for one in asked)

    anna.go(f"/requests/{case_id}")
    anna.sees(QUESTION, lv("We need further information from you"))
    anna.follow(lv("Write the answer"))
    anna.fill(text=ANSWER)
    anna.main.locator("[name=confirmed]").check()
    anna.click(lv("Confirm and send"))
    anna.sees(ANSWER, "Izskatīšanā")

    engineer.go(f"/staff/cases/{case_id}")
    engineer.sees(ANSWER)
    engineer.follow("Apstiprināt")
    engineer.fill(conditions=CONDITIONS)
    engineer.submit()
    engineer.sees(lv("Please check the form"))
    assert engineer.main.locator("[name=conditions]").input_value() == CONDITIONS
    engineer.main.locator("[name=confirmed]").check()
    engineer.submit()

    def issued() -> dict[str, Any] | None:
        case: dict[str, Any] = api(ANNA).get(f"/requests/{case_id}")
        return case if case["status"] == "completed" and case["invoices"] else None

    case = eventually("the permit and its invoice", issued)
    anna.go(f"/requests/{case_id}")
    anna.sees("Izpildīts", "Atļauja izsniegta", CONDITIONS, case["permit_no"], *case["invoices"])
    anna.main.get_by_role("link", name=re.compile(case["permit_no"])).first.click()
    anna.sees(
        case["permit_no"], "Rīga, Zaķusala", "Jūrmala, Sloka", "13 012", "13 278", "28M0D7WET", CONDITIONS,
        "PZ-06-130", "36,1",
    )  # fmt: skip
    anna.go(f"/invoices?query={case['invoices'][0]}")
    anna.follow(case["invoices"][0])
    anna.sees("Lietošanas atļaujas pieprasījuma izskatīšana", case["permit_no"], "14,72 €")
    assert format_day(riga_today()) in anna.text()

    def told() -> list[dict[str, Any]] | None:
        found = [one for one in mail.to(ANNA.email, after=before) if case["permit_no"] in one["subject"] + one["text"]]
        bills = [one for one in mail.to("", after=before) if case["invoices"][0] in one["subject"] + one["text"]]
        return found if found and bills else None

    letters = eventually("e-mails about the permit and the invoice", told)
    text = " ".join(one["subject"] + one["text"] for one in letters)
    assert "atļauj" in text.lower() and re.search("[āčēģīķļņšūž]", text), text


def _mails(mail: Mail, after: int, words: str) -> list[dict[str, Any]]:
    return [one for one in mail.to(ANNA.email, after=after) if words in one["text"].replace("\n", " ")]


@pytest.mark.requirement("S0-10")
def test_a_refusal_carries_its_reason(
    visit: Callable[..., Visitor], mail: Mail, new_case: Callable[[], str], api: Callable[[Person], Api]
) -> None:
    before = mail.latest()
    case_id = new_case()
    engineer = visit(ENGINEER)
    engineer.go(f"/staff/cases/{case_id}")
    engineer.click("Pieņemt izskatīšanā")
    engineer.follow("Atteikt")
    engineer.main.locator("[name=confirmed]").check()
    engineer.submit()
    engineer.sees(lv("Please check the form"))
    engineer.fill(reason=REASON)
    engineer.main.locator("[name=confirmed]").check()
    engineer.submit()
    engineer.sees(lv("The request has been refused."), REASON)
    anna = visit(ANNA)
    anna.go(f"/requests/{case_id}")
    anna.sees("Atteikts", REASON, lv("The request was refused"))
    assert eventually("the reason by e-mail", lambda: _mails(mail, before, REASON))
    case = api(ANNA).get(f"/requests/{case_id}")
    assert case["permit_id"] is None and case["invoices"] == []


def test_the_client_withdraws(visit: Callable[..., Visitor], new_case: Callable[[], str]) -> None:
    case_id = new_case()
    anna = visit(ANNA)
    anna.go(f"/requests/{case_id}")
    anna.follow(lv("Withdraw the request"))
    anna.submit()
    anna.sees("Atsaukts", lv("Withdrawal confirmed"))
    engineer = visit(ENGINEER)
    engineer.go(f"/staff/cases/{case_id}")
    assert not engineer.main.get_by_role("button", name="Pieņemt izskatīšanā").count()
