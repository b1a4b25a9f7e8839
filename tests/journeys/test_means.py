"""By which means somebody came in is on record, and shown to them and to staff (S1-08)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from chassis.caller import service_caller
from chassis.days import now
from services.identity.store import external_tables
from tests.journeys import joining
from tests.journeys.api_client import Api, eventually
from tests.journeys.arriving import CHOSEN, mailed
from tests.journeys.newcomers import Newcomers
from tests.journeys.outside import Browser, Human
from tests.journeys.peers import Mail, token_in
from tests.journeys.people import ADMIN, AUDITOR, Person

# The means as the session keeps it, what people read, and how surely it identifies.
BY_PROVIDER = {
    "latvija": ("wsfed:latvija", "Latvija.lv", "substantial"),
    "eparaksts": ("oidc:eparaksts", "eParaksts vai eID karte", "high"),
    "banka": ("oidc:banka", "Internetbanka", "substantial"),
    "bankalink": ("wsfed:bankalink", "Banka ar bankas saiti", "substantial"),
}
OTHERS = {("password", "Parole", "low"), ("link", "Vienreizējā saite", "low")}


@pytest.mark.requirement("S1-08", "S1-35", "S1-50")
def test_the_means_is_kept_with_every_session_and_shown(
    base: str, newcomers: Newcomers, mail: Mail, api: Callable[[Person], Api]
) -> None:
    human = Human()
    client = newcomers.client(human.name, kind="natural", person_code=human.code)
    number, address = joining.contract(client), joining.email()
    nobody = Api(base)
    nobody.post("/registrations", {
        "kind": "natural", "user_name": human.name, "email": address, "person_code": human.code,
        "contract_no": number, "terms_id": nobody.get("/joining")["terms_id"], "declared": joining.DECLARED,
    })  # fmt: skip
    activation = {"token": token_in(mailed(mail, address, "Aktivizējiet")), "new_password": CHOSEN}
    mine = Api(base, nobody.post("/links/use", activation)["secret"])
    user_id = mine.get("/session")["user_id"]
    nobody.post("/session", {"email": address, "password": CHOSEN})
    with newcomers.db.unit_of_work(service_caller("identity")) as unit:
        unit.session.add(external_tables.LinkedLogin(
            user_id=user_id, provider=None, subject=None, person_code=human.code, name=human.name, assurance=None,
            how="application", linked_at=now(), last_used_at=None,
        ))  # fmt: skip
    for provider, (_, _, human.level) in BY_PROVIDER.items():
        browser = Browser(base)
        browser.sign_in_with(provider, human)
        assert browser.secret, provider

    wanted = {*BY_PROVIDER.values(), *OTHERS}
    staff = api(ADMIN).get(f"/staff/users/{user_id}")["sessions"]
    for rows in (mine.get("/profile/sessions")["items"], staff):
        seen = {(row["method"], (row["provider_name"] or {}).get("lv"), row["assurance"]) for row in rows}
        assert seen == {(method, name if ":" in method else None, level) for method, name, level in wanted}
        assert len(rows) == len(wanted)
    for path, cookie, secret in (
        ("/profile/sessions", "portal", mine.secret), (f"/staff/users/{user_id}", "portal-staff", api(ADMIN).secret),
    ):  # fmt: skip
        page = requests.get(base + path, cookies={cookie: str(secret)}, timeout=30).text.split("<main")[1]
        assert not [name for _, name, _ in wanted if name not in page], path

    def on_record() -> set[tuple[str, str | None]] | None:
        asked = {"person": user_id, "action": "identity.session.start", "limit": 50}
        rows = api(AUDITOR).get("/staff/audit", **asked)["items"]
        found = {(row["detail"]["method"], row["detail"].get("identified_by")) for row in rows}
        return found if len(found) == len(wanted) else None

    kept = dict(eventually("six sign-ins on record", on_record, 60))
    assert set(kept) == {method for method, _, _ in wanted}
    assert (kept["oidc:eparaksts"], kept["oidc:banka"]) == ("sc", "mca"), "the card or bank behind the provider"
    assert kept["wsfed:latvija"] and kept["wsfed:bankalink"]
    assert kept["password"] is None and kept["link"] is None
