"""What people are told by e-mail of signing in: from a place they never used, and that their password is old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.caller import service_caller
from chassis.days import now
from services.identity.messages import SignIn
from tests.contract.access import cast
from tests.journeys.api_client import eventually
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import PASSWORD, Person

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1"
UNUSUAL = {"lv": "Pieteikšanās no jaunas ierīces", "en": "A sign-in from a new device"}
OLD = {"lv": "Ieteicams nomainīt paroli", "en": "Please change your password"}


def come(person: Person, address: str, user_agent: str) -> Any:
    """Sign in as the gateway would for somebody at that address."""
    request = SignIn(email=person.email, password=PASSWORD, address=address, user_agent=user_agent)
    return cast.bus().call(request, token="")


def subjects(mail: Mail, person: Person) -> list[str]:
    return [str(row["subject"]) for row in mail.to(person.email)]


@pytest.mark.requirement("S1-31", "B-01")
@pytest.mark.parametrize("language", ["lv", "en"])
def test_a_new_device_in_a_new_network_is_told_once(newcomers: Newcomers, mail: Mail, language: str) -> None:
    person = newcomers.user(language=language)
    come(person, "192.0.2.10", FIREFOX)  # the first time of all
    come(person, "192.0.2.99", SAFARI)  # a new telephone at home
    come(person, "198.51.100.5", FIREFOX)  # the known computer elsewhere
    linux = FIREFOX.replace("Windows NT 10.0", "X11; Linux x86_64")
    for _ in range(2):
        come(person, "203.0.113.7", linux)
    eventually("the mail is there", lambda: UNUSUAL[language] in subjects(mail, person), 90)
    (told,) = [row for row in mail.to(person.email) if row["subject"] == UNUSUAL[language]]
    assert "Firefox, Linux" in told["text"] and "203.0.113.7" in told["text"]
    assert "/access-compromised" in told["text"]


@pytest.mark.requirement("S1-38", "S3-31")
def test_an_old_password_is_told_once_and_a_young_one_not(newcomers: Newcomers, mail: Mail) -> None:
    old = {language: newcomers.user(language=language) for language in OLD}
    young = newcomers.user()
    for person, days in (*((one, 91) for one in old.values()), (young, 89)):
        with newcomers.db.unit_of_work(service_caller("identity")) as unit:
            unit.session.execute(
                sa.text("UPDATE passwords SET changed_at = :at WHERE user_id = :id"),
                {"at": now() - timedelta(days=days), "id": newcomers.id_of(person)},
            )
    for language, person in old.items():
        eventually("the mail is there", lambda who=person: subjects(mail, who), 120)
        assert subjects(mail, person) == [OLD[language]]
        (told,) = mail.to(person.email)
        assert "90" in told["text"] and "/profile/password" in told["text"]
    assert subjects(mail, young) == []
    with newcomers.db.unit_of_work(service_caller("identity")) as unit:
        due = sa.text("SELECT reminded_at IS NULL FROM passwords WHERE user_id = :id")
        noted = [unit.session.execute(due, {"id": newcomers.id_of(one)}).scalar() for one in (old["lv"], young)]
    assert noted == [False, True]
