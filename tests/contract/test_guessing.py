"""Guessing at many accounts from many connections: counted, not timed. The full size is `./portal bench sign_in`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa

from tests import stack
from tests.journeys.api_client import eventually
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.people import PASSWORD, Person

ACCOUNTS, GUESSES_EACH, CONNECTIONS = 10, 20, 20
TRIES = sa.text("""
SELECT object_id, count(*) FROM audit_records
WHERE action = 'identity.session.start' AND object_id = ANY(:ids) AND detail::jsonb ->> 'reason' = 'wrong_password'
GROUP BY object_id
""")


@pytest.fixture(scope="module")
def maker() -> Iterator[Newcomers]:
    with newcomers() as made:
        yield made


def _sign_in(base: str, email: str, password: str) -> tuple[int, str]:
    body = {"email": email, "password": password}
    answer = requests.post(f"{base}/api/v1/session", json=body, timeout=60)
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.requirement("S1-32", "B-01")
def test_every_account_gets_five_tries_and_nobody_else_is_kept_out(base: str, maker: Newcomers) -> None:
    guessed = [maker.user() for _ in range(ACCOUNTS)]
    honest = [maker.user() for _ in range(5)]
    ids = [str(maker.id_of(person)) for person in guessed]
    # The right password comes last at every account, when it is long locked.
    rounds = [(person, f"Minejums-{number}") for number in range(GUESSES_EACH) for person in guessed]
    rounds = random.sample(rounds, len(rounds)) + [(person, PASSWORD) for person in guessed]

    def attempt(what: tuple[Person, str]) -> tuple[int, str]:
        return _sign_in(base, what[0].email, what[1])

    with ThreadPoolExecutor(CONNECTIONS + len(honest)) as pool:
        guesses = [pool.submit(attempt, one) for one in rounds]
        opened = [pool.submit(attempt, (person, PASSWORD)) for person in honest]
        answers = Counter(one.result() for one in guesses)
        let_in = [one.result()[0] for one in opened]
    assert let_in == [201] * len(honest), "whoever shares the address signs in as ever"
    assert answers == {(401, "identity.sign_in_refused"): len(rounds)}
    engine = sa.create_engine(stack.database_url("identity"), poolclass=sa.NullPool)

    def tried() -> dict[str, int]:
        with engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(TRIES, {"ids": ids})}

    # Records reach the trail over the bus, in the order they were made: the last of them ends the waiting.
    eventually("every try is on record", lambda: sum(tried().values()) >= 5 * ACCOUNTS, 60)
    assert tried() == dict.fromkeys(ids, 5)


@pytest.mark.requirement("S1-31", "S1-32")
def test_an_answer_does_not_tell_whether_the_name_exists(base: str, maker: Newcomers) -> None:
    known, unknown = maker.user().email, "nav-tada-lietotaja@newcomers.example"
    told = []
    for email in (known, unknown):
        for _ in range(6):  # beyond the lock
            body = {"email": email, "password": "Nepareiza-1"}
            answer = requests.post(f"{base}/api/v1/session", json=body, timeout=60)
            problem = {name: value for name, value in answer.json().items() if name not in ("reference", "instance")}
            timing = answer.headers["Server-Timing"].partition(",")[0]
            told.append((answer.status_code, str(sorted(problem.items())), timing, sorted(answer.headers)))
    assert len(set(map(str, told))) == 1, told
