"""Giving up the portal: a person altogether or for one client, a client as a whole; in force at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.api_client import Api, Refused, eventually
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail, decoded_pdf
from tests.journeys.people import AUDITOR, SERVICE, Person

LONG = 60


@pytest.fixture
def clerk(api: Callable[[Person], Api]) -> Api:
    return api(SERVICE)


@pytest.mark.requirement("S0-24", "S1-47", "S1-55", "S1-21")
def test_a_user_gives_up_the_portal_and_every_session_ends_at_once(
    newcomers: Newcomers, clerk: Api, mail: Mail
) -> None:
    person, client = newcomers.user(), newcomers.client()
    newcomers.represents(person, client)
    one, other = Api.signed_in(clerk.base, person), Api.signed_in(clerk.base, person)
    with pytest.raises(Refused) as unsaid:
        one.post("/withdrawal", {"confirmed": False})
    assert unsaid.value.code == "identity.confirmation_needed"
    foreign = one.send("POST", "/withdrawal", json={"confirmed": True, "client_id": str(newcomers.client())})
    assert foreign.status_code == 404
    done = one.post("/withdrawal", {"confirmed": True, "note": "vairs nevajag"})
    assert done["everything"] and done["sessions"] == 2
    eventually("both sessions over", lambda: other.send("GET", "/profile").status_code == 401, LONG)
    with pytest.raises(Refused):
        Api.signed_in(clerk.base, person)
    assert clerk.get(f"/staff/users/{newcomers.id_of(person)}")["status"] == "discontinued"
    assert all(held["ended_at"] for held in clerk.get(f"/staff/clients/{client}")["users"])
    eventually("the person is told", lambda: mail.to(person.email), LONG)


@pytest.mark.requirement("S0-24", "S1-55")
def test_a_user_stops_acting_for_one_client_only(newcomers: Newcomers, clerk: Api) -> None:
    person, kept, given_up = newcomers.user(), newcomers.client("SIA Paliek"), newcomers.client("SIA Aiziet")
    newcomers.represents(person, kept)
    newcomers.represents(person, given_up)
    session = Api.signed_in(clerk.base, person)
    done = session.post("/withdrawal", {"confirmed": True, "client_id": str(given_up)})
    assert done == {"everything": False, "sessions": 0, "clients": ["SIA Aiziet"]}
    mine = [one["client_name"] for one in session.get("/profile/clients")["items"] if one["in_force"]]
    assert mine == ["SIA Paliek"]
    form = session.send("GET", "/forms/withdrawal", params={"language": "lv"})
    assert person.email in decoded_pdf(form.content)
    blank = Api(clerk.base).send("GET", "/forms/application", params={"language": "en"})
    assert "Application for the use of the client portal" in decoded_pdf(blank.content)


@pytest.mark.requirement("S0-24", "S1-47", "S1-55", "S1-21")
def test_a_client_gives_up_the_portal_and_nobody_acts_for_it_any_more(
    newcomers: Newcomers, clerk: Api, mail: Mail, api: Callable[[Person], Api]
) -> None:
    main, helper = newcomers.user("Galvenā Gaida"), newcomers.user("Palīgs Pēteris")
    stays = newcomers.user("Cits Cilvēks")
    client, other = newcomers.client("SIA Atsakās"), newcomers.client("SIA Turpina")
    newcomers.represents(main, client)
    newcomers.represents(helper, client, role="additional", rights=("permits.see",))
    newcomers.represents(helper, other)
    newcomers.represents(stays, other)
    sessions = [Api.signed_in(clerk.base, one) for one in (main, helper, stays)]
    acting = sessions[1].post("/session/client", {"client_id": str(client)})
    sessions[1] = Api(clerk.base, acting["secret"])
    assert sessions[1].send("POST", "/client/withdrawal", json={"confirmed": True}).status_code == 403
    with pytest.raises(Refused) as unsaid:
        sessions[0].post("/client/withdrawal", {"note": "nevajag"})
    assert unsaid.value.code == "identity.confirmation_needed"
    since = mail.latest()
    done = sessions[0].post("/client/withdrawal", {"confirmed": True})
    assert done == {"users": ["Galvenā Gaida", "Palīgs Pēteris"]}
    for one in sessions[:2]:
        eventually("the client is out of reach", lambda s=one: s.send("GET", "/permits").status_code == 403, LONG)
    assert sessions[2].send("GET", "/client").status_code == 200, "the other client's people are not touched"
    for person in (main, helper):
        eventually("the mail", lambda to=person.email: mail.to(to, after=since), LONG)
    again = Api.signed_in(clerk.base, helper)
    assert [c["client_name"] for c in again.get("/profile/clients")["items"] if c["in_force"]] == ["SIA Turpina"]

    path = f"/staff/clients/{other}/withdrawal"
    unfounded = clerk.send("POST", path, json={"confirmed": True})
    assert {one["field"] for one in unfounded.json()["errors"]} == {"channel", "received_on"}
    signed = {"channel": "e_address", "received_on": "2999-01-01", "confirmed": True, "note": "L-2026/118"}
    assert clerk.send("POST", path, json=signed).json()["code"] == "identity.day_ahead"
    signed["received_on"] = "2026-11-02"
    assert clerk.post(path, signed)["users"] == ["Cits Cilvēks", "Palīgs Pēteris"]
    assert clerk.send("POST", path, json=signed).json()["code"] == "identity.nobody_acts"
    eventually("at once", lambda: sessions[2].send("GET", "/permits").status_code == 403, LONG)
    trail = eventually(
        "on record",
        lambda: api(AUDITOR).get("/staff/audit", action="identity.client.withdraw", object_id=str(other))["items"],
        LONG,
    )[0]
    assert trail["detail"]["channel"] == "e_address" and trail["detail"]["note"] == "L-2026/118"
