"""Client information → Users, walked in a browser: somebody is let in for one permit and one contract, for a time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from chassis.days import format_day, riga_today
from tests.journeys import joining, lives
from tests.journeys.api_client import Api, eventually
from tests.journeys.arriving import arrive, mailed
from tests.journeys.browser import Visitor
from tests.journeys.newcomers import Newcomers
from tests.journeys.outside import Browser
from tests.journeys.peers import Mail
from tests.journeys.people import PASSWORD
from tests.journeys.words import lv


@pytest.mark.requirement("S1-05", "S1-21", "S3-09", "S3-10", "S3-11", "S3-36", "B-03")
def test_the_main_user_lets_somebody_in_changes_it_and_ends_it(
    visit: Callable[..., Visitor], newcomers: Newcomers, mail: Mail
) -> None:
    mark = uuid.uuid4().hex[:8].upper()
    company = f"SIA Pilnvaras {mark}"
    main, client = newcomers.user("Māra Galvenā"), newcomers.client(company)
    newcomers.represents(main, client)
    mine, other = f"ZA-{mark}", f"ZB-{mark}"
    ids = {number: lives.permit(number, client, company) for number in (mine, other)}
    contract, closed = joining.contract(client), joining.contract(client)
    address, last = joining.email("papildu"), riga_today() + timedelta(days=30)

    owner = visit(main, language="lv")
    owner.go("/client")
    owner.follow(lv("Manage users"))
    owner.sees("Māra Galvenā", company)
    owner.follow("Pievienot lietotāju")
    owner.fill(email=address, name="Pēteris Papildus", valid_to=last.isoformat(), permits="NAV-TĀDAS")
    owner.fill(**{"right.permits.see": "named", "right.readings.submit": "named"}, contracts=contract.lower())
    owner.submit()
    owner.page.wait_for_selector(".error-summary")
    assert owner.main.locator("[name=email]").input_value() == address, "what was typed stays"
    owner.fill(permits=mine.lower())
    owner.submit()
    owner.page.wait_for_url("**/client/users")
    owner.sees("Pēteris Papildus", mine, contract, format_day(last), "vēl nav aktivizēts")
    owner.does_not_see(other)
    row = owner.main.get_by_role("row").filter(has_text="Pēteris Papildus")

    guest = visit(language="lv")
    arrive(guest, mail, address, "Pēteris Papildus", company)
    guest.go("/permits")
    guest.sees(mine)
    guest.does_not_see(other)
    guest.go(f"/permits/{ids[mine]}")
    guest.go(f"/permits/{ids[other]}", status=404)
    guest.go("/contracts")
    guest.sees(contract)
    guest.does_not_see(closed)
    for path in ("/invoices", "/client/users", "/client/users/new", "/requests/new"):
        guest.go(path, status=403)

    row.get_by_role("link", name="Mainīt").click()
    owner.fill(**{"right.permits.see": "client", "right.finance.see": "client"})
    owner.submit()
    owner.page.wait_for_url("**/client/users")
    eventually("the session that is open may see invoices", lambda: guest.go("/invoices", None).status == 200, 60)
    guest.go("/permits")
    guest.sees(mine, other)

    row.get_by_role("link", name="Pārtraukt").click()
    owner.sees("Pēteris Papildus")
    owner.submit()
    owner.page.wait_for_url("**/client/users")
    owner.sees("Pēteris Papildus vairs nepārstāv šo klientu.")
    for path in ("/permits", "/contracts", "/invoices"):
        eventually(f"{path} is closed", lambda path=path: guest.go(path, None).status in (403, 404), 60)
    assert company in mailed(mail, address, "vairs nepārstāvat")["subject"]


@pytest.mark.requirement("S1-05", "B-03")
def test_a_form_filled_for_one_client_is_not_done_to_another(base: str, newcomers: Newcomers) -> None:
    """In another window the person has chosen another client meanwhile: nothing is done, and nothing typed is lost."""
    person = newcomers.user("Divu Galvenā")
    first, second = newcomers.client("SIA Pirmais"), newcomers.client("SIA Otrais")
    for client in (first, second):
        newcomers.represents(person, client)
    browser = Browser(base)
    page = browser.send(browser.get("/sign-in"), email=person.email, password=PASSWORD)
    if "/terms/accept" in page.url:
        browser.send(page, agree="1")
    chosen = browser.send(browser.get("/profile/clients"), client_id=str(first))
    assert "SIA Pirmais" in chosen.text
    form = browser.get("/client/users/new")
    browser.send(browser.get("/profile/clients"), client_id=str(second))
    address = joining.email("nejauss")
    typed = {"email": address, "name": "Nejauši Iedotā", "right.permits.see": "client"}
    headers = {"Origin": base}
    browser.http.headers.update(headers)
    answer = browser.send(form, **typed)
    assert answer.status_code == 409 and "SIA Otrais" in answer.text and address in answer.text
    again = browser.send(answer)
    assert again.status_code == 409, "sending it again is no way around"
    browser.send(browser.get("/profile/clients"), client_id=str(first))
    late = browser.send(answer)
    done = browser.send(late) if late.status_code == 400 else late  # the choice began a new session: once more
    assert "Nejauši Iedotā" in done.text and "SIA Pirmais" in done.text


@pytest.mark.requirement("S1-05")
def test_staff_without_a_role_reach_nobodys_data(base: str, newcomers: Newcomers) -> None:
    roleless, client = newcomers.user("Bez Lomas", kind="staff"), newcomers.client()
    api = Api.signed_in(base, roleless)
    for path in ("/staff/clients", f"/staff/clients/{client}", f"/staff/clients/{client}/representations"):
        assert api.send("GET", path).status_code == 403


def test_staff_switch_the_language(visit: Callable[..., Visitor], newcomers: Newcomers) -> None:
    visitor = visit(newcomers.user("Valodu Mainītāja", kind="staff", roles=("auditor",)), language="lv")
    visitor.go("/staff")
    visitor.page.get_by_role("button", name="EN – switch to English").click()
    visitor.sees("Overview")
    assert visitor.page.url.endswith("/staff")
