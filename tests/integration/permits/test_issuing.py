"""An approved request becomes one permit however often it is told; reminders go out once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from chassis.caller import AlreadyHandled, Delivery, service_caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.demo_ids import CLIENT_RADIO
from chassis.errors import PortalError
from services.permits import demo
from services.permits.messages import GetPermit, Permit, PermitExpiring, PermitIssued
from services.permits.store import tables
from services.permits.usecases import issue_permit, remind_expiring, show_permit
from services.requests.messages import CaseApproved, FixedLink, LinkSite
from tests.integration.permits.conftest import ENGINEER, TIMER, Identity, count


def site(name: str, transmits: str, receives: str) -> LinkSite:
    return LinkSite(
        name=name, address="Zaķusalas krastmala 1, Rīga", lat=Decimal("56.92"), lon=Decimal("24.13"),
        tx_freq_mhz=Decimal(transmits), rx_freq_mhz=Decimal(receives), antenna_make="Ziemeļi", antenna_model="PZ",
        antenna_gain_dbi=Decimal("39.2"), antenna_height_m=Decimal(48), azimuth_deg=Decimal("92.5"),
        eirp_dbm=Decimal(60),
    )  # fmt: skip


def approved(**changes: Any) -> CaseApproved:
    link = FixedLink(
        permit_kind="use", link_name="Rīga–Ogre", site_a=site("Rīga", "7428", "7589"),
        site_b=site("Ogre", "7589", "7428"), bandwidth_khz=Decimal(28000), emission="28M0D7W", polarization="V",
        equipment_manufacturer="Baltijas mikroviļņi", equipment_model="BM-18", desired_from=riga_today(),
        desired_to=riga_today() + timedelta(days=900),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "case_id": uuid.uuid4(), "case_no": "P-2026-000007", "client_id": CLIENT_RADIO, "form": "fixed_link",
        "form_version": 1, "title": {"lv": "Radioreleju līnija", "en": "Fixed link"}, "contact": {}, "data": {},
        "fixed_link": link, "conditions": "Saskaņot ar kaimiņiem.", "decided_by": uuid.uuid4(),
        "decided_at": datetime.now(UTC),
    }  # fmt: skip
    return CaseApproved.model_validate(fields | changes)


def delivery() -> Delivery:
    return Delivery(uuid.uuid4(), "permits.on_case_approved", service_caller("requests"), datetime.now(UTC), "test")


def told(db: Database, event: type) -> list[dict[str, Any]]:
    with db.reading() as connection:
        rows = connection.scalars(
            sa.text("SELECT envelope FROM outbox WHERE event_type = :type ORDER BY position"),
            {"type": event.event_type},  # type: ignore[attr-defined]
        ).all()
    return [orjson.loads(bytes(row))["data"] for row in rows]


def test_an_approved_fixed_link_becomes_a_permit_with_two_stations(db: Database, identity: Identity) -> None:
    event = approved()
    issue_permit.run(db, identity, event, delivery())  # type: ignore[arg-type]
    (issued,) = told(db, PermitIssued)
    assert issued["case_id"] == str(event.case_id)
    assert issued["fee_items"] == [{"code": "issue.fixed", "quantity": "2"}]
    shown = Permit.model_validate_json(
        show_permit.run(db, GetPermit(permit_id=uuid.UUID(issued["permit_id"])), ENGINEER)
    )
    assert shown.permit_no.startswith(f"RL-{riga_today().year}-")
    assert (shown.state, shown.case_no, shown.holder_name) == ("in_force", "P-2026-000007", "SIA Tests")
    assert [s.name for s in shown.stations] == ["Rīga", "Ogre"]
    assert [str(a.freq_mhz) for a in shown.assignments] == ["7428", "7589"]
    assert (shown.bandwidth_khz, shown.conditions) == (56000, ["Saskaņot ar kaimiņiem."])
    assert [step.what for step in shown.history] == ["issued"]


def test_the_same_event_twice_and_another_event_of_the_same_case_issue_one_permit(
    db: Database, identity: Identity
) -> None:
    event, first = approved(), delivery()
    issue_permit.run(db, identity, event, first)  # type: ignore[arg-type]
    with pytest.raises(AlreadyHandled):
        issue_permit.run(db, identity, event, first)  # type: ignore[arg-type]
    issue_permit.run(db, identity, event, delivery())  # type: ignore[arg-type]
    assert count(db, tables.permits) == 1
    assert len(told(db, PermitIssued)) == 1


def test_two_cases_get_two_numbers(db: Database, identity: Identity) -> None:
    for _ in range(2):
        issue_permit.run(db, identity, approved(), delivery())  # type: ignore[arg-type]
    assert len({event["permit_no"] for event in told(db, PermitIssued)}) == 2


def test_nothing_is_written_when_identity_is_away_so_the_event_is_tried_again(db: Database, identity: Identity) -> None:
    identity.away = True
    with pytest.raises(PortalError, match="unavailable"):
        issue_permit.run(db, identity, approved(), delivery())  # type: ignore[arg-type]
    assert (count(db, tables.permits), count(db, tables.chassis.inbox)) == (0, 0)


def test_a_case_without_parameters_is_refused_loudly(db: Database, identity: Identity) -> None:
    with pytest.raises(PortalError, match="case_without_parameters"):
        issue_permit.run(db, identity, approved(fixed_link=None), delivery())  # type: ignore[arg-type]


@pytest.mark.requirement("B-16")
def test_each_permit_that_ends_soon_is_told_once_for_its_rung(db: Database) -> None:
    demo.load(db)
    first = remind_expiring.run(db, TIMER)
    reminders = told(db, PermitExpiring)
    assert first == len(reminders) > 0
    assert {r["days_before"] for r in reminders} == {7, 30, 60}
    assert remind_expiring.run(db, TIMER) == 0
    with db.engine.begin() as connection:
        nearer = connection.execute(
            sa.text(
                "UPDATE permits SET valid_to = valid_to - 20, ends_on = ends_on - 20 WHERE id = :id RETURNING permit_no"
            ),
            {"id": demo.demo_id("permit:soon-4")},
        ).scalar_one()
    assert remind_expiring.run(db, TIMER) == 1
    assert told(db, PermitExpiring)[-1]["permit_no"] == nearer
    assert count(db, tables.reminders) == first + 1


def test_history_cannot_be_rewritten(db: Database) -> None:
    demo.load(db)
    for statement in ("UPDATE permit_history SET status = 'active'", "DELETE FROM permit_history"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(sa.text(statement))
