"""Signing in against the real database: guesses side by side, the same answer for everybody, sessions and terms."""

from __future__ import annotations

import hashlib
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from chassis import tokens
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from services.identity.domain import lockout
from services.identity.domain.lockout import Guard, LockPolicy
from services.identity.messages import (
    BlockUser,
    ResolveSession,
    SignIn,
    UnblockUser,
)
from services.identity.store import guards
from services.identity.tools import Tools
from services.identity.usecases import (
    blocking,
    resolve_session,
    sign_in,
)
from tests.integration.identity.conftest import ADMIN, NOBODY, PASSWORD, People, audited, code_of, events, minutes


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


def test_the_token_says_who_and_for_whom_and_verifies_with_the_published_key(
    people: People, tools: Tools, tmp_path: Path
) -> None:
    user = people.user()
    people.represents(user, people.client(), "additional", ("permits.see", "users.manage"))
    opened = people.sign_in(user)
    file = tmp_path / "trusted.json"
    file.write_text(json.dumps({"keys": tools.signer.key_set()}))  # type: ignore[attr-defined]
    keys = tokens.TrustedKeys(str(file))
    caller = tokens.Verifier(keys).verify(opened.session.token)
    assert (caller.user, caller.client) == (user.id, opened.session.claims.client_id)
    assert caller.rights == {"permits.see"}  # S3-11: an additional user never manages users


def test_fifty_guesses_side_by_side_get_five_looks_at_the_password(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    tools.hasher.calls.clear()  # type: ignore[attr-defined]

    def guess(number: int) -> str:
        return code_of(people.sign_in, user, f"wrong-guess-{number}")

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(guess, range(50)))
    assert answers == {"identity.sign_in_refused"}
    looked_at = tools.hasher.calls  # type: ignore[attr-defined]
    assert (len(looked_at), sum(looked_at)) == (5, 5)
    told = events(db, "identity.user.locked", user.id)
    assert len(told) == 1 and told[0]["email"] == user.email
    assert code_of(people.sign_in, user, PASSWORD) == "identity.sign_in_refused"
    records = [r["detail"] for r in audited(db, "identity.session.start", user.id)]
    assert [r["reason"] for r in records].count("wrong_password") == 5
    # 45 guesses and the right password met a closed door; the 1st and the 10th of them stand on record.
    assert sorted(r["refused"] for r in records if r["reason"] == "locked") == [1, 10]
    with db.reading() as connection:
        subject = {"subject": guards.of_user(user.id)}
        statement = sa.text("SELECT refused FROM sign_in_guards WHERE subject = :subject")
        assert connection.execute(statement, subject).scalar() == 46


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


def test_a_name_nobody_has_gets_five_looks_like_an_account(people: People, db: Database, tools: Tools) -> None:
    def guess(email: str, address: str) -> str:
        request = SignIn(email=email, password="wrong-1", address=address)
        return code_of(sign_in.run, db, tools, request, NOBODY)

    for email in (f"nobody-{uuid.uuid4().hex}@example.com", people.user().email):
        tools.hasher.calls.clear()  # type: ignore[attr-defined]
        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(guess, [email] * 20, [f"10.4.0.{number}" for number in range(20)]))
        assert answers == {"identity.sign_in_refused"}
        assert len(tools.hasher.calls) == 5, email  # type: ignore[attr-defined]


def test_an_attempt_that_found_no_place_to_hash_does_not_count(
    people: People, db: Database, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = people.user()

    def full(*_: object, **__: object) -> bool:
        raise PortalError("too_many")

    with monkeypatch.context() as patched:
        patched.setattr(tools.hasher, "matches", full)
        for _ in range(7):
            assert code_of(people.sign_in, user) == "too_many"
    with db.unit_of_work(NOBODY) as unit:
        assert guards.read(unit.session, guards.of_user(user.id)).pending == 0
    assert people.sign_in(user)


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
