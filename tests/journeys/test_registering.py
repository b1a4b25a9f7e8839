"""Registering oneself: what must fit, what is learned of the register (nothing), what opens (S3-07, S3-17..S3-23)."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from tests import stack
from tests.journeys import joining
from tests.journeys.api_client import Api
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import PASSWORD
from tests.journeys.test_joining import activate, clerk, made, nobody, terms_id, told

__all__ = ["clerk", "made", "nobody", "terms_id"]  # fixtures


def registration(terms_id: str, **said: Any) -> dict[str, Any]:
    return {"kind": "natural", "user_name": "Līga Ābele", "email": joining.email(), "terms_id": terms_id,
            "declared": joining.DECLARED} | said  # fmt: skip


@pytest.mark.requirement(
    "S1-18", "S2-04", "S2-08", "S3-07", "S3-08", "S3-17", "S3-18", "S3-20", "S3-21", "S3-22", "S3-23",
    "S3-33",
)
def test_who_registers_must_fit_the_register_and_learns_nothing_about_it(
    nobody: Api, clerk: Api, made: Newcomers, mail: Mail, terms_id: str
) -> None:
    code = joining.person_code()
    client = made.client("Līga Ābola", kind="natural", person_code=code, email=joining.email("klients"))
    number, over = joining.contract(client), joining.contract(client, ended=True)
    foreign = joining.contract(made.client())
    taken = made.user()
    right = {"person_code": f"{code[:6]}-{code[6:]}", "contract_no": number}
    attempts = {
        "another name": registration(terms_id, **right),
        "another code": registration(terms_id, person_code=joining.person_code(), contract_no=number),
        "a contract that is over": registration(terms_id, **right | {"contract_no": over}),
        "another's contract": registration(terms_id, **right | {"contract_no": foreign}),
        "no such contract": registration(terms_id, **right | {"contract_no": "T-0"}),
        "a wrong client number": registration(terms_id, **right, client_no="K-0"),
        "an e-mail that is taken": registration(terms_id, **right, user_name="Līga Ābola", email=taken.email),
    }
    for what, body in attempts.items():
        answer = nobody.send("POST", "/registrations", json=body)
        seen = answer.json()
        assert (answer.status_code, seen["code"]) == (409, "identity.registration_refused"), (what, seen)
        assert "67332179" in seen["title"] and "errors" not in seen, what
        if what == "another code":
            continue
        # Guesses at one client are counted; the tests' own must not add up to a closed door.
        _forget_guesses()

    unread = nobody.send("POST", "/registrations", json=registration(terms_id, **right) | {"declared": []})
    assert {one["field"] for one in unread.json()["errors"]} == set(joining.DECLARED)
    # Terms nobody has are refused before the register is asked, or their refusal would tell what matches.
    for body in (right, right | {"person_code": joining.person_code()}):
        unread = registration(str(uuid.uuid4()), **body, user_name="Līga Ābola")
        old = nobody.send("POST", "/registrations", json=unread)
        assert old.json()["code"] == "identity.terms_superseded"

    # The name in the register was wrong; once staff corrected it, the same person registers (S3-21).
    seen = clerk.get(f"/staff/clients/{client}")
    correction = {"version": seen["version"], "name": "Līga Ābele", "ground": "iesniegums"}
    clerk.put(f"/staff/clients/{client}/data", correction)
    body = registration(terms_id, **right)
    assert nobody.post("/registrations", body) == {"email": body["email"]}
    (held,) = [one for one in clerk.get(f"/staff/clients/{client}")["users"] if one["ended_at"] is None]
    assert (held["role"], held["user_status"], held["user_email"]) == ("main", "pending", body["email"])
    assert "users.manage" in held["rights"]
    told(mail, seen["email"], "Līga Ābele")  # the client's own address learns of every new user
    assert _hours_of_the_link(body["email"]) == 24, "S3-33"
    activate(mail, body["email"])
    session = Api(nobody.base).post("/session", {"email": body["email"], "password": PASSWORD})
    assert session["person"]["terms_to_accept"] is None, "the terms were agreed to at the registration"
    assert session["person"]["client_id"] == str(client) and "users.manage" in session["person"]["rights"]


def _hours_of_the_link(email: str) -> float:
    engine = sa.create_engine(stack.database_url("identity"), poolclass=sa.NullPool)
    life = sa.text("SELECT extract(epoch FROM expires_at - created_at) / 3600 FROM one_time_links WHERE email = :email")
    with engine.connect() as connection:
        return float(connection.execute(life, {"email": email}).scalar_one())


def _forget_guesses() -> None:
    engine = sa.create_engine(stack.database_url("identity"))
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM sign_in_guards WHERE subject LIKE 'address:client:%'"))
    engine.dispose()


@pytest.mark.requirement("S3-20", "B-01")
def test_guesses_about_one_client_close_the_door_without_saying_so(
    nobody: Api, made: Newcomers, terms_id: str
) -> None:
    code = joining.person_code()
    client = made.client("Līga Ābele", kind="natural", person_code=code)
    number = joining.contract(client)
    codes = set()
    for guess in range(6):
        body = registration(terms_id, person_code=code, contract_no=f"T-GUESS-{guess}")
        codes.add(nobody.send("POST", "/registrations", json=body).json()["code"])
    right = nobody.send("POST", "/registrations", json=registration(terms_id, person_code=code, contract_no=number))
    codes.add(right.json()["code"])
    assert codes == {"identity.registration_refused"}


def test_no_refusal_comes_before_its_moment(nobody: Api, made: Newcomers, terms_id: str) -> None:
    """That all refusals take the same steps as well: tests/integration/identity/test_joining.py."""
    code = joining.person_code()
    number = joining.contract(made.client("Līga Ābele", kind="natural", person_code=code))

    def seconds(body: dict[str, Any]) -> float:
        began = time.perf_counter()
        assert nobody.send("POST", "/registrations", json=body).status_code == 409
        return time.perf_counter() - began

    there = [seconds(registration(terms_id, person_code=code, contract_no=number, user_name=f"Cita {n}"))
             for n in range(2)]  # fmt: skip
    nowhere = [seconds(registration(terms_id, person_code=joining.person_code(), contract_no=f"T-{n}"))
               for n in range(2)]  # fmt: skip
    assert min(there + nowhere) >= 0.69, (there, nowhere)


def test_a_company_registers_with_a_number_only_it_knows(
    nobody: Api, clerk: Api, made: Newcomers, terms_id: str
) -> None:
    number = joining.reg_no()
    client = made.client('SIA "Mazais Ūdens"', reg_no=number, external_ref=f"K-{uuid.uuid4().hex[:8]}")
    company = {"kind": "legal", "client_name": "Mazais Ūdens SIA", "reg_no": number}
    public = nobody.send("POST", "/registrations", json=registration(terms_id, **company))
    assert public.json()["errors"][0]["field"] == "contract_no"
    body = registration(terms_id, **company, contract_no=joining.contract(client))
    nobody.post("/registrations", body)
    # Who registered and never came makes room; a main user who did come does not.
    again = registration(terms_id, **company, contract_no=joining.contract(client))
    nobody.post("/registrations", again)
    open_ones = [one for one in clerk.get(f"/staff/clients/{client}")["users"] if one["ended_at"] is None]
    assert [one["user_email"] for one in open_ones] == [again["email"]]
    boss = made.user()
    made.represents(boss, client)
    third = nobody.send("POST", "/registrations",
                        json=registration(terms_id, **company, contract_no=joining.contract(client)))  # fmt: skip
    assert third.json()["code"] == "identity.registration_refused"
