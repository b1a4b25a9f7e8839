"""A person takes everything away, and leaves: the copy is complete, and afterwards nothing names them (must-show 5)."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests import stack
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.lives import Life, living
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.people import ADMIN, AUDITOR, SERVICE
from tests.journeys.remains import KEPT, SERVICES, of, settled, traces


@pytest.fixture
def one() -> Iterator[Life]:
    with living() as made:
        yield made


@pytest.fixture
def debtor() -> Iterator[Life]:
    with living(unpaid=True) as made:
        yield made


@pytest.fixture
def made() -> Iterator[Newcomers]:
    with newcomers() as maker:
        yield maker


def ready(api: Api) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        newest = api.get("/profile/exports")["items"][0]
        return newest if newest["state"] == "ready" else None

    return eventually("the copy is ready", look, 120)


@pytest.mark.requirement("S1-62", "B-15")
def test_the_copy_holds_what_all_six_services_know(base: str, one: Life) -> None:
    api = Api.signed_in(base, one.person)
    draft = api.post("/requests/drafts", {"form": "free_form"}, key=fresh_key())
    asked = api.post("/profile/exports", key=fresh_key())
    assert asked["state"] == "gathering" and {part["service"] for part in asked["parts"]} == set(SERVICES)
    done = ready(api)
    assert all(part["state"] == "done" for part in done["parts"])
    body = api.send("GET", f"/profile/exports/{done['export_id']}/file")
    assert body.headers["Content-Type"] == "application/zip" and len(body.content) == done["size"]
    with zipfile.ZipFile(io.BytesIO(body.content)) as packed:
        held = json.loads(packed.read("data.json"))["services"]
        read = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(packed.read("data.pdf"))).pages)
    rows = {(service, table["table"]): table["rows"] for service in held for table in held[service] if table["rows"]}
    text = json.dumps(held, ensure_ascii=False)
    numbers = (one.invoice_no, one.permit_no, one.contract_no, draft["case_id"])
    for word in (one.name, one.person.email, one.code, *numbers):
        assert word in text, word
    assert {("identity", "sessions"), ("identity", "representations"), ("identity", "users"), ("billing", "invoices"),
            ("permits", "permits"), ("metering", "readings"), ("requests", "cases")} <= set(rows)  # fmt: skip
    assert "secret_hash" not in text and "argon2" not in text
    # What is read says it in words: no names of columns, no ids, and the words of forms from the service of requests.
    for word in ("Mani dati portālā", "Saturs", one.name, one.invoice_no, one.permit_no, "Iesniegums brīvā formā"):
        assert word in read, word
    assert not re.search(rf"_key|{one.user_id}|\d{{4}}-\d\d-\d\dT", read)


@pytest.mark.requirement("B-15")
def test_a_copy_is_its_owners_alone(base: str, one: Life, debtor: Life) -> None:
    api, other = Api.signed_in(base, one.person), Api.signed_in(base, debtor.person)
    api.post("/profile/exports")
    with pytest.raises(Refused) as twice:
        api.post("/profile/exports")
    assert (twice.value.status, twice.value.code) == (409, "identity.export_under_way")
    mine = ready(api)["export_id"]
    assert other.send("GET", f"/profile/exports/{mine}/file").status_code == 404
    assert other.get("/profile/exports")["items"] == []
    assert Api(base).send("GET", f"/profile/exports/{mine}/file").status_code == 401


@pytest.mark.requirement("S3-27", "B-15")
def test_after_an_erasure_nothing_names_the_person_but_what_is_kept(base: str, one: Life) -> None:
    api = Api.signed_in(base, one.person)
    api.post("/requests/drafts", {"form": "free_form"}, key=fresh_key())
    service = Api.signed_in(base, SERVICE)
    service.get(f"/staff/users/{one.user_id}")
    service.get(f"/staff/clients/{one.client_id}")
    assert len(traces(one.words)) > 10, "the scan finds nothing even before"
    with pytest.raises(Refused) as wrong:
        api.post("/profile/erasure", {"confirm": "somebody@else.example"})
    assert wrong.value.code == "identity.erasure_not_confirmed"
    outlook = api.get("/profile/erasure")
    assert (outlook["obligations"], outlook["unknown"]) == ([], [])
    begun = api.post("/profile/erasure", {"confirm": one.person.email.upper()}, key=fresh_key())
    assert begun["state"] == "erasing"
    eventually("the session ends", lambda: api.send("GET", "/profile").status_code == 401, 60)

    done = settled(service, begun["erasure_id"])
    assert done["user_name"].startswith("Dzēsta persona")
    reasons = {(part["service"], part["reason"]) for part in done["parts"] if part["kept"]}
    assert ("billing", "accounting") in reasons and ("identity", "audit") in reasons
    assert {step["service"] for step in done["steps"] if step["done_at"]} == set(SERVICES)

    def clean() -> bool:
        left = traces(one.words) - KEPT
        print(left)
        return not left

    eventually("no table names the person", clean, 60)
    for log in Path(stack.run_dir() / "logs").rglob("*.log"):
        text = log.read_text(errors="replace").lower()
        for word in one.words:
            assert word.lower() not in text, f"{word} stands in {log.name}"


@pytest.mark.requirement("S3-27")
def test_what_is_still_open_is_said_and_staff_decide(base: str, debtor: Life) -> None:
    api = Api.signed_in(base, debtor.person)
    asked = api.post("/profile/erasure", {"confirm": debtor.person.email})
    assert asked["state"] == "asked"
    assert {"kind": "invoice", "label": debtor.invoice_no} in asked["obligations"]
    with pytest.raises(Refused) as again:
        api.post("/profile/erasure", {"confirm": debtor.person.email})
    assert again.value.code == "identity.erasure_asked"
    admin = Api.signed_in(base, ADMIN)
    path = f"/staff/erasures/{asked['erasure_id']}/decision"
    with pytest.raises(Refused) as clerk:
        Api.signed_in(base, SERVICE).post(path, {"approve": True})
    assert clerk.value.status == 403
    cookies = {"portal-staff": str(admin.secret)}
    page = admin.http.get(f"{base}/staff/erasures/{asked['erasure_id']}", cookies=cookies).text
    assert f'action="{path}"' in page, "the page's form leads where a decision is taken"
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    unsaid = admin.http.post(base + path, data={"csrf_token": token, "approve": "false"}, cookies=cookies)
    assert unsaid.status_code == 422 and "note-error" in unsaid.text
    with pytest.raises(Refused) as silent:
        admin.post(path, {"approve": False})
    assert silent.value.code == "identity.erasure_reason_missing"
    for _ in ("said", "said again: the answer was lost"):
        assert admin.post(path, {"approve": False, "note": "rēķins nav apmaksāts"})["state"] == "refused"
    with pytest.raises(Refused) as other:
        admin.post(path, {"approve": True})
    assert other.value.code == "identity.erasure_decided"
    assert api.get("/profile")["email"] == debtor.person.email, "a refused erasure took something away"


@pytest.mark.requirement("B-14")
def test_the_person_sees_who_looked_at_them(base: str, one: Life) -> None:
    service, auditor = Api.signed_in(base, SERVICE), Api.signed_in(base, AUDITOR)
    service.get(f"/staff/users/{one.user_id}")
    auditor.get(f"/staff/clients/{one.client_id}")
    api = Api.signed_in(base, one.person)

    def look(path: str, **query: Any) -> list[str]:
        return [row["who"] for row in api.get(path, **query)["items"] if row["as_what"] == "staff"]

    eventually("the look at the user", lambda: service.person["name"] in look("/profile/disclosures"), 60)
    admin = Api.signed_in(base, ADMIN)
    asked = service.post(f"/staff/users/{one.user_id}/deletion", {"reason": "client_request", "note": "pieteikums"})
    admin.get(f"/staff/approvals/{asked['approval_id']}")
    eventually("the look at an approval", lambda: admin.person["name"] in look("/profile/disclosures"), 60)
    eventually("the look at the client", lambda: auditor.person["name"] in look("/client/disclosures"), 60)
    assert look("/profile/disclosures", who="nobody of this name") == []
    assert re.match(r"20\d\d-", api.get("/profile/disclosures")["items"][0]["at"])


@pytest.mark.requirement("B-14")
def test_the_person_sees_which_other_users_looked(base: str, one: Life, made: Newcomers) -> None:
    helper = made.user("Palīgs Skatītājs")
    made.represents(helper, one.client_id, role="additional", rights=("permits.see",))
    permit = of("permits", "SELECT id FROM permits WHERE permit_no = :no", no=one.permit_no)
    Api.signed_in(base, helper).get(f"/permits/{permit}")
    owner = Api.signed_in(base, one.person)

    def look() -> bool:
        rows = owner.get("/client/disclosures")["items"]
        return ("Palīgs Skatītājs", "user") in {(row["who"], row["as_what"]) for row in rows}

    eventually("the look of the other user", look, 60)
