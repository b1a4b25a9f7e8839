"""What customers do on any day: write in free form, submit a reading; and when a message counts as sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.days import riga_today
from tests import stack
from tests.journeys import joining
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import ENGINEER, SERVICE, Person

SUBJECT = "Kartē nepareiza stacijas vieta"
ANSWER = "Paldies! Stacijas vietu esam izlabojuši."


@pytest.mark.requirement("S1-48", "S2-03", "S2-21", "S1-54", "S1-68")
def test_a_defect_is_told_in_free_form_and_answered(
    base: str, newcomers: Newcomers, api: Callable[[Person], Api]
) -> None:
    person, client = newcomers.user("Dzintra Vēstniece"), newcomers.client("Dzintra Vēstniece", kind="natural")
    newcomers.represents(person, client)
    dzintra, mail = Api.signed_in(base, person), Mail()
    draft = dzintra.post("/requests/drafts", {"form": "free_form"}, key=fresh_key())
    data = {
        "topic": "defect", "subject": SUBJECT, "text": "Stacija RL-17 kartē rādīta ezerā.", "answer_by": "portal",
        "contact_name": "Dzintra Vēstniece", "contact_email": person.email,
    }  # fmt: skip
    path = f"/requests/drafts/{draft['case_id']}"
    saved = dzintra.ask("PATCH", path, json={"data": data, "version": draft["version"]})
    before = datetime.now(UTC)
    case = dzintra.post(f"{path}/submit", {"version": saved["version"], "confirmed": True}, key=fresh_key())

    staff = f"/staff/cases/{case['case_id']}"
    engineer = api(ENGINEER)
    assert engineer.get(staff)["data"]["topic"] == "defect"
    engineer.post(f"{staff}/take")
    with pytest.raises(Refused) as empty:
        engineer.post(f"{staff}/approve", {"conditions": " ", "confirmed": True})
    assert empty.value.problem["field"] == "conditions"
    engineer.post(f"{staff}/approve", {"conditions": ANSWER, "confirmed": True}, key=fresh_key())
    seen = dzintra.get(f"/requests/{case['case_id']}")
    assert seen["status"] == "completed" and seen["conditions"] == ANSWER
    eventually("the answer by e-mail", lambda: [m for m in mail.to(person.email) if ANSWER in m["text"]])

    def sent() -> list[dict[str, Any]] | None:
        rows: list[dict[str, Any]] = api(SERVICE).get("/staff/deliveries", client_id=str(client), limit=100)["items"]
        kinds = {row["kind"] for row in rows if row["sent_at"]}
        return rows if {"case_submitted", "case_answered"} <= kinds else None

    for row in eventually("sent and on record", sent):
        assert row["status"] == "sent", row
        moment = datetime.fromisoformat(row["sent_at"])
        assert before - timedelta(seconds=1) <= datetime.fromisoformat(row["created_at"]) <= moment, row
        assert moment <= datetime.now(UTC), row


def meter_of(number: str) -> str:
    """A water meter of a contract, 98 760 at its last reading thirty days ago; return its id."""
    engine, meter = sa.create_engine(stack.database_url("metering")), uuid.uuid4()
    today = riga_today()
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO meters (id, contract_id, meter_no, service, unit, digits, installed_on, verified_until)
                SELECT :id, id, :no, 'cold_water', 'm3', 5, :installed, :until
                FROM contracts WHERE contract_no = :number
            """),
            {"id": meter, "no": f"T-{meter.hex[:8]}", "number": number, "installed": today - timedelta(days=400),
             "until": today + timedelta(days=400)},
        )  # fmt: skip
        for days, value, used in ((120, 98580, None), (90, 98640, 60), (60, 98700, 60), (30, 98760, 60)):
            connection.execute(
                sa.text("""
                    INSERT INTO readings (id, meter_id, read_on, value, consumption, submitted_by)
                    VALUES (:id, :meter, :day, :value, :used, 'tests')
                """),
                {"id": uuid.uuid4(), "meter": meter, "day": today - timedelta(days=days), "value": value, "used": used},
            )
    engine.dispose()
    return str(meter)


@pytest.mark.requirement("S2-01", "S2-10", "S2-11", "S2-16", "S4-11", "B-04")
def test_a_firm_submits_a_reading_and_reads_its_history(base: str, newcomers: Newcomers) -> None:
    person, client = newcomers.user("Rita Rādītāja"), newcomers.client("SIA Ūdens Lietotājs")
    newcomers.represents(person, client, rights=("readings.submit",))
    meter = meter_of(joining.contract(client))
    rita, path = Api.signed_in(base, person), f"/meters/{meter}/readings"
    with pytest.raises(Refused) as doubt:
        rita.post(path, {"value": "99900"}, key=fresh_key())
    assert doubt.value.code == "metering.reading_unlikely"
    assert {one["code"] for one in doubt.value.problem["errors"]} == {"metering.much_higher"}
    assert len(rita.get(path)["items"]) == 4, "nothing is kept before it is confirmed"
    kept = rita.post(path, {"value": "99900", "confirmed": True}, key=fresh_key())
    assert Decimal(kept["consumption"]) == 1140 and kept["confirmed_by"] == "Rita Rādītāja"
    history = rita.get(path)["items"]
    assert [Decimal(row["value"]) for row in history] == [99900, 98760, 98700, 98640, 98580]
    assert history[0]["warnings"] == ["metering.much_higher"] and history[1]["warnings"] == []
    stranger = newcomers.user("Svešs Cilvēks")
    newcomers.represents(stranger, newcomers.client("SIA Svešs"), rights=("readings.submit",))
    other = Api.signed_in(base, stranger)
    assert other.send("GET", path).status_code in (403, 404), "no contract, or not theirs"
    assert other.send("POST", path, json={"value": "1"}).status_code in (403, 404)
