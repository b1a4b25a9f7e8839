"""What a client sees and may use follows from its services, its settlement arrangement and its kind."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chassis.days import riga_today
from tests.journeys import lives
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.newcomers import Newcomers
from tests.journeys.people import AUDITOR, SERVICE, Person


def client_of(newcomers: Newcomers, name: str, **values: Any) -> tuple[Person, uuid.UUID]:
    person = newcomers.user(name)
    client_id = newcomers.client(name, **values)
    newcomers.represents(person, client_id)
    return person, client_id


def refusal(work: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.status, refused.value.code


def page(api: Api, path: str) -> str:
    answer = api.http.get(f"{api.base}{path}", cookies={"portal": str(api.secret)}, timeout=30)
    return answer.text


def contract_for(client_id: uuid.UUID) -> None:
    number = f"ZL-{uuid.uuid4().hex[:8]}"
    lives.insert("metering", "contracts", id=uuid.uuid4(), contract_no=number, client_id=client_id, services=[],
                 address="Ozolu iela 1", concluded_on=riga_today(), search=number.lower())  # fmt: skip


@pytest.mark.requirement("S1-22", "S0-11")
def test_registered_services_decide_what_is_open(base: str, newcomers: Newcomers) -> None:
    person, client_id = client_of(newcomers, "SIA Vēl Bez Līguma")
    api = Api.signed_in(base, person)
    assert 'href="/contracts"' not in page(api, "/") and 'href="/permits"' in page(api, "/")
    assert refusal(lambda: api.get("/contracts")) == (403, "not_entitled")
    # One thing of that kind is as unknown as anybody else's.
    assert refusal(lambda: api.post(f"/meters/{uuid.uuid4()}/readings", {"value": "1"})) == (404, "not_found")
    held = api.get("/client/entitlements")
    assert (held["areas"], held["services"], held["history"]) == (["permits", "payments"], [], [])
    assert "nav neviena līguma" in page(api, "/client")

    contract_for(client_id)
    # Open as soon as it is asked for; the client of contracts alone has no use for permits any more.
    eventually("the contract opens contracts", lambda: api.send("GET", "/contracts").status_code == 200, 60)
    assert len(api.get("/contracts")["items"]) == 1
    start = page(api, "/")
    assert 'href="/contracts"' in start and 'href="/permits"' not in start
    assert refusal(lambda: api.get("/permits")) == (403, "not_entitled")
    assert "Šim klientam nav pieejams" in page(api, "/permits")


@pytest.mark.requirement("S1-16", "S1-22")
def test_how_a_client_settles_is_kept_by_staff_and_holds_at_once(
    base: str, api: Callable[[Person], Api], newcomers: Newcomers
) -> None:
    person, client_id = client_of(newcomers, "SIA Maksā Cits")
    mine, staff, path = Api.signed_in(base, person), api(SERVICE), f"/staff/clients/{client_id}"
    pay = {"parts": [{"invoice_id": str(uuid.uuid4()), "amount": "1.00"}]}
    assert refusal(lambda: mine.post("/payments", pay, key=fresh_key()))[0] in (404, 422)  # let in, no such invoice
    version = staff.get(f"{path}/entitlements")["version"]
    asked = {"version": version, "settlement": "payer", "ground": "līgums 7/2026"}
    assert refusal(lambda: staff.put(f"{path}/settlement", asked)) == (422, "identity.payer_required")
    assert refusal(lambda: api(AUDITOR).put(f"{path}/settlement", asked)) == (403, "forbidden")
    assert refusal(lambda: mine.put(f"{path}/settlement", asked)) == (403, "forbidden")
    done = staff.put(f"{path}/settlement", asked | {"payer": "SIA Maksātājs"})
    assert (done["settlement"], done["payer"], done["areas"]) == ("payer", "SIA Maksātājs", ["permits"])
    assert done["history"][0]["ground"] == "līgums 7/2026" and done["history"][0]["by_name"]
    again = asked | {"payer": "SIA Maksātājs"}
    assert refusal(lambda: staff.put(f"{path}/settlement", again)) == (412, "stale")

    refused = eventually("paying is over", lambda: mine.send("POST", "/payments", json=pay).status_code == 403, 30)
    assert refused and refusal(lambda: mine.post("/payments", pay, key=fresh_key())) == (403, "not_entitled")
    assert mine.send("GET", "/invoices").status_code == 200
    assert "norēķinās cits maksātājs" in page(mine, "/invoices")
    trail = api(AUDITOR).get("/staff/audit", client_id=str(client_id), action="identity.client.settlement")["items"]
    assert trail[0]["detail"]["ground"] == "līgums 7/2026"


@pytest.mark.requirement("S1-22")
def test_a_natural_person_is_not_offered_what_legal_persons_ask_for(base: str, newcomers: Newcomers) -> None:
    natural = Api.signed_in(base, client_of(newcomers, "Jānis Viens", kind="natural")[0])
    legal = Api.signed_in(base, client_of(newcomers, "SIA Viens")[0])
    codes = [{one["form"] for one in each.get("/request-forms")["items"]} for each in (natural, legal)]
    assert codes[1] - codes[0] == {"fixed_link"} and "free_form" in codes[0]
    refused = refusal(lambda: natural.post("/requests/drafts", {"form": "fixed_link"}, key=fresh_key()))
    assert refused == (403, "requests.form_not_offered")
    assert legal.post("/requests/drafts", {"form": "fixed_link"}, key=fresh_key())["case_id"]
