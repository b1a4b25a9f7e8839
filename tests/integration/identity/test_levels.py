"""A level of assurance changes while somebody signs in: no session may begin with the level of before."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.days import now
from services.identity.store import representations
from services.identity.store.tables import SessionRecord
from services.identity.tools import Tools
from services.identity.usecases import right_levels
from services.identity.usecases.sessions_common import open_session
from tests.integration.identity.conftest import ADMIN, NOBODY, People, events

RIGHT = "finance.pay"


def settle(db: Database, level: str) -> None:
    with db.unit_of_work(ADMIN) as unit:
        asked: Any = SimpleNamespace(details={"right": RIGHT, "level": level}, note="tests", asked_by_name="Otra")
        right_levels.approved(unit, asked)


def generation(db: Database, session_id: uuid.UUID) -> int:
    with db.reading() as connection:
        kept = sa.select(SessionRecord.generation).where(SessionRecord.id == session_id)
        return int(connection.execute(kept).scalar_one())


@pytest.mark.requirement("S1-21")
def test_a_session_that_begins_meanwhile_is_asked_for_anew(db: Database, tools: Tools, people: People) -> None:
    user = people.user()
    people.represents(user, people.client())
    with ThreadPoolExecutor(1) as pool:
        with db.unit_of_work(NOBODY) as unit:
            _, begun = open_session(
                unit, tools, user_id=user.id, audience="customer",
                mandates=representations.mandates(unit.session, user.id), method="password", assurance="low",
                address=None, user_agent="", now=now(),
            )  # fmt: skip
            change = pool.submit(settle, db, "high")
            with pytest.raises(TimeoutError):
                change.result(0.5)
        change.result(20)
    assert generation(db, begun.id) == 1
    assert [one["generation"] for one in events(db, "session.changed", begun.id)] == [1]


def test_only_sessions_for_which_it_makes_a_difference_are_asked_for(
    db: Database, tools: Tools, people: People
) -> None:
    user, other = people.user(), people.user()
    client = people.client()
    people.represents(user, client)
    people.represents(other, client, rights=("permits.see",))
    opened = [people.sign_in(one).session.claims.session_id for one in (user, other)]
    settle(db, "low")
    before = [generation(db, one) for one in opened]
    settle(db, "substantial")
    after = [generation(db, one) for one in opened]
    assert [late - early for early, late in zip(before, after, strict=True)] == [1, 0]
    settle(db, "low")
