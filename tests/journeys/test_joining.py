"""Becoming a user in the running suite: applying, registering oneself, at a service centre."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from services.identity import messages as identity
from tests import stack
from tests.contract.access import cast
from tests.journeys import joining
from tests.journeys.api_client import Api, Refused, eventually
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.outside import Browser, Human
from tests.journeys.peers import Mail, decoded_pdf
from tests.journeys.people import ANNA, AUDITOR, ENGINEER, PASSWORD, SERVICE, Person

LONG = 60


@pytest.fixture(scope="module")
def nobody() -> Api:
    return Api(stack.portal_url())


@pytest.fixture(scope="module")
def clerk(api: Callable[[Person], Api]) -> Api:
    return api(SERVICE)


@pytest.fixture(scope="module")
def made() -> Iterator[Newcomers]:
    with newcomers() as maker:
        yield maker


@pytest.fixture(scope="module")
def terms_id(nobody: Api) -> str:
    return str(nobody.get("/joining")["terms_id"])


def told(mail: Mail, address: str, *words: str) -> dict[str, Any]:
    """Wait for a message to an address whose subject or text holds the words."""

    def look() -> dict[str, Any] | None:
        for row in mail.to(address):
            whole = str(row)
            if all(word in whole for word in words):
                return row
        return None

    return eventually(f"a message to {address} with {words}", look, LONG)


def activate(mail: Mail, address: str) -> None:
    """Follow the activation mail: trade its code, choose the password of the tests."""
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", str(told(mail, address, "Aktivizējiet")))
    assert found, f"no code in the mail to {address}"
    token = cast.bus().call(identity.TradeCode(email=address, code=found[0]), token="").token
    cast.bus().call(identity.UseLink(token=token, new_password=PASSWORD), token="")


def apply(nobody: Api, terms_id: str, **changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    data = joining.application(**changed)
    body = {"data": data, "terms_id": terms_id, "declared": joining.DECLARED}
    return data, nobody.post("/applications", body, key=uuid.uuid4().hex)


def receive(clerk: Api, application_id: str, content: bytes = joining.PDF, **query: Any) -> requests.Response:
    asked = {"name": "pieteikums.pdf", "channel": "email", "received_on": "2026-01-05"} | query
    return clerk.send(
        "POST", f"/staff/applications/{application_id}/originals", params=asked, data=content,
        headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip


@pytest.mark.requirement(
    "S0-13", "S0-14", "S0-15", "S0-17", "S0-18", "S0-19", "S0-20", "S0-23", "S1-05", "S1-09", "S1-19", "S1-27", "S1-28",
    "S1-29", "S1-30",
)  # fmt: skip
def test_an_application_opens_access_once_its_signed_original_came(
    nobody: Api, clerk: Api, made: Newcomers, mail: Mail, terms_id: str
) -> None:
    number = joining.reg_no()
    client = made.client('SIA "Ērgļu Sakari"', reg_no=number, address="Ērgļi, LV-4840")
    data, receipt = apply(nobody, terms_id, reg_no=number)
    told(mail, data["client_email"], receipt["number"])
    key = {"number": receipt["number"].lower(), "code": receipt["code"].lower()}
    assert nobody.post("/applications/find", key)["state"] == "submitted"
    pdf = nobody.send("POST", "/applications/document", json=key, params={"language": "lv"})
    words = decoded_pdf(pdf.content)
    for word in (receipt["number"], "Ērgļu Sakari", number, "Juris Pilnvarotais", data["user_email"], "bez maksas"):
        assert word in words, (word, words)

    place = f"/staff/applications/{receipt['application_id']}"
    found = clerk.get(place)
    assert found["match"]["matched"] and found["match"]["client_id"] == str(client)
    assert {one["kind"] for one in found["declarations"]} == set(joining.DECLARED)
    decision = {"version": found["version"], "client_id": str(client), "checked": True}
    with pytest.raises(Refused) as early:
        clerk.post(f"{place}/approve", decision)
    assert early.value.code == "identity.original_missing"

    assert receive(clerk, receipt["application_id"]).status_code == 201
    found = clerk.get(place)
    assert found["state"] == "signed" and found["originals"][0]["channel"] == "email"
    kept = clerk.send("GET", f"/staff/applications/originals/{found['originals'][0]['original_id']}")
    assert kept.content == joining.PDF
    with pytest.raises(Refused) as unchecked:
        clerk.post(f"{place}/approve", decision | {"version": found["version"], "checked": False})
    assert unchecked.value.code == "identity.not_checked"
    twice = uuid.uuid4().hex
    done = clerk.post(f"{place}/approve", decision | {"version": found["version"]}, key=twice)
    assert clerk.post(f"{place}/approve", decision | {"version": found["version"]}, key=twice) == done

    user = clerk.get(f"/staff/users/{done['user_id']}")
    (held,) = user["profile"]["acts_for"]
    assert (user["status"], held["client_id"], held["role"]) == ("pending", str(client), "additional")
    assert held["rights"] == ["finance.see", "permits.see"]
    told(mail, data["client_email"], "apstiprināts")
    person = Person("applicant", data["user_email"])
    with pytest.raises(Refused):
        Api.signed_in(nobody.base, person)
    activate(mail, data["user_email"])
    session = Api.signed_in(nobody.base, person)
    assert session.client_id == str(client) and session.person["rights"] == ["finance.see", "permits.see"]
    assert session.send("POST", "/payments", json={"parts": []}).status_code == 403
    assert nobody.post("/applications/find", key)["state"] == "approved"


@pytest.mark.requirement("S0-14", "S0-15", "S0-18", "S1-05")
def test_each_user_of_a_client_comes_by_an_application_of_their_own(
    nobody: Api, clerk: Api, made: Newcomers, mail: Mail, terms_id: str
) -> None:
    """The client is a natural person, who lets two others act; an application opens access for the one it names."""
    code = joining.person_code()
    client = made.client("Līga Ābele", kind="natural", person_code=code, address="Ērgļi, LV-4840")
    asked = [
        apply(nobody, terms_id, client_kind="natural", client_name="Līga Ābele", person_code=code, reg_no=None,
              signatory_name=None, signatory_position=None, user_name=name, user_person_code=None)
        for name in ("Juris Pirmais", "Ieva Otrā")
    ]  # fmt: skip
    emails = [data["user_email"] for data, _ in asked]
    assert asked[0][1]["number"] != asked[1][1]["number"]
    for let_in, (_, receipt) in enumerate(asked, 1):
        assert receive(clerk, receipt["application_id"]).status_code == 201
        place = f"/staff/applications/{receipt['application_id']}"
        decision = {"version": clerk.get(place)["version"], "client_id": str(client), "checked": True}
        clerk.post(f"{place}/approve", decision)
        users = clerk.get(f"/staff/clients/{client}")["users"]
        assert sorted(one["user_email"] for one in users if one["ended_at"] is None) == sorted(emails[:let_in])
    activate(mail, emails[0])
    acting = Api.signed_in(nobody.base, Person("applicant", emails[0]))
    assert acting.get("/client")["client_id"] == str(client), "for somebody else, who is a natural person"
    with pytest.raises(Refused):  # the other one's way in is the other one's mail
        Api.signed_in(nobody.base, Person("applicant", emails[1]))


@pytest.mark.requirement("S1-28")
def test_an_application_is_refused_with_a_reason_the_applicant_reads(
    nobody: Api, clerk: Api, mail: Mail, terms_id: str
) -> None:
    code = joining.person_code()
    data, receipt = apply(
        nobody, terms_id, client_kind="natural", client_name="Līga Ābele", person_code=code, password_wanted=False,
        reg_no=None, signatory_name=None, signatory_position=None,
    )  # fmt: skip
    place = f"/staff/applications/{receipt['application_id']}"
    assert clerk.get(place)["match"]["reason"] == "unknown"
    refused = clerk.post(f"{place}/refuse", {"version": 1, "reason": "Pilnvara nav parakstīta."})
    assert refused["state"] == "refused"
    assert "Pilnvara nav parakstīta." in str(told(mail, data["client_email"], "noraidīts"))
    view = nobody.post("/applications/find", {"number": receipt["number"], "code": receipt["code"]})
    assert view["refusal_reason"] == "Pilnvara nav parakstīta."
    with pytest.raises(Refused) as again:
        clerk.post(f"{place}/refuse", {"version": refused["version"], "reason": "vēlreiz"})
    assert again.value.code == "identity.application_decided"
    assert receive(clerk, receipt["application_id"]).status_code == 409


@pytest.mark.requirement("S0-16", "S0-17", "S1-30")
def test_the_code_of_an_application_opens_the_account_where_no_password_was_asked_for(
    nobody: Api, clerk: Api, mail: Mail, terms_id: str
) -> None:
    human = Human(given_name="Juris", family_name="Pilnvarotais")
    data, receipt = apply(nobody, terms_id, user_person_code=human.code, password_wanted=False)
    receive(clerk, receipt["application_id"])
    place = f"/staff/applications/{receipt['application_id']}"
    done = clerk.post(f"{place}/approve", {"version": clerk.get(place)["version"], "checked": True})
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", str(told(mail, data["user_email"], "Aktivizējiet")))
    assert found
    token = nobody.post("/links/code", {"email": data["user_email"], "code": found[0]})["token"]
    nobody.post("/links/use", {"token": token, "new_password": PASSWORD})
    with pytest.raises(Refused):  # nobody asked for a password: none was set
        Api.signed_in(nobody.base, Person("applicant", data["user_email"]))
    browser = Browser(nobody.base)
    page = browser.sign_in_with("latvija", human, "/profile")
    page = browser.send(page, agree="1") if "/terms/accept" in page.url else page
    assert page.url.endswith("/profile") and data["user_email"] in page.text
    assert Api(nobody.base, browser.secret or "").get("/session")["user_id"] == done["user_id"]


def test_the_e_mail_of_somebody_else_gives_no_way_into_their_account(
    nobody: Api, clerk: Api, made: Newcomers, terms_id: str
) -> None:
    """Their name is another one: neither the applicant's code nor the client is added to their account."""
    other = made.user("Pavisam Cita")
    _, receipt = apply(nobody, terms_id, user_email=other.email)
    receive(clerk, receipt["application_id"])
    place = f"/staff/applications/{receipt['application_id']}"
    with pytest.raises(Refused) as refused:
        clerk.post(f"{place}/approve", {"version": clerk.get(place)["version"], "checked": True})
    assert (refused.value.status, refused.value.code) == (409, "identity.email_of_another")
    assert clerk.get(f"/staff/users/{made.id_of(other)}")["profile"]["acts_for"] == []


def test_a_new_client_and_a_user_of_several_clients(
    nobody: Api, clerk: Api, made: Newcomers, terms_id: str
) -> None:
    """An unknown client is registered from the application; the user who has the e-mail already acts for it, too."""
    person = made.user("Juris Pilnvarotais")
    data, receipt = apply(nobody, terms_id, user_email=person.email, user_person_code=None)
    receive(clerk, receipt["application_id"], channel="paper")
    place = f"/staff/applications/{receipt['application_id']}"
    found = clerk.get(place)
    assert found["match"]["reason"] == "unknown" and found["known_user"]["user_id"] == str(made.id_of(person))
    done = clerk.post(f"{place}/approve", {"version": found["version"], "checked": True})
    client = clerk.get(f"/staff/clients/{done['client_id']}")
    assert (client["reg_no"], client["stage"]) == (data["reg_no"], "prospect")
    assert done["user_id"] == str(made.id_of(person))
    acting = Api.signed_in(nobody.base, person)
    assert acting.get("/client")["client_id"] == done["client_id"]


def test_what_is_wrong_with_an_application_is_said_beside_each_field(nobody: Api, terms_id: str) -> None:
    data = joining.application(reg_no="40003032948", user_email="nav adrese", user_person_code=None,
                               password_wanted=False, rights=[], signatory_name=None)  # fmt: skip
    answer = nobody.send("POST", "/applications", json={"data": data, "terms_id": terms_id, "declared": ["terms"]})
    assert answer.status_code == 422
    wrong = {one["field"]: one["code"] for one in answer.json()["errors"]}
    assert wrong == {
        "data_true": "required", "legal_basis": "required", "processing": "required",
        "data.signatory_name": "required", "data.reg_no": "identity.reg_no_invalid",
        "data.user_email": "identity.email_malformed", "data.password_wanted": "identity.no_means",
        "data.user_person_code": "identity.no_means", "data.rights": "identity.rights_missing",
    }  # fmt: skip


def test_a_file_that_is_no_signed_original_is_refused(nobody: Api, clerk: Api, terms_id: str) -> None:
    _, receipt = apply(nobody, terms_id)
    assert receive(clerk, receipt["application_id"], b"MZ\x90 a program").status_code == 415
    archive = io.BytesIO(b"PK\x03\x04 any archive").getvalue()
    assert receive(clerk, receipt["application_id"], archive).status_code == 415
    assert receive(clerk, receipt["application_id"], received_on="2999-01-01").status_code == 422
    assert clerk.get(f"/staff/applications/{receipt['application_id']}")["state"] == "submitted"


def test_others_neither_find_nor_decide(
    nobody: Api, clerk: Api, api: Callable[[Person], Api], terms_id: str
) -> None:
    _, receipt = apply(nobody, terms_id)
    place = f"/staff/applications/{receipt['application_id']}"
    wrong = nobody.send("POST", "/applications/find", json={"number": receipt["number"], "code": "00000-00000"})
    none = nobody.send("POST", "/applications/find", json={"number": "P-2026-99999", "code": receipt["code"]})
    assert (wrong.status_code, wrong.json()["code"]) == (none.status_code, none.json()["code"])
    assert api(ANNA).send("GET", place).status_code == 403
    assert api(ENGINEER).send("GET", place).status_code == 403
    assert nobody.send("GET", place).status_code == 401
    auditor = api(AUDITOR)
    assert auditor.send("GET", place).status_code == 200
    assert auditor.send("POST", f"{place}/refuse", json={"version": 1, "reason": "x"}).status_code == 403
    stale = clerk.send("POST", f"{place}/refuse", json={"version": 7, "reason": "x"})
    assert stale.status_code == 412


@pytest.mark.requirement("S3-12", "S3-13")
def test_at_a_service_centre_staff_make_a_user_only_the_user_can_activate(
    clerk: Api, api: Callable[[Person], Api], made: Newcomers, mail: Mail
) -> None:
    client = made.client()
    address = joining.email()
    body = {"name": "Anna Vecā", "email": address, "role": "main", "document": "passport", "last_digits": "4521",
            "seen_on": "2026-01-05"}  # fmt: skip
    made_user = clerk.post(f"/staff/clients/{client}/users", body, key=uuid.uuid4().hex)
    assert made_user["status"] == "pending"
    told(mail, address, "Aktivizējiet")
    with pytest.raises(Refused) as closed:
        Api.signed_in(clerk.base, Person("x", address))
    assert closed.value.status == 401
    activate(mail, address)
    assert Api.signed_in(clerk.base, Person("x", address)).client_id == str(client)
    trail = eventually(
        "the check on record",
        lambda: api(AUDITOR).get("/staff/audit", action="identity.user.identify", object_id=made_user["user_id"])[
            "items"
        ],
        LONG,
    )
    assert trail[0]["detail"]["last_digits"] == "4521"
    assert api(ENGINEER).send("POST", f"/staff/clients/{client}/users", json=body).status_code == 403
    wrong = clerk.send("POST", f"/staff/clients/{client}/users",
                       json=body | {"seen_on": "2999-01-01", "password_allowed": False})  # fmt: skip
    assert {one["field"] for one in wrong.json()["errors"]} == {"seen_on", "password_allowed", "person_code"}
