"""Identity in the running suite, over the API as an outsider sees it: guesses, blocks, disclosures, the trail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from chassis.bus import Bus
from chassis.demo_ids import CLIENT_NATURAL
from chassis.errors import PortalError
from services.identity.messages import SignIn
from tests import stack
from tests.journeys.api_client import Api, Refused, eventually
from tests.journeys.factor_tools import newcomer, user_id_of
from tests.journeys.people import ADMIN, PETERIS


@pytest.fixture(scope="module")
def base() -> str:
    return stack.portal_url()


@pytest.fixture
def admin(base: str) -> Api:
    return Api.signed_in(base, ADMIN)


@pytest.fixture
def bus() -> Iterator[Bus]:
    stack.use_stack_environment("gateway")
    client = Bus(name="gateway")
    yield client
    client.close()


@pytest.mark.requirement("S1-32", "B-01")
def test_fifty_guesses_at_once_get_five_tries_and_the_owner_an_email(
    bus: Bus, base: str, admin: Api, endpoints: dict[str, Any]
) -> None:
    person = newcomer()
    Api.signed_in(base, person)  # a success: earlier failures are forgiven

    def guess(number: int) -> str:
        with pytest.raises(PortalError) as refused:
            bus.call(SignIn(email=person.email, password=f"wrong-guess-{number}"), token="")
        return refused.value.code

    with ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(guess, range(50)))
    # On a machine that is busy otherwise a guess may not be heard in time; it is no further try either.
    assert set(answers) <= {"identity.sign_in_refused", "deadline"}, answers
    assert answers["identity.sign_in_refused"] > 5

    def on_record() -> Counter[str] | None:
        reasons = Counter(r["detail"]["reason"] for r in refusals(admin, user_id_of(person)))
        return reasons if reasons["wrong_password"] == 5 and reasons["locked"] else None

    # Of those that came while it was locked some are on record, with how many there were.
    assert set(eventually("the refusals on record", on_record, 60)) == {"wrong_password", "locked"}
    with pytest.raises(Refused) as still:
        Api.signed_in(base, person)
    assert (still.value.status, still.value.code) == (401, "identity.sign_in_refused")
    told = eventually("an e-mail about the lock", lambda: mails_about_a_lock(endpoints, person.email), 60)
    assert len(told) == 1


def refusals(admin: Api, user_id: str) -> list[dict[str, Any]]:
    page = admin.get("/staff/audit", object_id=user_id, action="identity.session.start", limit=100)
    return [record for record in page["items"] if record["outcome"] == "refused"]


def mails_about_a_lock(endpoints: dict[str, Any], email: str) -> list[dict[str, Any]]:
    """The messages about a lock in the mail catcher."""
    url = f"http://127.0.0.1:{endpoints['ports']['mail-ui']}/api/messages"
    found = requests.get(url, timeout=10).json()
    return [m for m in found if email in str(m.get("to")) and "slēgta" in m["headers"]["Subject"]]


@pytest.mark.requirement("S1-21", "S1-33", "S3-26")
def test_a_block_reaches_an_open_session_and_the_next_sign_in(base: str, admin: Api) -> None:
    person = newcomer()
    session, user_id = Api.signed_in(base, person), user_id_of(person)
    assert session.get("/profile")["email"] == person.email
    assert admin.post(f"/staff/users/{user_id}/block", {"reason": "suspicion"})["count"] >= 1
    eventually("the session is over", lambda: session.send("GET", "/profile").status_code == 401, 60)
    with pytest.raises(Refused) as refused:
        Api.signed_in(base, person)
    assert refused.value.code == "identity.user_blocked"
    admin.post(f"/staff/users/{user_id}/unblock", {"note": "test"})
    assert Api.signed_in(base, person).get("/profile")


@pytest.mark.requirement("B-14", "S1-65")
def test_a_person_sees_that_staff_opened_their_data(base: str, admin: Api) -> None:
    peteris = Api.signed_in(base, PETERIS)
    before = len(looks(peteris))
    admin.get(f"/staff/clients/{CLIENT_NATURAL}")

    def seen() -> dict[str, Any] | None:
        found = looks(peteris)
        return found[0] if len(found) > before else None

    look = eventually("the look in the person's own list", seen)
    assert (look["who"], look["as_what"]) == (admin.person["name"], "staff")
    (record,) = admin.get("/staff/audit", client_id=str(CLIENT_NATURAL), action="identity.client.view", limit=1)[
        "items"
    ]
    assert (record["at"], record["actor_name"]) == (look["at"], look["who"])


def looks(person: Api) -> list[dict[str, Any]]:
    """Every time somebody opened the basic data of the person's client, newest first."""
    return [row for row in person.all("/client/disclosures", limit=100) if row["action"] == "identity.client.view"]


@pytest.mark.requirement("S1-50", "S1-63", "B-21")
def test_the_running_suites_trail_is_whole(endpoints: dict[str, Any]) -> None:
    env = os.environ | {"DATABASE_URL_IDENTITY": endpoints["databases"]["identity"], "PROFILE": "local"}
    command = [sys.executable, "-W", "ignore", "-m", "services.identity.verify_audit"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "audit trail whole" in done.stdout


def test_the_key_set_published_holds_the_key_that_signs(bus: Bus) -> None:
    import jwt

    from services.identity.messages import SigningKeys

    opened = bus.call(SignIn(email=ADMIN.email, password="Parole-2026", audience="staff"), token="")
    published = bus.call(SigningKeys(), token="").keys
    assert jwt.get_unverified_header(opened.session.token)["kid"] in {key["kid"] for key in published}
    assert not any("d" in key for key in published), "a private key was published"
