"""One-time links against the real database: one use, five guesses at a code, one answer for everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa
import time_machine

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import now
from services.identity.messages import GetLink, LookAtLink, RequestLink, TradeCode
from services.identity.store.link_tables import OneTimeLink
from services.identity.store.tables import User
from services.identity.tools import Tools
from services.identity.usecases import links
from tests.integration.identity.conftest import NOBODY, People, audited, code_of, events

TIMER = service_caller("identity")


def issued(db: Database, tools: Tools, user: User, purpose: str = "password_reset") -> OneTimeLink:
    with db.unit_of_work(NOBODY) as unit:
        return links.issue(unit, tools, user, purpose)  # type: ignore[arg-type]


def open_links(db: Database, user: User) -> int:
    kept = "SELECT count(*) FROM one_time_links WHERE user_id = :u AND used_at IS NULL AND ended_at IS NULL"
    with db.reading() as connection:
        return int(connection.execute(sa.text(kept), {"u": user.id}).scalar_one())


def test_a_link_is_known_by_its_secret_which_is_kept_nowhere(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    link = issued(db, tools, user, "activation")
    mailed = links.get(db, tools, GetLink(link_id=link.id))
    view = links.look(db, tools, LookAtLink(token=mailed.token))
    assert (view.state, view.purpose, view.email, view.sets_password) == ("open", "activation", user.email, True)
    (told,) = events(db, "identity.link.issued", user.id)
    assert told["link_id"] == str(link.id) and told["purpose"] == "activation"
    with db.reading() as connection:
        rows = [
            str(dict(row._mapping)).encode()
            for table in ("one_time_links", "link_requests")
            for row in connection.execute(sa.text(f"SELECT * FROM {table}"))
        ]
        rows += [bytes(row) for row in connection.execute(sa.text("SELECT envelope FROM outbox")).scalars()]
    assert not [row for row in rows if mailed.token.encode() in row or mailed.code.encode() in row]


def test_a_newer_link_replaces_the_older_of_the_same_purpose_only(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    first = links.get(db, tools, GetLink(link_id=issued(db, tools, user).id)).token
    other = links.get(db, tools, GetLink(link_id=issued(db, tools, user, "email_change").id)).token
    second = links.get(db, tools, GetLink(link_id=issued(db, tools, user).id)).token
    states = [links.look(db, tools, LookAtLink(token=token)).state for token in (first, other, second)]
    assert states == ["replaced", "open", "open"]


def test_an_expired_link_says_so_and_gives_no_secret_any_more(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    link = issued(db, tools, user)
    token = links.get(db, tools, GetLink(link_id=link.id)).token
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        assert links.look(db, tools, LookAtLink(token=token)).state == "expired"
        mailed = links.get(db, tools, GetLink(link_id=link.id))
        assert (mailed.state, mailed.token, mailed.code) == ("expired", "", "")


def test_a_foreign_or_changed_secret_learns_nothing(people: People, db: Database, tools: Tools) -> None:
    token = links.get(db, tools, GetLink(link_id=issued(db, tools, people.user()).id)).token
    for wrong in (token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), "x" * 54, token[::-1]):
        view = links.look(db, tools, LookAtLink(token=wrong))
        assert view.state == "unknown" and view.email is None and view.purpose is None


def test_fifty_guesses_side_by_side_at_a_code_get_five_looks(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    link = issued(db, tools, user)

    def guess(number: int) -> str:
        return code_of(links.trade_code, db, tools, TradeCode(email=user.email, code=f"AAAAA-{number:05d}"), NOBODY)

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(guess, range(50))) == {"identity.code_wrong"}
    with db.reading() as connection:
        statement = sa.text("SELECT code_tries FROM one_time_links WHERE id = :id")
        assert connection.execute(statement, {"id": link.id}).scalar_one() == 5
    mailed = links.get(db, tools, GetLink(link_id=link.id))
    right = TradeCode(email=user.email, code=mailed.code)
    assert code_of(links.trade_code, db, tools, right, NOBODY) == "identity.code_wrong"
    # Guessing is no way to keep somebody out: the link itself still opens.
    assert links.look(db, tools, LookAtLink(token=mailed.token)).state == "open"


def test_a_code_is_traded_for_the_link_by_its_owner_only(people: People, db: Database, tools: Tools) -> None:
    user, other = people.user(), people.user()
    mailed = links.get(db, tools, GetLink(link_id=issued(db, tools, user).id))
    issued(db, tools, other)
    typed = mailed.code.lower().replace("-", " ")
    assert links.trade_code(db, tools, TradeCode(email=user.email.upper(), code=typed), NOBODY).token == mailed.token
    for email in (other.email, "nobody@example.com", "not an address"):
        request = TradeCode(email=email, code=mailed.code)
        assert code_of(links.trade_code, db, tools, request, NOBODY) == "identity.code_wrong"


def test_asking_for_a_link_does_the_same_for_everybody_and_the_timer_sends_it(
    people: People, db: Database, tools: Tools
) -> None:
    known = people.user()
    blocked = people.user(status="blocked", blocked_reason="suspicion")
    eid_only = people.user(password=None, password_allowed=False)
    pending = people.user(password=None, status="pending")
    late = people.user(password=None, status="blocked", blocked_reason="not_activated")
    for user in (known, blocked, eid_only, pending, late):
        links.ask(db, RequestLink(email=user.email, address="10.9.9.9"), NOBODY)
    links.ask(db, RequestLink(email="nobody@example.com", address="10.9.9.9"), NOBODY)
    assert [open_links(db, user) for user in (known, pending)] == [0, 0]
    while links.work_off(db, tools, TIMER):
        pass
    purposes = {
        user.id: [e["purpose"] for e in events(db, "identity.link.issued", user.id)]
        for user in (known, blocked, eid_only, pending, late)
    }
    assert purposes == {
        known.id: ["password_reset"], blocked.id: [], eid_only.id: [], pending.id: ["activation"],
        late.id: ["activation"],
    }  # fmt: skip


def test_nobody_is_flooded_with_links(people: People, db: Database, tools: Tools) -> None:
    user = people.user()
    for _ in range(8):
        links.ask(db, RequestLink(email=user.email), NOBODY)
    while links.work_off(db, tools, TIMER):
        pass
    assert len(events(db, "identity.link.issued", user.id)) == tools.settings.links_per_hour
    assert open_links(db, user) == 1
    refused = [r for r in audited(db, "identity.link.ask", user.id) if r["outcome"] == "refused"]
    assert {r["detail"]["reason"] for r in refused} == {"too_many"}
