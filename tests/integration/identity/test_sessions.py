"""What a session may do and for how long: limits, terms, clients, passwords, against the real database."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
import time_machine

from chassis.database import Database
from chassis.days import now, riga_today
from services.identity.messages import (
    AcceptTerms,
    ChangePassword,
    ChooseClient,
    EndOtherSessions,
    EndRepresentation,
    EndSession,
    ListSessions,
    ResolveSession,
    SignOut,
)
from services.identity.store import tables
from services.identity.tools import Tools
from services.identity.usecases import (
    choose_client,
    end_representation,
    own_sessions,
    profile,
    resolve_session,
    terms,
)
from tests.integration.identity.conftest import NOBODY, PASSWORD, People, code_of, events, minutes


def test_sessions_end_when_idle_and_when_old(people: People, db: Database, tools: Tools) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        idle, busy = people.sign_in(people.user()), people.sign_in(people.user())
        for _ in range(27):
            clock.shift(minutes(26))
            resolve = ResolveSession(secret=busy.secret)
            assert resolve_session.run(db, tools, resolve, NOBODY).claims.user_id == busy.session.claims.user_id
        assert code_of(resolve_session.run, db, tools, ResolveSession(secret=idle.secret), NOBODY)
        clock.shift(minutes(19))  # 12 hours and one minute after the beginning
        assert code_of(resolve_session.run, db, tools, ResolveSession(secret=busy.secret), NOBODY)


def test_people_see_and_end_their_own_sessions_only(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    first, second, third = (people.sign_in(user) for _ in range(3))
    stranger = people.caller(people.sign_in(people.user()))
    caller = people.caller(first)
    listed = own_sessions.list_own(db, tools, ListSessions(), caller).items
    assert len(listed) == 3 and [row.session_id for row in listed if row.current] == [caller.session]
    second_id = second.session.claims.session_id
    assert code_of(own_sessions.end_one, db, EndSession(session_id=second_id), stranger) == "not_found"
    own_sessions.end_one(db, EndSession(session_id=second_id), caller)
    assert own_sessions.end_others(db, EndOtherSessions(), caller).count == 1
    assert code_of(resolve_session.run, db, tools, ResolveSession(secret=third.secret), NOBODY)
    own_sessions.sign_out(db, SignOut(), caller)
    own_sessions.sign_out(db, SignOut(), caller)
    assert code_of(resolve_session.run, db, tools, ResolveSession(secret=first.secret), NOBODY)


def test_until_the_terms_are_accepted_a_session_has_no_rights(people: People, db: Database, tools: Tools) -> None:
    version = _publish(db)
    user = people.user()
    people.represents(user, people.client())
    opened = people.sign_in(user)
    claims = opened.session.claims
    assert opened.must_accept_terms and claims.terms_to_accept == version
    assert (claims.client_id, claims.rights) == (None, [])
    old = AcceptTerms(terms_id=uuid.uuid4())
    caller = people.caller(opened)
    assert code_of(terms.accept, db, tools, old, caller) == "identity.terms_superseded"
    accepted = terms.accept(db, tools, AcceptTerms(terms_id=version, address="10.9.9.9"), caller)
    assert accepted.secret != opened.secret and "finance.pay" in accepted.session.claims.rights
    assert code_of(resolve_session.run, db, tools, ResolveSession(secret=opened.secret), NOBODY)
    with db.reading() as connection:
        row = connection.execute(sa.text("SELECT * FROM terms_acceptances WHERE user_id = :u"), {"u": user.id}).one()
    assert (row.address, row.text_sha256) == ("10.9.9.9", hashlib.sha256(b"text").hexdigest())
    assert not people.sign_in(user).must_accept_terms
    _withdraw(db, version)


def _publish(db: Database) -> uuid.UUID:
    version = uuid.uuid4()
    with db.unit_of_work(NOBODY) as unit:
        unit.session.add(
            tables.Terms(
                id=version,
                audience="customer",
                title="Noteikumi",
                text="text",
                approved_on=date(2026, 1, 1),
                text_sha256=hashlib.sha256(b"text").hexdigest(),
                valid_from=date(2026, 1, 2),
            )
        )
    return version


def _withdraw(db: Database, version: uuid.UUID) -> None:
    """Other tests of this database sign in without terms."""
    with db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM terms_acceptances WHERE terms_id = :v"), {"v": version})
        connection.execute(sa.text("DELETE FROM terms_versions WHERE id = :v"), {"v": version})


def test_choosing_another_client_gives_its_rights_and_a_new_secret(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    first, second, expired = people.client("SIA Ābols"), people.client("SIA Bumbieris"), people.client("SIA Citrons")
    people.represents(user, first)
    people.represents(user, second, "additional", ("permits.see",))
    people.represents(user, expired, valid_to=riga_today() - timedelta(days=1))
    opened = people.sign_in(user)
    caller = people.caller(opened)
    assert caller.client == first
    chosen = choose_client.choose(db, tools, ChooseClient(client_id=second), caller)
    assert (chosen.session.claims.client_id, chosen.session.claims.rights) == (second, ["permits.see"])
    assert chosen.secret != opened.secret
    for foreign in (expired, people.client(), uuid.uuid4()):
        request = ChooseClient(client_id=foreign)
        assert code_of(choose_client.choose, db, tools, request, caller) == "identity.client_not_yours"
    assert people.sign_in(user).session.claims.client_id == second


def test_an_ended_representation_gives_nothing_at_the_next_look(people: People, db: Database, tools: Tools) -> None:
    main, helper, client = people.user(), people.user(), people.client()
    own = people.represents(main, client)
    helpers = people.represents(helper, client, "additional", ("permits.see",))
    helper_in = people.sign_in(helper)
    caller = people.caller(people.sign_in(main))
    end_representation.run(db, EndRepresentation(representation_id=helpers), caller)
    assert len(events(db, "identity.session.changed", helper_in.session.claims.session_id)) == 1
    claims = resolve_session.run(db, tools, ResolveSession(secret=helper_in.secret), NOBODY).claims
    assert (claims.client_id, claims.rights) == (None, [])
    again = EndRepresentation(representation_id=helpers)
    assert code_of(end_representation.run, db, again, caller) == "identity.already_ended"
    last = EndRepresentation(representation_id=own)
    assert code_of(end_representation.run, db, last, caller) == "identity.last_main_user"
    stranger = people.user()
    people.represents(stranger, people.client())
    foreign = people.caller(people.sign_in(stranger))
    assert code_of(end_representation.run, db, last, foreign) == "not_found"


def test_a_new_password_ends_other_sessions_and_is_told(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    mine, other = people.sign_in(user), people.sign_in(user)
    caller = people.caller(mine)

    def change(old: str, new: str) -> Any:
        return profile.change_password(db, tools, ChangePassword(old_password=old, new_password=new), caller)

    assert code_of(change, PASSWORD, "short1") == "identity.password_too_short"
    assert code_of(change, PASSWORD, "password1") == "identity.password_common"
    assert code_of(change, PASSWORD, "my-kalniņa-77") == "identity.password_personal"
    assert code_of(change, PASSWORD, PASSWORD) == "identity.password_same"
    assert code_of(change, "wrong-1", "sarkans-lauks-8") == "identity.password_wrong"
    assert change(PASSWORD, "sarkans-lauks-8").count == 1
    assert len(events(db, "identity.user.credentials_changed", user.id)) == 1
    assert code_of(resolve_session.run, db, tools, ResolveSession(secret=other.secret), NOBODY)
    assert resolve_session.run(db, tools, ResolveSession(secret=mine.secret), NOBODY)
    assert code_of(people.sign_in, user, PASSWORD) == "identity.sign_in_refused"
    assert people.sign_in(user, "sarkans-lauks-8")


def test_guessing_the_old_password_in_the_profile_locks_as_well(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    caller = people.caller(people.sign_in(user))
    request = ChangePassword(old_password="wrong-1", new_password="sarkans-lauks-8")
    for _ in range(5):
        assert code_of(profile.change_password, db, tools, request, caller) == "identity.password_wrong"
    right = ChangePassword(old_password=PASSWORD, new_password="sarkans-lauks-8")
    assert code_of(profile.change_password, db, tools, right, caller) == "identity.password_wrong"
    assert len(events(db, "identity.user.locked", user.id)) == 1


def test_an_old_hash_is_renewed_at_the_next_login(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    stronger = tools.settings.model_copy(update={"argon2_passes": 2})
    from services.identity.hashing import Hasher, directly

    people.tools = Tools(stronger, Hasher(stronger, directly), tools.signer)
    people.sign_in(user)
    with db.reading() as connection:
        kept = connection.execute(sa.text("SELECT hash FROM passwords WHERE user_id = :u"), {"u": user.id}).scalar()
    assert "t=2" in str(kept) and people.sign_in(user)
