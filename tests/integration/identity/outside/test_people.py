"""Whom a verified identity opens the portal for: users who gave their code, clients, registrations, nobody else."""

from __future__ import annotations

import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from services.identity.messages import (
    GetLoginTicket,
    LoginFinished,
)
from services.identity.store import clients as client_store
from services.identity.usecases import external_complete
from tests.integration.identity.conftest import NOBODY, audited, events
from tests.integration.identity.outside.conftest import new_code
from tests.integration.identity.outside.world import Person, email, refused, users_of

# a first login (S0-12)


def test_a_first_login_of_a_client_makes_the_account_with_an_email(world: Person) -> None:
    code = new_code()
    client_id = world.door.person(code)
    finished, browser = world.by_state(code)
    assert finished.outcome == "email" and finished.signed_in is None and not users_of(world, client_id)
    assert finished.ticket is not None
    shown = external_complete.ticket(
        world.door.db, world.door.tools, GetLoginTicket(ticket=finished.ticket, browser=browser)
    )
    assert shown.name == "Žanis Šķēle" and shown.person_code == f"{code[:6]}-•••••"
    address = email()
    done = world.door.complete(finished, browser, address)
    claims = done.session.claims
    assert claims.assurance == "high" and claims.email == address and claims.kind == "customer"
    assert [tuple(row) for row in users_of(world, client_id)] == [("main", "customer", "active", address, 7)]
    assert len(events(world.door.db, "identity.user.created", claims.user_id)) == 1
    (told,) = events(world.door.db, "identity.user.credentials_changed", claims.user_id)
    assert told["what"] == "login_linked"
    (record,) = audited(world.door.db, "identity.user.create", claims.user_id)
    assert record["client"] == str(client_id) and record["detail"]["how"] == "first_login"
    (start,) = audited(world.door.db, "identity.session.start", claims.session_id)
    assert start["detail"]["method"] == "wsfed:latvija" and start["detail"]["assurance"] == "high"
    again, _ = world.by_state(code)
    assert again.outcome == "signed_in" and again.signed_in is not None
    assert again.signed_in.session.claims.user_id == claims.user_id


def test_any_code_a_client_was_known_by_is_found(world: Person) -> None:
    old, new = new_code(), new_code()
    client_id = world.door.person(old)
    finished, browser = world.by_state(new, codes=(new,), former=(old,))
    done = world.door.complete(finished, browser, email())
    assert [row.role for row in users_of(world, client_id)] == ["main"]
    only_new, _ = world.by_state(new)
    assert only_new.signed_in is not None
    assert only_new.signed_in.session.claims.user_id == done.session.claims.user_id


def test_a_changed_surname_shuts_nobody_out_of_what_the_state_vouches_for(world: Person) -> None:
    code = new_code()
    world.door.person(code, "Žanis Bērziņš")
    assert world.by_state(code)[0].outcome == "email"


def test_whoever_is_no_client_is_told_what_to_do_and_leaves_no_trace_but_the_record(world: Person) -> None:
    assert refused(world.by_state, new_code()) == "login_unknown_person"
    assert audited(world.door.db, "identity.session.start", "latvija")[-1]["outcome"] == "refused"


def test_two_clients_with_codes_of_one_person_are_for_staff_to_settle(world: Person) -> None:
    one, other = new_code(), new_code()
    world.door.person(one)
    world.door.person(other)
    assert refused(world.by_state, one, codes=(one,), former=(other,)) == "login_unknown_person"


@pytest.mark.parametrize("subject", ["PK:{}-UR:40003021907", "DP:40003021907-PK:{}", "AU:90000069281-PK:{}"])
def test_whoever_comes_for_somebody_else_gets_no_private_account(world: Person, subject: str) -> None:
    code = new_code()
    world.door.person(code)
    assert refused(world.by_state, code, subject=subject.format(code)) == "login_unknown_person"


def test_a_legal_client_with_this_code_is_no_person(world: Person) -> None:
    code = new_code()
    client_id = world.door.people.client("SIA Žanis Šķēle", kind="legal")
    with world.door.db.unit_of_work(NOBODY) as unit:
        client_store.add_codes(unit.session, {("person_code", code): client_id})
    assert refused(world.by_state, code) == "login_unknown_person"


def test_two_first_logins_side_by_side_make_one_account(world: Person) -> None:
    code = new_code()
    client_id = world.door.person(code)
    begun = [world.by_state(code) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda pair: world.door.complete(*pair, email()), begun))
    assert len({one.session.claims.user_id for one in done}) == 1
    assert len(users_of(world, client_id)) == 1


def test_the_email_is_checked_and_tries_are_counted(world: Person) -> None:
    code = new_code()
    world.door.person(code)
    taken = world.door.people.user().email
    finished, browser = world.by_state(code)
    assert refused(world.door.complete, finished, browser, None) == "required"
    assert refused(world.door.complete, finished, browser, "not an address") == "email_malformed"
    assert refused(world.door.complete, finished, browser, taken.upper()) == "email_taken"
    assert world.door.complete(finished, browser, email()).session.claims.user_id
    assert refused(world.door.complete, finished, browser, email()) == "login_expired", "a ticket counts once"


def test_guessing_who_has_which_email_ends_after_five_tries(world: Person) -> None:
    code = new_code()
    world.door.person(code)
    taken = world.door.people.user().email
    finished, browser = world.by_state(code)
    said = [refused(world.door.complete, finished, browser, taken) for _ in range(6)]
    assert said == ["email_taken"] * 5 + ["login_expired"]


def test_a_ticket_is_of_one_browser(world: Person) -> None:
    code = new_code()
    world.door.person(code)
    finished, _ = world.by_state(code)
    other = secrets.token_urlsafe(32)
    assert refused(world.door.complete, finished, other, email()) == "login_expired"
    assert finished.ticket is not None
    look = GetLoginTicket(ticket=finished.ticket, browser=other)
    assert refused(external_complete.ticket, world.door.db, world.door.tools, look) == "login_expired"


# users who are known already (S1-30, S0-16)


def test_a_code_given_in_an_application_opens_the_account_by_any_provider(world: Person) -> None:
    code = new_code()
    user = world.door.linked(code)
    for finished, _ in (world.by_state(code), world.by_bank(code)):
        assert finished.signed_in is not None and finished.signed_in.session.claims.user_id == user.id


@pytest.mark.parametrize("status", ["blocked", "discontinued"])
def test_an_account_that_is_closed_stays_closed(world: Person, status: str) -> None:
    code = new_code()
    world.door.linked(code, status=status)
    assert refused(world.by_state, code) == "user_blocked"


def test_staff_never_come_by_this_way(world: Person) -> None:
    code = new_code()
    world.door.linked(code, kind="staff")
    assert refused(world.by_state, code) == "login_unknown_person"


def test_a_user_of_several_clients_acts_for_the_one_of_last_time(world: Person) -> None:
    code = new_code()
    user = world.door.linked(code)
    clients = [world.door.people.client(name) for name in ("SIA Ābols", "SIA Bumbieris")]
    for client_id in clients:
        world.door.people.represents(user, client_id)
    finished, _ = world.by_state(code)
    assert finished.signed_in is not None
    with world.door.db.reading() as connection:
        statement = sa.text("SELECT client_id FROM sessions WHERE id = :id")
        acting = connection.execute(statement, {"id": finished.signed_in.session.claims.session_id}).scalar()
    assert acting in clients


# banks (S1-35, S3-14, S3-15)


def test_a_banks_word_counts_when_name_and_code_agree(world: Person) -> None:
    code = new_code()
    world.door.person(code, "Žanis Šķēle")
    assert world.by_bank(code, "ŽANIS", "ŠĶĒLE")[0].outcome == "email"
    assert refused(world.by_bank, code, "Žanis", "Bērziņš") == "login_no_match"
    assert refused(world.by_bank, new_code()) == "login_no_match"


def test_a_banks_word_about_a_user_is_compared_too(world: Person) -> None:
    code = new_code()
    world.door.linked(code, "Žanis Šķēle")
    assert world.by_bank(code)[0].outcome == "signed_in"
    assert refused(world.by_bank, code, "Ilze", "Šķēle") == "login_no_match"


def test_where_a_contract_is_needed_whoever_has_none_stays_outside(world: Person) -> None:
    code = new_code()
    client_id = world.door.person(code)

    def enter() -> LoginFinished:
        world.op.claims = {
            "sub": code, "serial_number": code, "given_name": "Žanis", "family_name": "Šķēle",
        }  # fmt: skip
        url, browser = world.door.begin("strict")
        return world.door.come_back("strict", browser, world.op.visit(url))

    assert refused(enter) == "login_no_contract"
    world.door.bus.give(client_id, "L-1")
    assert enter().outcome == "email"


# registration with a contract number (S2-04, S2-08)


def test_a_contract_number_and_a_proven_identity_register(world: Person) -> None:
    code = new_code()
    client_id = world.door.person(code)
    number = f"L-{uuid.uuid4().hex[:8]}"
    world.door.bus.give(client_id, number)
    finished, browser = world.by_bank(code, purpose="register", contract_no=number)
    done = world.door.complete(finished, browser, email())
    (record,) = audited(world.door.db, "identity.user.create", done.session.claims.user_id)
    assert record["detail"]["how"] == "registration"


def test_a_signatory_registers_their_company(world: Person) -> None:
    code, reg_no = new_code(), f"4{uuid.uuid4().int % 10**10:010d}"
    client_id = world.door.people.client("SIA Zars", kind="legal", reg_no=reg_no)
    with world.door.db.unit_of_work(NOBODY) as unit:
        client_store.add_codes(unit.session, {("reg_no", reg_no): client_id})
    number = f"L-{uuid.uuid4().hex[:8]}"
    world.door.bus.give(client_id, number)
    how = {"purpose": "register", "contract_no": number}
    assert refused(world.by_state, code, **how) == "login_registration_refused"
    other = f"PK:{code}-UR:40003021907"
    assert refused(world.by_state, code, subject=other, **how) == "login_registration_refused"
    finished, browser = world.by_state(code, subject=f"PK:{code}-UR:{reg_no}", **how)
    world.door.complete(finished, browser, email())
    assert [row.role for row in users_of(world, client_id)] == ["main"]


def test_every_registration_that_does_not_fit_gets_one_answer(world: Person) -> None:
    code, number = new_code(), f"L-{uuid.uuid4().hex[:8]}"
    client_id, stranger = world.door.person(code), world.door.person(new_code())
    world.door.bus.give(stranger, number)
    how = {"purpose": "register"}
    for contract_no in (number, "L-unknown"):
        assert refused(world.by_state, code, contract_no=contract_no, **how) == "login_registration_refused"
    world.door.bus.give(client_id, own := f"L-{uuid.uuid4().hex[:8]}")
    assert refused(world.by_state, new_code(), contract_no=own, **how) == "login_registration_refused"
    assert refused(world.by_bank, code, "Ilze", contract_no=own, **how) == "login_registration_refused"
    assert refused(world.door.begin, "latvija", purpose="register") == "required"
