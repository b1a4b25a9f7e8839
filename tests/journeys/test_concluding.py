"""A new contract: whoever submits requests prepares the application, who may conclude contracts submits it (S3-11)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.days import riga_today
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import ENGINEER, SERVICE, Person

ADDRESS = "Ķieģeļu iela 14, Ērgļi, LV-4840"
PREPARING = ("permits.see", "finance.see", "requests.submit")


class Firm:
    """A firm without contracts, its main user, and an additional user who may submit requests."""

    def __init__(self, base: str, newcomers: Newcomers) -> None:
        self.id = newcomers.client(f"SIA Saimnieks {uuid.uuid4().hex[:6]}")
        self.main, self.additional = newcomers.user("Māra Saimniece"), newcomers.user("Aldis Palīgs")
        newcomers.represents(self.main, self.id)
        newcomers.represents(self.additional, self.id, role="additional", rights=PREPARING)
        self.head, self.hand = Api.signed_in(base, self.main), Api.signed_in(base, self.additional)

    def prepared(self, **changes: str) -> dict[str, Any]:
        """A draft of the contract form, everything filled in by the additional user."""
        draft = self.hand.post("/requests/drafts", {"form": "contract"}, key=fresh_key())
        data = {
            "address": ADDRESS, "tenure": "owner", "supply": "cold_water_sewerage",
            "desired_from": riga_today().isoformat(), "contact_name": "Māra Saimniece",
            "contact_email": self.main.email, "contact_phone": "+371 20000000",
        }  # fmt: skip
        path = f"/requests/drafts/{draft['case_id']}"
        body = {"data": data | changes, "version": draft["version"]}
        saved: dict[str, Any] = self.hand.ask("PATCH", path, json=body)
        return saved

    def submit(self, who: Api, draft: dict[str, Any]) -> dict[str, Any]:
        body = {"version": draft["version"], "confirmed": True}
        case: dict[str, Any] = who.post(f"/requests/drafts/{draft['case_id']}/submit", body, key=fresh_key())
        return case


@pytest.fixture
def firm(base: str, newcomers: Newcomers) -> Iterator[Firm]:
    return Firm(base, newcomers)


@pytest.mark.requirement("S3-02", "S3-11", "S1-72")
def test_an_additional_user_prepares_and_the_main_user_concludes(
    firm: Firm, api: Callable[[Person], Api], base: str
) -> None:
    with pytest.raises(Refused) as none_yet:
        firm.head.get("/contracts")
    assert none_yet.value.code == "not_entitled"
    draft = firm.prepared()
    assert draft["problems"] == [] and draft["may_submit"] is False
    page = firm.hand.http.get(f"{base}/requests/drafts/{draft['case_id']}/review", cookies={"portal": firm.hand.secret})
    assert "Šo pieprasījumu iesniedz cits lietotājs" in page.text and 'name="confirmed"' not in page.text
    with pytest.raises(Refused) as refused:
        firm.submit(firm.hand, draft)
    assert refused.value.status == 403 and refused.value.code == "forbidden"

    assert firm.head.get(f"/requests/drafts/{draft['case_id']}")["may_submit"] is True
    case = firm.submit(firm.head, draft)
    path, staff = f"/requests/{case['case_id']}", f"/staff/cases/{case['case_id']}"
    assert {a["name"] for a in firm.head.get(path)["actions"]} == {"withdraw"}
    assert firm.hand.get(path)["actions"] == [], "who may not conclude may not take it back either"
    with pytest.raises(Refused) as withdrawing:
        firm.hand.post(f"{path}/withdraw", {"confirmed": True}, key=fresh_key())
    assert withdrawing.value.status == 403

    with pytest.raises(Refused) as other_role:
        api(ENGINEER).post(f"{staff}/take")
    assert other_role.value.status == 403, "the form says which role decides"
    api(SERVICE).post(f"{staff}/take")
    since = Mail().latest()
    approval = {"conditions": "Skaitītāju uzstāda desmit dienu laikā.", "confirmed": True}
    key = fresh_key()
    for _ in range(2):  # a retry after a lost answer concludes nothing more
        api(SERVICE).post(f"{staff}/approve", approval, key=key)
    done = eventually("the contract", lambda: (c := firm.head.get(path))["contract_id"] and c)
    assert done["status"] == "completed" and done["contract_no"]

    contracts = eventually("the area is open", lambda: _listed(firm.head))
    assert [(c["contract_no"], c["address"]) for c in contracts] == [(done["contract_no"], ADDRESS)]
    held = firm.head.get(f"/contracts/{done['contract_id']}")
    assert [s["service"] for s in held["services"]] == ["cold_water", "sewerage"] and held["meters"] == []
    shown = firm.head.http.get(f"{base}/contracts/{done['contract_id']}", cookies={"portal": str(firm.head.secret)})
    assert "Skaitītāju vēl nav." in shown.text
    told = eventually(
        "the mail", lambda: [m for m in Mail().to(firm.main.email, after=since) if done["contract_no"] in m["subject"]]
    )
    assert len(told) == 1 and f"/contracts/{done['contract_id']}" in told[0]["text"]


@pytest.mark.requirement("S3-11")
def test_the_right_taken_away_concludes_nothing_more(firm: Firm, newcomers: Newcomers, base: str) -> None:
    without = newcomers.user("Galvenais Bez Līgumiem")
    newcomers.represents(without, firm.id, rights=(*PREPARING, "users.manage"))
    draft = firm.prepared(supply="electricity")
    with pytest.raises(Refused) as refused:
        firm.submit(Api.signed_in(base, without), draft)
    assert refused.value.status == 403
    assert firm.head.get(f"/requests/drafts/{draft['case_id']}")["version"] == draft["version"]


def test_more_than_a_draft_keeps_is_said_beside_the_field(firm: Firm, base: str) -> None:
    draft, cookies = firm.prepared(), {"portal": str(firm.hand.secret)}
    path = f"{base}/requests/drafts/{draft['case_id']}"
    page = firm.hand.http.get(path, cookies=cookies).text
    form = dict(re.findall(r'name="(csrf_token|version)" value="([^"]*)"', page))
    for version in (form["version"], "9" * 30):
        typed = {**form, "version": version, "address": "A" * 9000, "go": "next"}
        answer = firm.hand.http.post(path, data=typed, cookies=cookies, allow_redirects=False)
        assert answer.status_code == 422 and "address-error" in answer.text and "A" * 9000 in answer.text


def _listed(api: Api) -> list[dict[str, Any]] | None:
    try:
        found: list[dict[str, Any]] = api.get("/contracts")["items"]
    except Refused as refused:
        assert refused.code == "not_entitled"
        return None
    return found
