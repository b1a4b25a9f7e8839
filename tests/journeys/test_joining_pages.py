"""The pages for becoming a user, walked in a browser: in Latvian, in English, on a phone, without JavaScript."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import joining
from tests.journeys.arriving import arrive
from tests.journeys.browser import Visitor
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.peers import Mail, decoded_pdf
from tests.journeys.people import SERVICE, Person
from tests.journeys.test_every_page import look_over
from tests.journeys.test_joining import told


@pytest.fixture(scope="module")
def made() -> Iterator[Newcomers]:
    with newcomers() as maker:
        yield maker


def _read_terms(visitor: Visitor) -> None:
    visitor.submit()
    visitor.page.wait_for_selector(".error-summary")
    visitor.fill(agree="1")
    visitor.submit()


@pytest.mark.requirement(
    "S0-13", "S0-14", "S0-17", "S0-20", "S0-21", "S0-23", "S1-07", "S1-18", "S1-27", "S1-28", "S1-29", "S1-30"
)
def test_applying_printing_finding_again_and_the_decision(
    visit: Callable[..., Visitor], made: Newcomers, mail: Mail, tmp_path: Path, pictures: Path
) -> None:
    number = joining.reg_no()
    made.client("SIA Jūras Vējš", reg_no=number, address="Ostas iela 1, Ventspils", phone="+37167332179")
    wrong: list[str] = []
    visitor = visit(language="lv")
    visitor.go("/")
    visitor.follow("Reģistrēties")
    visitor.sees("bez maksas")
    visitor.follow("Aizpildīt pieteikumu")
    _read_terms(visitor)
    assert visitor.page.url.endswith("/applications/new")
    wrong += look_over(visitor, "application-form", pictures)
    visitor.lead_on(visitor.main.get_by_role("button", name="Fiziska persona"))
    visitor.go("/help")
    visitor.page.go_back()  # no error of the browser's own
    assert visitor.main.locator("[name=person_code]").is_visible()
    visitor.lead_on(visitor.main.get_by_role("button", name="Juridiska persona"))
    user, client = joining.email("lietotajs"), joining.email("klients")
    visitor.fill(
        client_name="Jūras vējš, SIA", reg_no=number, client_address="Ostas iela 1, Ventspils", client_email=client,
        client_phone="67332179", signatory_name="Rita Krasta", signatory_position="valdes locekle",
        user_name="Toms Krasts", user_email="bez adreses", role="additional", rights="permits.see",
        password_wanted="1", data_true="1", legal_basis="1",
    )  # fmt: skip
    for kind in ("Fiziska persona", "Juridiska persona"):
        visitor.lead_on(visitor.main.get_by_role("button", name=kind))
    assert visitor.main.locator("[name=reg_no]").input_value() == number, "what was typed stays"
    visitor.submit()
    visitor.page.wait_for_selector(".error-summary")
    visitor.sees("Lietotāja e-pasts: Nederīga e-pasta adrese.", "Atzīmējiet šo izvēles rūtiņu.")
    assert visitor.main.locator("[name=client_name]").input_value() == "Jūras vējš, SIA", "what was typed stays"
    wrong += look_over(visitor, "errors-application", pictures)
    visitor.fill(user_email=user, processing="1", user_person_code=joining.person_code())
    visitor.submit()
    visitor.page.wait_for_url("**/applications/sent")
    found, code = (visitor.main.locator("dl.facts dd").nth(n).inner_text() for n in (0, 1))
    visitor.sees("parakst", found)
    wrong += look_over(visitor, "application-sent", pictures)
    pdf = visitor.context.request.get("/applications/own.pdf")
    assert "Toms Krasts" in decoded_pdf(pdf.body())

    english = visit(language="en", javascript=False)  # somebody else's browser knows nothing of it
    english.go("/applications/own")
    assert english.page.url.endswith("/applications/find")
    english.fill(number=found, code="WRONG-CODES")
    english.submit()
    english.sees("There is no application with this number and code.")
    english.fill(number=f" {found.lower()} ", code=code.replace("-", " ").lower())
    english.submit()
    english.sees("Toms Krasts", "Signed original awaited")

    clerk = visit(SERVICE, language="lv")
    clerk.go("/staff/applications?query=" + found)
    clerk.follow(found)
    clerk.sees("Numuri un vārds vai nosaukums atbilst vienam klientam", "Parakstītais oriģināls nav saņemts")
    assert clerk.main.get_by_role("link", name="Apstiprināt").count() == 0, "no approval before the original"
    wrong += look_over(clerk, "staff-application", pictures)
    clerk.follow("Reģistrēt parakstīto oriģinālu")
    clerk.submit()
    clerk.page.wait_for_selector(".error-summary")
    scan = tmp_path / "parakstīts.asice"
    scan.write_bytes(_container())
    clerk.main.locator("[name=file]").set_input_files(scan)
    clerk.fill(channel="e_address", note="Parakstīja Rita Krasta")
    clerk.submit()
    clerk.sees("parakstīts.asice", "oficiālā e-adrese")
    clerk.follow("Apstiprināt", exact=True)
    clerk.submit()
    clerk.page.wait_for_selector(".error-summary")
    wrong += look_over(clerk, "staff-application-approve", pictures)
    clerk.fill(checked="1")
    clerk.submit()
    clerk.sees("Apstiprināts", "Uz lietotāju")
    told(mail, client, "apstiprināts")
    arrive(visit(language="lv"), mail, user, "Toms Krasts", "SIA Jūras Vējš")
    assert not wrong, "\n".join(wrong)


def _container() -> bytes:
    """A signed container as far as its first entry goes: an unpacked `mimetype` (ETSI EN 319 162-1)."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        archive.writestr("pieteikums.pdf", joining.PDF)
    return out.getvalue()


@pytest.mark.requirement("S0-21", "S1-18", "S3-07", "S3-08", "S3-17", "S3-18", "S3-19", "S3-20", "S3-23")
def test_registering_oneself_begins_with_the_terms(
    visit: Callable[..., Visitor], made: Newcomers, mail: Mail, pictures: Path
) -> None:
    code = joining.person_code()
    client = made.client("Līga Ābele", kind="natural", person_code=code)
    contract = joining.contract(client)
    visitor = visit(language="lv")
    visitor.go("/register/account")
    assert "/register/terms" in visitor.page.url, "nobody fills in the form before the terms"
    _read_terms(visitor)
    assert visitor.page.url.endswith("/register/account")
    wrong = look_over(visitor, "registration-form", pictures)
    address = joining.email()
    visitor.fill(user_name="Zane Ābele", person_code=code, contract_no=contract, email=address,
                 data_true="1", legal_basis="1", processing="1")  # fmt: skip
    visitor.submit()
    visitor.page.wait_for_selector(".error-summary")
    visitor.sees("67332179", "klientu apkalpošanas centru")
    wrong += look_over(visitor, "errors-registration", pictures)
    visitor.fill(user_name="Līga Ābele")
    visitor.submit()
    visitor.page.wait_for_url("**/register/done")
    visitor.sees(address, "24")
    wrong += look_over(visitor, "registration-done", pictures)
    arrive(visit(language="lv"), mail, address, "Līga Ābele")
    assert not wrong, "\n".join(wrong)


@pytest.mark.requirement("S3-12", "S3-13", "S3-19")
def test_staff_make_a_user_at_the_service_centre(
    visit: Callable[..., Visitor], made: Newcomers, mail: Mail, pictures: Path
) -> None:
    client = made.client("SIA Klātienē")
    clerk = visit(SERVICE, language="lv")
    clerk.go(f"/staff/clients/{client}")
    clerk.follow("Jauns lietotājs")
    clerk.submit()
    clerk.page.wait_for_selector(".error-summary")
    wrong = look_over(clerk, "errors-new-user", pictures)
    address = joining.email()
    clerk.fill(document="id_card", last_digits="0042", name="Andris Klātienē", email=address, role="main")
    clerk.submit()
    clerk.sees("Andris Klātienē", "SIA Klātienē")
    arrive(visit(language="lv"), mail, address, "Andris Klātienē", "SIA Klātienē")
    assert not wrong, "\n".join(wrong)


@pytest.mark.requirement("S0-24", "S1-47")
def test_giving_up_the_portal_is_asked_twice_and_done_at_once(
    visit: Callable[..., Visitor], made: Newcomers, api: Callable[[Person], Any]
) -> None:
    person = made.user()
    made.represents(person, made.client("SIA Atteikums"))
    visitor = visit(person, language="lv")
    visitor.go("/profile")
    visitor.follow("Beigt portāla lietošanu")
    visitor.sees("SIA Atteikums")
    visitor.submit()
    visitor.page.wait_for_selector(".error-summary")
    visitor.sees("Apstipriniet savu izvēli.")
    visitor.fill(confirmed="1")
    visitor.submit()
    assert "Visas Jūsu sesijas ir beigtas." in visitor.page.locator("body").inner_text()
    visitor.go("/profile")
    assert "/sign-in" in visitor.page.url
