"""The register of clients in the running suite: entered, changed, found again, confirmed by the client."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from stdnum.lv import pvn

from chassis.demo_ids import CLIENT_WATER
from services.metering.messages import ListContracts
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.newcomers import Newcomers
from tests.journeys.objects import Maker
from tests.journeys.people import AUDITOR, ENGINEER, ILZE, SERVICE, Person

CONTACTS = ("address", "correspondence_address", "email", "invoice_email", "phone", "language")


def reg_no() -> str:
    """A registration number nobody has."""
    return next(n for n in iter(lambda: f"4{uuid.uuid4().int % 10**10:010d}", "") if pvn.is_valid(n))


def person_code(old_style: bool = True) -> str:
    """A personal code nobody has, with its check digit."""
    digits = f"{uuid.uuid4().int % 28 + 1:02d}{uuid.uuid4().int % 12 + 1:02d}{uuid.uuid4().int % 100:02d}1"
    head = f"{digits}{uuid.uuid4().int % 1000:03d}" if old_style else f"32{uuid.uuid4().int % 10**8:08d}"
    return head + pvn.calc_check_digit_pers(head)


@pytest.fixture
def service(api: Callable[[Person], Api]) -> Api:
    return api(SERVICE)


def company(**values: Any) -> dict[str, Any]:
    return {
        "kind": "legal", "name": f"SIA Ķīša {uuid.uuid4().hex[:8]}", "reg_no": reg_no(), "address": "Ūdens iela 1",
        "email": f"{uuid.uuid4().hex[:10]}@kisis.example", "ground": "iesniegums 12", **values,
    }  # fmt: skip


def refusal(work: Callable[[], Any]) -> tuple[int, str, list[tuple[str, str]]]:
    with pytest.raises(Refused) as refused:
        work()
    problem = refused.value.problem
    return refused.value.status, refused.value.code, [(e["field"], e["code"]) for e in problem.get("errors", [])]


@pytest.mark.requirement("S1-04", "S1-09", "S1-26")
def test_staff_enter_natural_and_legal_persons_and_those_who_only_ask(service: Api) -> None:
    body = company(
        stage="prospect", correspondence_address="a/k 7, Rīga", invoice_email="rekini@kisis.example", phone="20000001"
    )
    key = fresh_key()
    made = service.post("/staff/clients", body, key=key)
    assert service.post("/staff/clients", body, key=key)["client_id"] == made["client_id"], "sent twice, made twice"
    assert (made["kind"], made["stage"], made["phone"]) == ("legal", "prospect", "+37120000001")
    origin = {datum["field"]: (datum["value"], datum["origin"]) for datum in made["data"]}
    for field in ("name", "reg_no", "address", "correspondence_address", "email", "invoice_email", "phone"):
        assert origin[field] == (made[field], "staff"), field
    person = service.post(
        "/staff/clients",
        {"kind": "natural", "name": f"Šķēle {uuid.uuid4().hex[:8]}", "person_code": person_code(), "ground": "pase"},
    )
    assert (person["kind"], person["stage"]) == ("natural", "client")
    assert made["client_id"] in {
        one["client_id"] for one in service.get("/staff/clients", stage="prospect", query=made["reg_no"])["items"]
    }


@pytest.mark.requirement("S1-09")
def test_codes_are_checked_and_belong_to_one_client(service: Api) -> None:
    first = company()
    made = service.post("/staff/clients", first)
    taken = refusal(lambda: service.post("/staff/clients", company(reg_no=f"LV {first['reg_no']}")))
    assert taken[0] == 409 and ("reg_no", "identity.code_taken") in taken[2]
    wrong = refusal(
        lambda: service.post("/staff/clients", company(reg_no="40003521601", email="nav e-pasts", phone="12"))
    )
    assert wrong[0] == 422
    assert dict(wrong[2]) == {
        "reg_no": "identity.reg_no_invalid", "email": "identity.email_malformed", "phone": "identity.phone_malformed",
    }  # fmt: skip
    alike = company(name=first["name"].upper().replace("SIA", "Sabiedrība ar ierobežotu atbildību"))
    assert refusal(lambda: service.post("/staff/clients", alike))[1] == "identity.similar_client"
    similar = service.get("/staff/clients/similar", kind="legal", name=alike["name"])["items"]
    assert [(one["client_id"], one["because"]) for one in similar] == [(made["client_id"], ["name"])]
    assert service.post("/staff/clients", {**alike, "similar_seen": True})["client_id"] != made["client_id"]


@pytest.mark.requirement("S1-09", "S1-26")
def test_a_personal_code_that_changed_still_finds_the_person(service: Api) -> None:
    former, fresh = person_code(), person_code(old_style=False)
    made = service.post(
        "/staff/clients",
        {"kind": "natural", "name": f"Ģērmane {uuid.uuid4().hex[:8]}", "person_code": former, "ground": "pase"},
    )
    path = f"/staff/clients/{made['client_id']}"
    change = {"version": made["version"], "person_code": fresh, "ground": "jauna eID karte"}
    changed = service.put(f"{path}/data", change)
    assert changed["warnings"] == []
    codes = {code["value"].replace("-", ""): code["until"] for code in changed["codes"]}
    assert codes[fresh] is None and codes[former] is not None
    for typed in (former, fresh, f"{former[:6]}-{former[6:]}", f"PK:{former}"):
        assert [one["client_id"] for one in service.get("/staff/clients", query=typed)["items"]] == [
            made["client_id"]
        ], typed
    assert refusal(lambda: service.put(f"{path}/data", change))[0] == 412, "an old version was taken"
    other = {"kind": "natural", "name": "Cita Persona", "person_code": former, "ground": "pase"}
    assert refusal(lambda: service.post("/staff/clients", other))[1] == "identity.code_taken"
    # A new-style code whose check digit is wrong is taken, with a warning for staff.
    odd = fresh[:-1] + str((int(fresh[-1]) + 1) % 10)
    warned = service.put(f"{path}/data", {"version": changed["version"], "person_code": odd, "ground": "pase"})
    assert warned["warnings"] == ["person_code_checksum"]


@pytest.mark.requirement("S1-43", "S1-53", "S4-12", "S3-04")
def test_clients_check_and_confirm_their_own_contact_data(base: str, newcomers: Newcomers, service: Api) -> None:
    person = newcomers.user("Ieva Kontakte")
    client = newcomers.client("SIA Kontakti", email="vecais@kontakti.example")
    newcomers.represents(person, client)
    ieva = Api.signed_in(base, person)
    seen = ieva.get("/client")
    changed = ieva.ask(
        "PATCH", "/client",
        json={
            "version": seen["version"], "email": "jaunais@kontakti.example",
            "correspondence_address": "Pasta iela 2, Ogre",
        },
    )  # fmt: skip
    assert changed["correspondence_address"] == "Pasta iela 2, Ogre"
    data = {datum["field"]: datum for datum in changed["data"]}
    assert (data["email"]["value"], data["email"]["origin"]) == ("jaunais@kontakti.example", "client")
    assert refusal(lambda: ieva.post("/client/confirmation", {"version": seen["version"]}))[0] == 412

    confirmed = ieva.post("/client/confirmation", {"version": changed["version"]})
    again = {datum["field"]: datum for datum in confirmed["data"]}
    assert again["email"]["confirmed_at"] > data["email"]["confirmed_at"]
    notices = ieva.get("/client/notices")["items"]
    assert [notice["what"] for notice in notices] == ["confirmed", "changed"]
    for notice in notices:
        said = json.dumps({name: notice["data"].get(name) for name in CONTACTS}, ensure_ascii=False, sort_keys=True)
        assert notice["sha256"] == hashlib.sha256(said.encode()).hexdigest()
        assert notice["by_name"] == "Ieva Kontakte"
    assert service.get(f"/staff/clients/{client}/notices")["items"] == notices


def test_a_contract_number_finds_its_client(service: Api, maker: Maker) -> None:
    contract = maker.ask(ILZE, ListContracts(limit=1)).items[0]
    found = [one["client_id"] for one in service.get("/staff/clients", query=contract.contract_no.lower())["items"]]
    assert str(CLIENT_WATER) in found
    assert service.get("/staff/clients", query=f"{contract.contract_no}-9")["items"] == []


def test_others_neither_see_nor_change(base: str, newcomers: Newcomers, api: Callable[[Person], Api]) -> None:
    helper = newcomers.user("Palīgs")
    client = newcomers.client("SIA Svešais")
    newcomers.represents(helper, client, role="additional")
    additional = Api.signed_in(base, helper)
    assert refusal(lambda: additional.get("/client/notices"))[0] == 403
    assert refusal(lambda: additional.post("/client/confirmation", {"version": 1}))[0] == 403
    for reader in (ENGINEER, AUDITOR):
        person = api(reader)
        assert refusal(lambda person=person: person.post("/staff/clients", company()))[0] == 403
        body = {"version": 1, "ground": "x", "name": "Y"}
        assert refusal(lambda person=person, body=body: person.put(f"/staff/clients/{client}/data", body))[0] == 403
        assert person.get(f"/staff/clients/{client}")["name"] == "SIA Svešais"
    assert (
        refusal(
            lambda: api(SERVICE).put(f"/staff/clients/{uuid.uuid4()}/data", {"version": 1, "ground": "x", "name": "Y"})
        )[0]
        == 404
    )


@pytest.mark.requirement("S1-09", "S4-12")
def test_the_pages_of_the_register(visit: Callable[..., Any], newcomers: Newcomers, base: str) -> None:
    clerk = visit(SERVICE)
    page = clerk.page
    page.goto(f"{base}/staff/clients/new")
    name = f"SIA Ūsiņš {uuid.uuid4().hex[:6]}"
    page.get_by_label("Nosaukums vai vārds un uzvārds").fill(name)
    page.get_by_label("Reģistrācijas numurs").fill("40003521601")
    page.get_by_label("Pamats").fill("iesniegums")
    page.get_by_role("button", name="Reģistrēt").click()
    assert "Nederīgs reģistrācijas numurs" in page.locator(".error-summary").inner_text()
    assert page.get_by_label("Nosaukums vai vārds un uzvārds").input_value() == name, "what was typed is gone"
    page.get_by_label("Reģistrācijas numurs").fill(reg_no())
    page.get_by_role("button", name="Reģistrēt").click()
    page.get_by_role("heading", name=name).wait_for()
    client = page.url.rsplit("/", 1)[-1]

    person = newcomers.user("Rita Rakstītāja")
    newcomers.represents(person, uuid.UUID(client))
    rita = visit()
    rita.adopt(person, str(Api.signed_in(base, person).secret))
    rita.page.goto(f"{base}/client")
    rita.page.get_by_role("button", name="Dati ir pareizi").click()
    rita.page.get_by_text("Kontaktinformācija ir apstiprināta").wait_for()
    rita.page.get_by_role("link", name="Paziņojumi par kontaktinformāciju").click()
    eventually("the notice", lambda: "Rita Rakstītāja" in rita.page.locator("table").inner_text())
