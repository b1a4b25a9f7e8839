"""Linking and unlinking in the profile."""

from __future__ import annotations

import secrets

from services.identity.messages import (
    ConfirmLink,
    ListLinkedLogins,
    UnlinkLogin,
)
from services.identity.usecases import linked_logins
from tests.integration.identity.conftest import audited, code_of, events
from tests.integration.identity.outside.conftest import new_code
from tests.integration.identity.outside.world import Person, email, refused


def test_a_login_is_linked_after_asking_and_taken_away_again(world: Person) -> None:
    user = world.door.people.user()
    world.door.people.represents(user, world.door.people.client())
    caller = world.door.people.caller(world.door.people.sign_in(user))
    code, db, tools = new_code(), world.door.db, world.door.tools
    assert refused(world.by_state, code) == "login_unknown_person"
    finished, browser = world.by_state(code, purpose="link", caller=caller)
    assert finished.outcome == "link" and finished.ticket is not None
    assert refused(world.by_state, code) == "login_unknown_person", "nothing is linked before the yes"
    yes = ConfirmLink(ticket=finished.ticket, browser=browser)
    stranger = world.door.people.caller(world.door.people.sign_in(world.door.people.user()))
    assert code_of(linked_logins.confirm, db, tools, yes, stranger) == "identity.login_expired"
    thief = ConfirmLink(ticket=finished.ticket, browser=secrets.token_urlsafe(32))
    assert code_of(linked_logins.confirm, db, tools, thief, caller) == "identity.login_expired"
    assert refused(world.door.complete, finished, browser, email()) == "login_expired"
    (linked,) = linked_logins.confirm(db, tools, yes, caller).items
    assert linked.provider == "latvija" and linked.how == "profile" and linked.removable
    assert code_of(linked_logins.confirm, db, tools, yes, caller) == "identity.login_expired"
    entered, _ = world.by_state(code)
    assert entered.signed_in is not None and entered.signed_in.session.claims.user_id == user.id
    gone = UnlinkLogin(login_id=linked.login_id)
    assert code_of(linked_logins.unlink, db, tools, gone, stranger) == "not_found"
    linked_logins.unlink(db, tools, gone, caller)
    assert code_of(linked_logins.unlink, db, tools, gone, caller) == "not_found"
    assert refused(world.by_state, code) == "login_unknown_person"
    told = [event["what"] for event in events(db, "identity.user.credentials_changed", user.id)]
    assert told == ["login_linked", "login_unlinked"]
    assert len(audited(db, "identity.login.link", linked.login_id)) == 1
    assert len(audited(db, "identity.login.unlink", linked.login_id)) == 1


def test_a_login_of_another_account_is_not_taken_over(world: Person) -> None:
    code = new_code()
    world.door.linked(code)
    caller = world.door.people.caller(world.door.people.sign_in(world.door.people.user()))
    finished, browser = world.by_state(code, purpose="link", caller=caller)
    assert finished.ticket is not None
    request = ConfirmLink(ticket=finished.ticket, browser=browser)
    code = code_of(linked_logins.confirm, world.door.db, world.door.tools, request, caller)
    assert code == "identity.login_taken"


def test_the_last_way_in_stays(world: Person) -> None:
    code = new_code()
    world.door.linked(code, password=None)
    finished, _ = world.by_state(code)
    assert finished.signed_in is not None
    caller = world.door.people.caller(finished.signed_in)
    (only,) = linked_logins.list_own(world.door.db, world.door.tools, ListLinkedLogins(), caller).items
    assert not only.removable
    request = UnlinkLogin(login_id=only.login_id)
    assert code_of(linked_logins.unlink, world.door.db, world.door.tools, request, caller) == "identity.login_last_way"


def test_nobody_links_without_a_session(world: Person) -> None:
    assert refused(world.door.begin, "latvija", purpose="link") == "unauthenticated"
