"""Signing in against the real database: guesses side by side, the same answer for everybody, sessions and terms."""

from __future__ import annotations

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from chassis import tokens
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from services.identity.domain import lockout
from services.identity.domain.lockout import Guard, LockPolicy
from services.identity.messages import (
    AcceptTerms,
    BlockUser,
    ChangePassword,
    ChooseClient,
    EndOtherSessions,
    EndRepresentation,
    EndSession,
    ListSessions,
    ResolveSession,
    SignIn,
    SignOut,
    UnblockUser,
)
from services.identity.store import guards, tables
from services.identity.tools import Tools
from services.identity.usecases import (
    blocking,
    choose_client,
    end_representation,
    own_sessions,
    profile,
    resolve_session,
    sign_in,
    terms,
)
from tests.integration.identity.conftest import ADMIN, NOBODY, PASSWORD, People, audited, events, minutes


def code_of(work: Any, *args: Any) -> str:
    with pytest.raises(PortalError) as caught:
        work(*args)
    return caught.value.errors[0].code if caught.value.errors else caught.value.code


@pytest.mark.requirement("S1-08", "S1-31")
def test_the_right_password_opens_a_session_of_which_only_a_hash_is_kept(people: People, db: Database) -> None:
    user = people.user()
    client = people.client()
    people.represents(user, client)
    opened = people.sign_in(user, address="10.1.1.1", user_agent="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    assert opened.session.claims.client_id == client
    assert "finance.pay" in opened.session.claims.rights
    with db.reading() as connection:
        rows = connection.execute(sa.text("SELECT * FROM sessions WHERE user_id = :u"), {"u": user.id}).all()
    assert bytes(rows[0].secret_hash) == hashlib.sha256(opened.secret.encode()).digest()
    assert not any(opened.secret in str(value) for value in rows[0])
    assert rows[0].device == "Firefox, Linux"
    (record,) = audited(db, "identity.session.start", opened.session.claims.session_id)
    assert (record["actor"], record["address"]) == (str(user.id), "10.1.1.1")


def test_the_token_says_who_and_for_whom_and_verifies_with_the_published_key(people: People, tools: Tools) -> None:
    user = people.user()
    people.represents(user, people.client(), "additional", ("permits.see", "users.manage"))
    opened = people.sign_in(user)
    keys = tokens.TrustedKeys()
    import jwt

    keys._keys = {entry["kid"]: jwt.PyJWK(entry, algorithm="EdDSA") for entry in tools.signer.key_set()}
    caller = tokens.Verifier(keys).verify(opened.session.token)
    assert (caller.user, caller.client) == (user.id, opened.session.claims.client_id)
    assert caller.rights == {"permits.see"}  # S3-11: an additional user never manages users


@pytest.mark.requirement("S1-32")
def test_fifty_guesses_side_by_side_get_five_looks_at_the_password(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    tools.hasher.calls.clear()  # type: ignore[attr-defined]

    def guess(number: int) -> str:
        return code_of(people.sign_in, user, f"wrong-guess-{number}")

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(guess, range(50)))
    assert answers == {"identity.sign_in_refused"}
    looked_at = tools.hasher.calls  # type: ignore[attr-defined]
    assert (len(looked_at), sum(looked_at)) == (50, 5)
    told = events(db, "identity.user.locked", user.id)
    assert len(told) == 1 and told[0]["email"] == user.email
    assert code_of(people.sign_in, user, PASSWORD) == "identity.sign_in_refused"
    reasons = [r["detail"]["reason"] for r in audited(db, "identity.session.start", user.id)]
    assert (reasons.count("wrong_password"), reasons.count("locked")) == (5, 46)


def test_the_lock_ends_by_itself_and_doubles_when_guessing_goes_on(people: People) -> None:
    user = people.user()
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(5):
            code_of(people.sign_in, user, "wrong-1")
        clock.shift(minutes(14.9))
        assert code_of(people.sign_in, user, PASSWORD) == "identity.sign_in_refused"
        clock.shift(minutes(0.2))
        for _ in range(5):
            code_of(people.sign_in, user, "wrong-1")
        clock.shift(minutes(29))
        assert code_of(people.sign_in, user, PASSWORD) == "identity.sign_in_refused"
        clock.shift(minutes(1.1))
        assert people.sign_in(user).session.claims.user_id == user.id


def test_a_success_forgives_earlier_failures(people: People) -> None:
    user = people.user()
    for _ in range(3):
        for _ in range(4):
            code_of(people.sign_in, user, "wrong-1")
        people.sign_in(user)


def test_everybody_who_is_refused_hears_the_same_after_the_same_work(
    people: People, db: Database, tools: Tools
) -> None:
    blocked_wrong = people.user(status="blocked")
    without_password = people.user(password=None)
    staff = people.user("staff")
    refused = [
        SignIn(email=people.user().email, password="wrong-1"),
        SignIn(email="nobody@example.com", password="wrong-1", address="10.2.2.2"),
        SignIn(email="not an address", password="wrong-1", address="10.2.2.2"),
        SignIn(email=without_password.email, password=""),
        SignIn(email=blocked_wrong.email, password="wrong-1"),
        SignIn(email=staff.email, password=PASSWORD, audience="customer", address="10.2.2.2"),
    ]
    for request in refused:
        tools.hasher.calls.clear()  # type: ignore[attr-defined]
        assert code_of(sign_in.run, db, tools, request, NOBODY) == "identity.sign_in_refused"
        assert len(tools.hasher.calls) == 1, request.email  # type: ignore[attr-defined]


def test_unknown_names_are_counted_per_address_and_never_close_the_door_to_others(
    people: People, db: Database, tools: Tools
) -> None:
    address = f"10.3.{uuid.uuid4().int % 200}.1"
    for number in range(8):
        request = SignIn(email=f"nobody{number}@example.com", password="wrong-1", address=address)
        code_of(sign_in.run, db, tools, request, NOBODY)
    with db.unit_of_work(NOBODY) as unit:
        assert guards.read(unit.session, guards.of_address(address)).is_locked(now())
    assert people.sign_in(people.user(), address=address)
    assert len(audited(db, "identity.address.lock", address)) == 1


def test_what_was_typed_is_kept_nowhere(people: People, db: Database) -> None:
    code_of(people.sign_in, people.user(), "my-secret-typo-1")
    with db.reading() as connection:
        assert not connection.execute(
            sa.text("SELECT count(*) FROM outbox WHERE position(CAST('my-secret-typo' AS bytea) IN envelope) > 0")
        ).scalar()


def test_the_statements_count_as_the_rule_does(db: Database) -> None:
    policy, guard, moment, subject = LockPolicy(), Guard(), now(), f"user:{uuid.uuid4()}"
    # b: an attempt begins, f: one fails; the numbers are minutes between
    steps = (
        "b f 1 b b b f f f b f 14 b 2 b f 0 b b b b b b f f f f f b 31 b f b f b f b f b f 59 b 2 b f 0.9 b 1.1 b b b b"
    )
    for step in steps.split():
        with db.unit_of_work(NOBODY) as unit:
            if step == "b":
                expected = lockout.begin(guard, moment, policy)
                assert guards.begin(unit.session, subject, moment, policy) == expected
                guard = expected or guard
            elif step == "f":
                guard = lockout.fail(guard, moment, policy)
                assert guards.fail(unit.session, subject, moment, policy) == guard
            else:
                moment += minutes(float(step))


def test_many_right_passwords_side_by_side_all_open_a_session(people: People) -> None:
    user = people.user()
    with ThreadPoolExecutor(16) as pool:
        opened = list(pool.map(lambda _: people.sign_in(user), range(32)))
    assert len({one.secret for one in opened}) == 32


@pytest.mark.requirement("S1-33", "S3-26")
def test_blocking_ends_every_session_at_once_and_says_so_after_the_right_password(
    people: People, db: Database, tools: Tools
) -> None:
    user = people.user()
    opened = [people.sign_in(user) for _ in range(3)]
    ended = blocking.block(db, BlockUser(user_id=user.id, reason="suspicion", note="x"), ADMIN)
    assert ended.count == 3
    for one in opened:
        assert len(events(db, "identity.session.revoked", one.session.claims.session_id)) == 1
        request = ResolveSession(secret=one.secret)
        assert code_of(resolve_session.run, db, tools, request, NOBODY) == "identity.session_ended"
    assert code_of(people.sign_in, user) == "identity.user_blocked"
    assert code_of(people.sign_in, user, "wrong-1") == "identity.sign_in_refused"
    assert code_of(blocking.block, db, BlockUser(user_id=user.id, reason="other"), ADMIN) == "identity.already_blocked"
    blocking.unblock(db, UnblockUser(user_id=user.id), ADMIN)
    assert people.sign_in(user)


def test_unblocking_lifts_a_lock_after_wrong_passwords_too(people: People, db: Database) -> None:
    user = people.user()
    for _ in range(5):
        code_of(people.sign_in, user, "wrong-1")
    blocking.unblock(db, UnblockUser(user_id=user.id), ADMIN)
    assert people.sign_in(user)
    assert code_of(blocking.unblock, db, UnblockUser(user_id=user.id), ADMIN) == "identity.not_blocked"


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


@pytest.mark.requirement("S1-18", "S1-24", "S1-71")
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


@pytest.mark.requirement("S1-05")
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


@pytest.mark.requirement("S1-21", "S3-36")
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


@pytest.mark.requirement("S1-37", "S3-29", "S3-30")
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
