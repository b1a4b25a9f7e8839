"""Activation, new passwords, a new user name, and closing one's access, against the real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from services.identity.messages import (
    ChangeEmail,
    ChangePassword,
    CloseAccess,
    ConfirmEmail,
    DemandPasswordChange,
    GetLink,
    GetUser,
    JudgePassword,
    ListUsers,
    RequestLink,
    ResolveSession,
    SendLink,
    UseLink,
)
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import (
    close_access,
    links,
    own_email,
    own_password,
    profile,
    resolve_session,
    staff_credentials,
    unactivated,
    use_link,
    users,
)
from tests.integration.identity.conftest import ADMIN, NOBODY, PASSWORD, People, code_of, events

FRESH = "jauna-un-laba-parole-9"


def sent(db: Database, tools: Tools, user: User, purpose: str, **how: Any) -> str:
    """The secret of a link that was just sent."""
    with db.unit_of_work(NOBODY) as unit:
        link = links.issue(unit, tools, user, purpose, **how)  # type: ignore[arg-type]
    return links.get(db, tools, GetLink(link_id=link.id)).token


def kept(db: Database, user: User) -> tuple[User, Password | None]:
    with db.unit_of_work(NOBODY) as unit:
        found = unit.session.get_one(User, user.id), unit.session.get(Password, user.id)
        unit.session.expunge_all()
        return found


def test_an_activation_link_sets_the_password_and_lets_in_once(people: People, db: Database, tools: Tools) -> None:
    user = people.user(password=None, status="pending")
    token = sent(db, tools, user, "activation")
    opened = use_link.run(db, tools, UseLink(token=token, new_password=FRESH), NOBODY)
    assert opened.session.claims.user_id == user.id
    assert kept(db, user)[0].status == "active"
    assert people.sign_in(user, FRESH)
    assert len(events(db, "identity.user.activated", user.id)) == 1
    again = UseLink(token=token, new_password=FRESH + "x")
    assert code_of(use_link.run, db, tools, again, NOBODY) == "identity.link_dead"


def test_a_link_used_side_by_side_opens_once(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    token = sent(db, tools, user, "password_reset")

    def use(number: int) -> str:
        try:
            use_link.run(db, tools, UseLink(token=token, new_password=f"{FRESH}{number}"), NOBODY)
        except PortalError as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(use, range(8)))
    assert sorted(found) == ["identity.link_dead"] * 7 + ["in"]


def test_a_bad_password_leaves_the_link_open(people: People, db: Database, tools: Tools) -> None:
    user = people.user(password=None, status="pending")
    token = sent(db, tools, user, "activation")
    for bad, code in (("a1", "password_too_short"), ("kalniņa77x", "password_personal"), (None, "required")):
        request = UseLink(token=token, new_password=bad)
        assert code_of(use_link.run, db, tools, request, NOBODY).removeprefix("identity.") == code
    assert kept(db, user)[0].status == "pending"
    assert use_link.run(db, tools, UseLink(token=token, new_password=FRESH), NOBODY)


def test_a_user_without_password_login_only_confirms(people: People, db: Database, tools: Tools) -> None:
    user = people.user(password=None, status="pending", password_allowed=False)
    token = sent(db, tools, user, "activation")
    assert use_link.run(db, tools, UseLink(token=token), NOBODY).session.claims.user_id == user.id
    found, password = kept(db, user)
    assert found.status == "active" and password is None


def test_a_new_password_unlocks_and_ends_every_other_session(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    old = people.sign_in(user)
    for _ in range(5):
        code_of(people.sign_in, user, "wrong-1")
    assert code_of(people.sign_in, user, PASSWORD) == "identity.sign_in_refused"
    token = sent(db, tools, user, "password_reset")
    opened = use_link.run(db, tools, UseLink(token=token, new_password=FRESH), NOBODY)
    assert resolve_session.run(db, tools, ResolveSession(secret=opened.secret), NOBODY)
    request = ResolveSession(secret=old.secret)
    assert code_of(resolve_session.run, db, tools, request, NOBODY) == "identity.session_ended"
    assert people.sign_in(user, FRESH)
    assert events(db, "identity.user.credentials_changed", user.id)[-1]["what"] == "password"


def test_a_link_for_a_new_password_opens_nothing_for_who_may_not_come_in(
    people: People, db: Database, tools: Tools
) -> None:
    for status in ("blocked", "discontinued", "deleted", "pending"):
        user = people.user(status=status)
        token = sent(db, tools, user, "password_reset")
        request = UseLink(token=token, new_password=FRESH)
        assert code_of(use_link.run, db, tools, request, NOBODY) == "identity.link_dead", status
        assert kept(db, user)[0].status == status


def test_links_of_other_purposes_set_no_password(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    for purpose in ("email_change", "compromise"):
        request = UseLink(token=sent(db, tools, user, purpose), new_password=FRESH)
        assert code_of(use_link.run, db, tools, request, NOBODY) == "identity.link_dead"
    reset = sent(db, tools, user, "password_reset")
    assert code_of(own_email.confirm, db, tools, ConfirmEmail(token=reset), NOBODY) == "identity.link_dead"
    assert code_of(close_access.run, db, tools, CloseAccess(token=reset), NOBODY) == "identity.link_dead"


@pytest.mark.parametrize("by_link", [True, False])
def test_closing_ones_access_ends_sessions_and_password_at_once(
    people: People, db: Database, tools: Tools, by_link: bool
) -> None:
    user = people.user()
    mine, other = people.sign_in(user), people.sign_in(user)
    if by_link:
        request, caller = CloseAccess(token=sent(db, tools, user, "compromise")), NOBODY
    else:
        request, caller = CloseAccess(note="Nozagts telefons"), people.caller(mine)
    assert close_access.run(db, tools, request, caller).count == 2
    for secret in (mine.secret, other.secret):
        asked = ResolveSession(secret=secret)
        assert code_of(resolve_session.run, db, tools, asked, NOBODY) == "identity.session_ended"
    assert code_of(people.sign_in, user, PASSWORD) == "identity.sign_in_refused"
    assert len(events(db, "identity.user.access_closed", user.id)) == 1
    issued = events(db, "identity.link.issued", user.id)[-1]
    assert issued["purpose"] == "password_reset" and issued["password_revoked"]
    shown = users.get(db, tools, GetUser(user_id=user.id), ADMIN)
    assert shown.password_revoked_at and shown.blocks[0].what == "access_closed"
    reported = users.search(db, ListUsers(query=user.email, reported=True)).items
    assert [one.user_id for one in reported] == [user.id]
    token = links.get(db, tools, GetLink(link_id=issued["link_id"])).token
    same = UseLink(token=token, new_password=PASSWORD)
    assert code_of(use_link.run, db, tools, same, NOBODY) == "identity.password_same"
    assert use_link.run(db, tools, UseLink(token=token, new_password=FRESH), NOBODY)
    assert people.sign_in(user, FRESH)
    assert not users.search(db, ListUsers(query=user.email, reported=True)).items


def test_a_demanded_change_leaves_no_right_until_it_is_done(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    people.represents(user, people.client())
    opened = people.sign_in(user)
    assert opened.session.claims.rights
    staff_credentials.demand_change(db, DemandPasswordChange(user_id=user.id), ADMIN)
    session = resolve_session.run(db, tools, ResolveSession(secret=opened.secret), NOBODY)
    assert session.claims.must_change_password and not session.claims.rights and session.claims.client_id is None
    assert len(events(db, "identity.session.changed", opened.session.claims.session_id)) == 1
    change = ChangePassword(old_password=PASSWORD, new_password=FRESH)
    profile.change_password(db, tools, change, people.caller(opened))
    session = resolve_session.run(db, tools, ResolveSession(secret=opened.secret), NOBODY)
    assert not session.claims.must_change_password and session.claims.rights
    without = people.user(password=None)
    request = DemandPasswordChange(user_id=without.id)
    assert code_of(staff_credentials.demand_change, db, request, ADMIN) == "identity.no_password"


def test_an_old_password_is_a_reminder_or_a_duty_as_the_operator_decides(
    people: People, db: Database, tools: Tools
) -> None:
    user = people.user()
    with time_machine.travel(now() + timedelta(days=91), tick=False):
        opened = people.sign_in(user)
        assert opened.remind_password and not opened.session.claims.must_change_password
        strict = tools.settings.model_copy(update={"password_enforce": True})
        people.tools = Tools(strict, tools.hasher, tools.signer)
        assert people.sign_in(user).session.claims.must_change_password


def test_staff_send_the_link_that_lets_in(people: People, db: Database, tools: Tools) -> None:
    for status, purpose in (("active", "password_reset"), ("pending", "activation")):
        user = people.user(status=status)
        staff_credentials.send_link(db, tools, SendLink(user_id=user.id, note="iesniegums 17"), ADMIN)
        assert events(db, "identity.link.issued", user.id)[0]["purpose"] == purpose
    blocked = SendLink(user_id=people.user(status="blocked").id)
    assert code_of(staff_credentials.send_link, db, tools, blocked, ADMIN) == "identity.wrong_access_state"


def test_a_new_user_name_proves_itself_and_the_old_one_is_told(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    caller = people.caller(people.sign_in(user))
    new = f"new{user.id.hex[:8]}@bērziņi.example"
    wrong = ChangeEmail(email=new, password="wrong-1")
    assert code_of(own_email.ask, db, tools, wrong, caller) == "identity.password_wrong"
    own_email.ask(db, tools, ChangeEmail(email=new, password=PASSWORD), caller)
    assert kept(db, user)[0].email == user.email
    (issued,) = events(db, "identity.link.issued", user.id)
    assert (issued["email"], issued["purpose"]) == (new, "email_change")
    token = links.get(db, tools, GetLink(link_id=issued["link_id"])).token
    assert own_email.confirm(db, tools, ConfirmEmail(token=token), NOBODY).email == new
    told = events(db, "identity.user.credentials_changed", user.id)
    assert [(t["what"], t["email"]) for t in told] == [("email_asked", user.email)]
    way_back = events(db, "identity.link.issued", user.id)[-1]
    assert (way_back["email"], way_back["purpose"]) == (user.email, "email_undo")
    assert kept(db, user)[0].email_key.endswith("@xn--brzii-iza47a.example")
    assert code_of(own_email.confirm, db, tools, ConfirmEmail(token=token), NOBODY) == "identity.link_dead"


def test_a_taken_address_is_answered_alike_and_never_taken_twice(people: People, db: Database, tools: Tools) -> None:
    user, other = people.user(), people.user()
    caller = people.caller(people.sign_in(user))
    own_email.ask(db, tools, ChangeEmail(email=other.email.upper(), password=PASSWORD), caller)
    assert events(db, "identity.link.issued", user.id) == []
    token = sent(db, tools, user, "email_change", email=other.email)  # taken between asking and confirming
    assert code_of(own_email.confirm, db, tools, ConfirmEmail(token=token), NOBODY) == "identity.email_taken"
    assert kept(db, user)[0].email == user.email


def test_the_strength_of_a_password_knows_the_person_by_session_or_link(
    people: People, db: Database, tools: Tools
) -> None:
    user = people.user(name="Kunigunde Vējdzirnava")
    token = sent(db, tools, user, "activation")
    caller = people.caller(people.sign_in(user))
    by_link = own_password.judge(db, tools, JudgePassword(password="vējdzirnava-77", token=token), NOBODY)
    by_session = own_password.judge(db, tools, JudgePassword(password="vējdzirnava-77"), caller)
    stranger = own_password.judge(db, tools, JudgePassword(password="vējdzirnava-77"), NOBODY)
    assert by_link == by_session
    assert by_link.score == 0 and by_link.faults == ["identity.password_personal"] and "own_data" in by_link.advice
    assert stranger.faults == [] and stranger.score > 0


def test_links_long_dead_are_forgotten(people: People, db: Database, tools: Tools) -> None:
    from services.identity.usecases import tidy

    user = people.user()
    sent(db, tools, user, "password_reset")
    with time_machine.travel(now() + timedelta(days=32), tick=False):
        tidy.run(db, NOBODY)
    with db.reading() as connection:
        statement = sa.text("SELECT count(*) FROM one_time_links WHERE user_id = :u")
        assert connection.execute(statement, {"u": user.id}).scalar_one() == 0


def test_an_account_not_activated_in_time_is_blocked_and_a_new_link_opens_it(
    people: People, db: Database, tools: Tools
) -> None:
    user, waiting, never_sent = (people.user(password=None, status="pending") for _ in range(3))
    late = sent(db, tools, user, "activation")
    with time_machine.travel(now() + timedelta(hours=23), tick=False):
        unactivated.run(db, NOBODY)
        assert kept(db, user)[0].status == "pending"
        sent(db, tools, waiting, "activation")
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        unactivated.run(db, NOBODY)
        assert [kept(db, u)[0].status for u in (user, waiting, never_sent)] == ["blocked", "pending", "pending"]
        used = UseLink(token=late, new_password=FRESH)
        assert code_of(use_link.run, db, tools, used, NOBODY) == "identity.link_dead"
        links.ask(db, RequestLink(email=user.email), NOBODY)
        while links.work_off(db, tools, NOBODY):
            pass
        fresh = events(db, "identity.link.issued", user.id)[-1]
        token = links.get(db, tools, GetLink(link_id=fresh["link_id"])).token
        assert use_link.run(db, tools, UseLink(token=token, new_password=FRESH), NOBODY)
    found = kept(db, user)[0]
    assert (found.status, found.blocked_reason) == ("active", None)
