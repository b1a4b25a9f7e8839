"""Staff take access away, in the running suite: for a time, for good, after a call, and with four eyes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.days import riga_today
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import ADMIN, ENGINEER, SERVICE, Person


@pytest.fixture
def person(newcomers: Newcomers) -> Person:
    """Somebody who acts for a client of their own."""
    someone = newcomers.user("Zita Beigu")
    newcomers.represents(someone, newcomers.client("SIA Beigu Birojs"))
    return someone


@pytest.fixture
def service(api: Callable[[Person], Api]) -> Api:
    return api(SERVICE)


@pytest.fixture
def admin(api: Callable[[Person], Api]) -> Api:
    return api(ADMIN)


def code_of(work: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.status, refused.value.code


def gone(session: Api) -> bool:
    return session.send("GET", "/profile").status_code == 401


def subjects(mail: Mail, person: Person) -> list[str]:
    return [str(row["headers"]["Subject"]) for row in mail.to(person.email)]


@pytest.mark.requirement("S1-20", "S1-57", "S1-58", "S3-26")
@pytest.mark.parametrize("reason", ["false_data", "unauthorised_use", "breach_of_terms"])
def test_access_ends_for_good_at_once_and_the_person_is_told_why(
    base: str, newcomers: Newcomers, person: Person, service: Api, mail: Mail, reason: str
) -> None:
    open_session = Api.signed_in(base, person)
    link = newcomers.linked_login(person)
    path = f"/staff/users/{newcomers.id_of(person)}"
    ended = service.post(f"{path}/discontinue", {"reason": reason, "note": "lieta 7/2026"})
    assert ended["count"] == 1
    eventually("the end of the open session", lambda: gone(open_session), 30)
    assert code_of(lambda: Api.signed_in(base, person)) == (401, "identity.sign_in_refused")

    shown = service.get(path)
    assert shown["status"] == "discontinued"
    assert not newcomers.is_linked(link), "unified login is still linked"
    assert shown["profile"]["password_changed_at"] is None, "the password is still there"
    assert [held["in_force"] for held in shown["profile"]["acts_for"]] == [False]
    step = shown["blocks"][0]
    assert (step["what"], step["reason"], step["note"], step["by_name"]) == (
        "discontinued", reason, "lieta 7/2026", service.person["name"],
    )  # fmt: skip
    eventually("the mail", lambda: "Jūsu piekļuve portālam ir izbeigta" in subjects(mail, person), 60)
    told = mail.to(person.email)
    assert "lieta 7/2026" not in str(told), "the note is for colleagues only"
    assert code_of(lambda: service.post(f"{path}/block", {"reason": "other"})) == (409, "identity.wrong_access_state")
    found = service.get("/staff/blocks", query=person.email)["items"]
    assert [(row["status"], row["reason"]) for row in found] == [("discontinued", reason)]


@pytest.mark.requirement("S1-33")
def test_a_block_for_a_time_ends_by_itself(
    base: str, newcomers: Newcomers, person: Person, service: Api, mail: Mail, endpoints: dict[str, Any]
) -> None:
    path = f"/staff/users/{newcomers.id_of(person)}"
    yesterday = {"reason": "suspicion", "until": "2020-01-01"}
    assert code_of(lambda: service.post(f"{path}/block", yesterday))[0] == 422
    service.post(f"{path}/block", {"reason": "suspicion", "until": riga_today().isoformat()})
    assert service.get(path)["blocked_until"] == riga_today().isoformat()
    assert code_of(lambda: service.post(f"{path}/block", {"reason": "other"})) == (409, "identity.already_blocked")
    # Tomorrow comes: the last day lies in the past.
    engine = sa.create_engine(endpoints["databases"]["identity"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE users SET blocked_until = blocked_until - 1 WHERE id = :id"),
            {"id": newcomers.id_of(person)},
        )
    eventually("the end of the block", lambda: service.get(path)["status"] == "active", 150)
    assert [step["reason"] for step in service.get(path)["blocks"]] == ["block_ended", "suspicion"]
    assert Api.signed_in(base, person).get("/profile")
    eventually("both mails", lambda: len(subjects(mail, person)) == 2, 60)


@pytest.mark.requirement("S1-41", "S1-33")
def test_a_call_about_misuse_ends_sessions_and_the_password(
    base: str, newcomers: Newcomers, person: Person, service: Api, api: Callable[[Person], Api]
) -> None:
    open_session = Api.signed_in(base, person)
    path = f"/staff/users/{newcomers.id_of(person)}"
    body = {"identified_by": "atzvanīts uz 67332179"}
    assert code_of(lambda: service.post(f"{path}/report", {})) == (422, "invalid")
    assert code_of(lambda: api(ENGINEER).post(f"{path}/report", body)) == (403, "forbidden")
    service.post(f"{path}/report", body)
    eventually("the end of the open session", lambda: gone(open_session), 30)
    shown = service.get(path)
    assert (shown["status"], shown["profile"]["password_changed_at"]) == ("blocked", None)
    assert shown["blocks"][0]["reason"] == "compromise_reported"
    # Lifting the block does not bring the password back that others know.
    service.post(f"{path}/unblock", {})
    assert code_of(lambda: Api.signed_in(base, person)) == (401, "identity.sign_in_refused")


@pytest.mark.requirement("S3-35")
def test_a_deletion_needs_two_people(base: str, newcomers: Newcomers, person: Person, service: Api, admin: Api) -> None:
    path = f"/staff/users/{newcomers.id_of(person)}"
    body = {"reason": "client_request", "note": "klātienē, uzrādīta eID"}
    key = fresh_key()
    asked = service.post(f"{path}/deletion", body, key=key)
    assert service.post(f"{path}/deletion", body, key=key)["approval_id"] == asked["approval_id"]
    assert code_of(lambda: admin.post(f"{path}/deletion", body)) == (409, "identity.approval_waiting")
    approval = f"/staff/approvals/{asked['approval_id']}"
    assert code_of(lambda: service.post(f"{approval}/decision", {"approve": True})) == (403, "identity.approval_own")
    assert service.get(path)["status"] == "active", "asking alone ended the access"
    assert Api.signed_in(base, person).get("/profile")

    done = admin.post(f"{approval}/decision", {"approve": True})
    assert (done["state"], done["decided_by"]) == ("approved", admin.person["name"])
    # Whose answer was lost on its way asks again and is told the same; another decision comes too late.
    assert admin.post(f"{approval}/decision", {"approve": True}) == done
    assert code_of(lambda: admin.post(f"{approval}/decision", {"approve": False})) == (409, "identity.approval_decided")
    shown = service.get(path)
    assert shown["status"] == "deleted"
    assert [step["what"] for step in shown["blocks"]] == ["deleted", "discontinued", "deletion_asked"]
    assert code_of(lambda: Api.signed_in(base, person)) == (401, "identity.sign_in_refused")


def test_a_refused_or_withdrawn_deletion_changes_nothing(
    newcomers: Newcomers, person: Person, service: Api, admin: Api
) -> None:
    path = f"/staff/users/{newcomers.id_of(person)}"
    first = service.post(f"{path}/deletion", {"reason": "client_request"})
    admin.post(f"/staff/approvals/{first['approval_id']}/decision", {"approve": False, "note": "nav pilnvaras"})
    second = service.post(f"{path}/deletion", {"reason": "client_request"})
    assert code_of(lambda: admin.post(f"/staff/approvals/{second['approval_id']}/withdraw")) == (403, "forbidden")
    for _ in ("said", "said again: the answer was lost"):
        assert service.post(f"/staff/approvals/{second['approval_id']}/withdraw")["state"] == "withdrawn"
    assert service.get(path)["status"] == "active"
    states = [one["state"] for one in service.get("/staff/approvals", object_id=str(newcomers.id_of(person)))["items"]]
    assert states == ["withdrawn", "refused"]


def test_clerks_do_not_shut_out_those_who_watch_over_clerks(newcomers: Newcomers, service: Api, admin: Api) -> None:
    colleague = newcomers.user("Kolēģe", kind="staff", roles=("auditor",))
    path = f"/staff/users/{newcomers.id_of(colleague)}"
    for step, body in (
        ("block", {"reason": "other"}),
        ("discontinue", {"reason": "other"}),
        ("deletion", {"reason": "other"}),
        ("report", {"identified_by": "x"}),
    ):
        assert code_of(lambda step=step, body=body: service.post(f"{path}/{step}", body)) == (403, "forbidden"), step
    assert admin.post(f"{path}/discontinue", {"reason": "other"})["count"] == 0
    me = admin.get("/profile")["user_id"]
    assert code_of(lambda: admin.post(f"/staff/users/{me}/discontinue", {"reason": "other"}))[1] == (
        "identity.not_yourself"
    )
    assert code_of(lambda: admin.post(f"/staff/users/{uuid.uuid4()}/discontinue", {"reason": "other"}))[0] == 404


@pytest.mark.requirement("S1-20", "S1-57", "S1-58")
def test_access_that_ended_is_given_back_on_a_reason_and_after_grave_ones_by_administrators(
    newcomers: Newcomers, person: Person, service: Api, admin: Api, mail: Mail
) -> None:
    path = f"/staff/users/{newcomers.id_of(person)}"
    why = {"note": "pārkāpums nav apstiprinājies"}
    assert code_of(lambda: service.post(f"{path}/reinstatement", why)) == (409, "identity.wrong_access_state")
    service.post(f"{path}/discontinue", {"reason": "breach_of_terms"})
    assert code_of(lambda: service.post(f"{path}/reinstatement", why)) == (403, "forbidden")
    assert code_of(lambda: admin.post(f"{path}/reinstatement", {"note": ""})) == (422, "invalid")
    key = fresh_key()
    for _ in range(2):
        answer = admin.send("POST", f"{path}/reinstatement", json=why, headers={"Idempotency-Key": key})
        assert answer.status_code == 204
    shown = admin.get(path)
    step = shown["blocks"][0]
    assert (shown["status"], step["what"], step["note"]) == ("pending", "reinstated", why["note"])
    assert all(held["ended_at"] for held in shown["profile"]["acts_for"]), "for whom they act is given anew"
    eventually("the activation link", lambda: any("aktiv" in one.lower() for one in subjects(mail, person)))
    told = [one for one in subjects(mail, person) if "aktiv" not in one.lower()]
    assert len(told) == 1, f"one letter tells of the ending: {told}"

    service.post(f"{path}/discontinue", {"reason": "own_request"})
    assert service.send("POST", f"{path}/reinstatement", json=why).status_code == 204


@pytest.mark.requirement("S1-62", "S3-10")
def test_who_does_not_manage_users_sees_main_users_by_name_alone(base: str, newcomers: Newcomers) -> None:
    client_id = newcomers.client("SIA Trīs Cilvēki")
    main, one, other = (newcomers.user(name) for name in ("Galvenā Gita", "Papildu Pēteris", "Papildu Paula"))
    newcomers.represents(main, client_id)
    for additional in (one, other):
        newcomers.represents(additional, client_id, "additional", ("permits.see",))
    seen = {held["user_name"]: held for held in Api.signed_in(base, one).get("/client")["users"]}
    assert set(seen) == {"Galvenā Gita", "Papildu Pēteris"}
    assert seen["Papildu Pēteris"]["user_email"] == one.email
    gita = seen["Galvenā Gita"]
    assert (gita["user_email"], gita["rights"], gita["ground"]) == ("", [], "")
    assert len(Api.signed_in(base, main).get("/client")["users"]) == 3
    assert code_of(lambda: Api.signed_in(base, one).get("/client/users")) == (403, "forbidden")
