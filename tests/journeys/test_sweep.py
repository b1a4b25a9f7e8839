"""Access whose legal basis is gone ends by itself in the running suite, and the people concerned are told before."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.days import now, riga_today
from tests import stack
from tests.journeys import lives
from tests.journeys.api_client import Api, Refused, eventually
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import ADMIN, SERVICE, Person


@pytest.fixture
def admin(api: Callable[[Person], Api]) -> Api:
    return api(ADMIN)


@pytest.fixture
def days_pass(endpoints: dict[str, Any]) -> Callable[..., None]:
    """Move what the sweep announced, or when something happened, towards the past."""
    engine = sa.create_engine(endpoints["databases"]["identity"], poolclass=sa.NullPool)

    def move(statement: str, object_id: Any) -> None:
        with engine.begin() as connection:
            assert connection.execute(sa.text(statement), {"id": object_id}).rowcount

    return move


def planned(admin: Api, object_id: Any) -> dict[str, Any] | None:
    return next((one for one in admin.all("/staff/endings", limit=100) if one["object_id"] == str(object_id)), None)


def subjects(mail: Mail, person: Person) -> list[str]:
    return [str(row["headers"]["Subject"]) for row in mail.to(person.email)]


@pytest.mark.requirement("S1-56")
def test_a_mandate_is_announced_and_ends_with_its_last_day(
    base: str, newcomers: Newcomers, admin: Api, mail: Mail, days_pass: Callable[..., None]
) -> None:
    person = newcomers.user("Pilnvarotā Persona")
    last = riga_today() + timedelta(days=5)
    held = newcomers.represents(person, newcomers.client("SIA Pilnvarotājs"), valid_to=last)
    assert admin.post("/staff/endings/run")["told"] >= 1
    announced = planned(admin, held)
    assert announced and (announced["kind"], announced["ends_on"], announced["told"]) == (
        "mandate",
        last.isoformat(),
        [7],
    )
    admin.post("/staff/endings/run")
    eventually("the warning", lambda: subjects(mail, person), 60)

    session = Api.signed_in(base, person)
    assert session.person["client_id"]
    # The last day passes.
    days_pass(
        "UPDATE representations SET valid_from = valid_from - 10, valid_to = current_date - 2 WHERE id = :id", held
    )
    assert admin.post("/staff/endings/run")["ended"] >= 1
    assert planned(admin, held) is None
    shown = admin.get(f"/staff/users/{newcomers.id_of(person)}")["profile"]["acts_for"][0]
    assert (shown["end_reason"], shown["in_force"]) == ("mandate_expired", False)
    eventually("no client any more", lambda: not session.get("/session")["client_id"], 30)
    told = eventually("the other mails", lambda: len(found := subjects(mail, person)) >= 3 and found, 60)
    idle = riga_today() + timedelta(days=30)
    assert sorted(told) == sorted(
        [
            f"Jūsu piekļuve portālam beigsies {last:%d.%m.%Y.}",
            "Jūs vairs nepārstāvat klientu SIA Pilnvarotājs",
            f"Jūsu piekļuve portālam beigsies {idle:%d.%m.%Y.}",  # now acts for nobody
        ]
    ), "told once before and once at the end"


@pytest.mark.requirement("S1-56", "S0-11")
def test_a_client_without_permit_project_or_contract_loses_access_after_a_warning(
    newcomers: Newcomers, admin: Api, mail: Mail, days_pass: Callable[..., None]
) -> None:
    person = newcomers.user("Bez Pamata")
    client = newcomers.client("SIA Bez Pamata")
    held = newcomers.represents(person, client)
    admin.post("/staff/endings/run")
    assert planned(admin, client) is None, "a new client has the days of grace"
    days_pass("UPDATE clients SET created_at = created_at - interval '400 days' WHERE id = :id", client)
    days_pass("UPDATE representations SET created_at = created_at - interval '400 days' WHERE id = :id", held)
    admin.post("/staff/endings/run")
    announced = planned(admin, client)
    assert announced and announced["ends_on"] == (riga_today() + timedelta(days=30)).isoformat(), "30 days of warning"
    eventually("the warning", lambda: subjects(mail, person), 60)
    shown = admin.get(f"/staff/clients/{client}")["users"]
    assert [one["in_force"] for one in shown] == [True], "ended without warning"

    days_pass(
        "UPDATE planned_endings SET found_on = found_on - 40, ends_on = ends_on - 40 WHERE object_id = :id", client
    )
    admin.post("/staff/endings/run")
    (ended,) = admin.get(f"/staff/clients/{client}")["users"]
    assert (ended["end_reason"], ended["in_force"]) == ("legal_basis_lost", False)

    # Who acts for nobody is a user no longer, after a warning as well.
    user = newcomers.id_of(person)
    days_pass("UPDATE representations SET ended_at = ended_at - interval '100 days' WHERE user_id = :id", user)
    admin.post("/staff/endings/run")
    assert (planned(admin, user) or {}).get("kind") == "idle"
    days_pass("UPDATE planned_endings SET found_on = found_on - 40, ends_on = ends_on - 40 WHERE object_id = :id", user)
    admin.post("/staff/endings/run")
    after = admin.get(f"/staff/users/{user}")
    assert (after["status"], after["blocks"][0]["reason"]) == ("discontinued", "legal_basis_lost")
    eventually("the last mail", lambda: "Jūsu piekļuve portālam ir izbeigta" in subjects(mail, person), 60)


@pytest.mark.requirement("S0-11", "S1-56")
@pytest.mark.parametrize("ground", ["a permit that ended lately", "a request that was submitted"])
def test_a_client_with_a_permit_or_a_project_keeps_access(
    newcomers: Newcomers, admin: Api, days_pass: Callable[..., None], ground: str
) -> None:
    client = newcomers.client(f"SIA {ground}")
    held = newcomers.represents(newcomers.user("Ar Pamatu"), client)
    days_pass("UPDATE clients SET created_at = created_at - interval '400 days' WHERE id = :id", client)
    days_pass("UPDATE representations SET created_at = created_at - interval '400 days' WHERE id = :id", held)
    admin.post("/staff/endings/run")
    assert planned(admin, client) is not None, "without any ground it would lose access"
    mark = uuid.uuid4().hex[:8]
    if ground.startswith("a permit"):
        permit = lives.permit(f"ZS-{mark}", client, f"SIA {ground}")
        permits = sa.create_engine(stack.database_url("permits"), poolclass=sa.NullPool)
        with permits.begin() as connection:
            ended = sa.text("UPDATE permits SET ends_on = :day, valid_to = :day WHERE id = :id")
            connection.execute(ended, {"id": permit, "day": riga_today() - timedelta(days=10)})
    else:
        lives.insert("requests", "cases", id=uuid.uuid4(), client_id=client, form="free_form", form_version=1,
                     status="in_review", ball="staff", clock="running", version=2, data={}, started_by=uuid.uuid4(),
                     created_at=now(), saved_at=now(), case_no=f"S-{mark}", submitted_at=now(),
                     changed_at=now(), due_date=riga_today())  # fmt: skip
    admin.post("/staff/endings/run")
    assert planned(admin, client) is None


@pytest.mark.requirement("S1-56")
def test_a_client_with_a_contract_keeps_access(
    newcomers: Newcomers, admin: Api, days_pass: Callable[..., None], endpoints: dict[str, Any]
) -> None:
    client = newcomers.client("SIA Ar Līgumu")
    held = newcomers.represents(newcomers.user("Ar Līgumu"), client)
    days_pass("UPDATE clients SET created_at = created_at - interval '400 days' WHERE id = :id", client)
    days_pass("UPDATE representations SET created_at = created_at - interval '400 days' WHERE id = :id", held)
    metering = sa.create_engine(endpoints["databases"]["metering"], poolclass=sa.NullPool)
    contract = {"id": uuid.uuid4(), "no": f"T-{uuid.uuid4().hex[:8]}", "client": client}
    with metering.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO contracts (id, contract_no, client_id, address, concluded_on, services, search)"
                " VALUES (:id, :no, :client, 'Rīga', '2020-01-01', '[]', '')"
            ),
            contract,
        )
    admin.post("/staff/endings/run")
    assert planned(admin, client) is None
    # The contract ended long ago: announced. A new one in time takes the announcement back.
    with metering.begin() as connection:
        connection.execute(sa.text("UPDATE contracts SET ended_on = '2021-01-01' WHERE id = :id"), contract)
    admin.post("/staff/endings/run")
    assert planned(admin, client) is not None
    with metering.begin() as connection:
        connection.execute(sa.text("UPDATE contracts SET ended_on = NULL WHERE id = :id"), contract)
    admin.post("/staff/endings/run")
    assert planned(admin, client) is None


def test_only_administrators_run_it(api: Callable[[Person], Api]) -> None:
    service = api(SERVICE)
    with pytest.raises(Refused) as refused:
        service.post("/staff/endings/run")
    assert refused.value.status == 403
    assert isinstance(service.get("/staff/endings", kind="basis")["items"], list)
    assert uuid.UUID(int=1) not in {one["object_id"] for one in service.all("/staff/endings")}
