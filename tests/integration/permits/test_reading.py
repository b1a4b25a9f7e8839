"""Lists, one permit, counts, exports: the right permits, in the right order, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import date

import pytest
import sqlalchemy as sa

from chassis.caller import Caller, service_caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.demo_ids import CLIENT_NATURAL, CLIENT_RADIO, CLIENT_WATER
from chassis.errors import PortalError
from services.permits import demo
from services.permits.domain.states import Validity, shown_state
from services.permits.messages import (
    AssignmentPage,
    ExportPermit,
    ExportPermits,
    GetFeeBasisPage,
    GetPermit,
    GetPermitCounts,
    ListAssignments,
    ListPermits,
    ListStations,
    Permit,
    PermitCounts,
    PermitPage,
    StationPage,
)
from services.permits.store import reading, tables
from services.permits.usecases import count_permits, export_permits, fee_basis, list_permits, show_permit
from tests.integration.permits.conftest import DATA, ENGINEER, Identity, import_file

ANNA = Caller(kind="user", user=uuid.UUID(int=1), client=CLIENT_RADIO, rights=frozenset({"permits.see"}))
ILZE = Caller(kind="user", user=uuid.UUID(int=2), client=CLIENT_WATER, rights=frozenset({"permits.see"}))
BILLING = service_caller("billing")


@pytest.fixture
def loaded(db: Database) -> Database:
    demo.load(db)
    return db


def listed(db: Database, caller: Caller = ANNA, **wanted: object) -> PermitPage:
    return PermitPage.model_validate_json(list_permits.run(db, ListPermits.model_validate(wanted), caller))


def every(db: Database, caller: Caller = ANNA, **wanted: object) -> list[str]:
    """All pages, five at a time."""
    numbers: list[str] = []
    after = None
    while True:
        page = listed(db, caller, limit=5, after=after, **wanted)
        numbers += [item.permit_no for item in page.items]
        after = page.next
        if after is None:
            return numbers


def permit(db: Database, caller: Caller, **which: object) -> Permit:
    return Permit.model_validate_json(show_permit.run(db, GetPermit.model_validate(which), caller))


def test_the_demo_loads_once(loaded: Database) -> None:
    assert demo.load(loaded) == "all there already"
    assert len(every(loaded)) == len(demo.RADIO)


@pytest.mark.requirement("S0-01")
def test_a_client_sees_the_own_permits_only(loaded: Database) -> None:
    own = {item.holder_client_id for item in listed(loaded, limit=100).items}
    assert own == {CLIENT_RADIO}
    assert {item.holder_client_id for item in listed(loaded, ENGINEER, limit=100).items} > own
    assert len(listed(loaded, ENGINEER, client_id=CLIENT_NATURAL).items) == len(demo.NATURAL)


def test_another_clients_permit_is_not_there(loaded: Database) -> None:
    other = listed(loaded, ILZE).items[0]
    for call in (
        lambda: permit(loaded, ANNA, permit_id=other.permit_id),
        lambda: permit(loaded, ANNA, permit_no=other.permit_no),
        lambda: listed(loaded, ANNA, client_id=CLIENT_WATER),
        lambda: show_permit.assignments(loaded, ListAssignments(permit_id=other.permit_id), ANNA),
        lambda: show_permit.stations(loaded, ListStations(permit_id=other.permit_id), ANNA),
        lambda: export_permits.one(loaded, ExportPermit(permit_id=other.permit_id), ANNA),
        lambda: count_permits.run(loaded, GetPermitCounts(client_id=CLIENT_WATER), ANNA),
    ):
        with pytest.raises(PortalError, match="not_found"):
            call()
    assert permit(loaded, ILZE, permit_id=other.permit_id).permit_no == other.permit_no


@pytest.mark.parametrize("sort", ["permit_no", "-permit_no", "valid_to", "-valid_to", "holder", "-holder"])
def test_pages_by_key_hold_every_permit_once_in_order(loaded: Database, sort: str) -> None:
    numbers = every(loaded, ENGINEER, sort=sort)
    assert len(numbers) == len(set(numbers)) == sum(len(permits) for _, _, permits in demo.HOLDERS)
    whole = listed(loaded, ENGINEER, sort=sort, limit=100).items
    assert numbers == [item.permit_no for item in whole]
    column = {"permit_no": lambda i: i.permit_no, "valid_to": lambda i: i.valid_to or date.max}.get(sort.lstrip("-"))
    if column:
        keys = [column(item) for item in whole]
        assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_a_cursor_somebody_edited_is_refused(loaded: Database) -> None:
    for after in ("x", "bm90IGpzb24", "W10", "WzEsMiwzXQ"):
        with pytest.raises(PortalError, match="malformed"):
            listed(loaded, sort="valid_to", after=after)


@pytest.mark.parametrize(
    "words",
    [
        "Jelgava",
        "jelgava",
        "JELGAVA rietumi",
        "dobeles soseja",
        "Dobeles šoseja 47",
        "radio links, jelgava",
        "47 jelgava",
    ],
)
def test_search_finds_a_place_with_and_without_latvian_letters(loaded: Database, words: str) -> None:
    found = listed(loaded, search=words).items
    assert found
    for item in found:
        assert any(s.name == "Jelgava, Rietumi" for s in permit(loaded, ANNA, permit_id=item.permit_id).stations)


@pytest.mark.parametrize(
    ("words", "count"), [("YL3PK", 1), ("pilsudens", 3), ("RL", 47), ("rl-20", 47), ("100%", 0), ("_", 0)]
)
def test_search_by_number_call_sign_and_holder(loaded: Database, words: str, count: int) -> None:
    total = len(every(loaded, ENGINEER, search=words))
    assert total == (sum(len(p) for _, _, p in demo.HOLDERS) if count == 47 else count)


@pytest.mark.parametrize("state", ["in_force", "upcoming", "suspended", "expired", "cancelled", "terminated"])
def test_the_filter_by_state_agrees_with_the_rule(loaded: Database, state: str) -> None:
    with loaded.reading() as connection:
        rows = connection.execute(sa.select(tables.permits)).all()
    expected = sorted(
        row.permit_no
        for row in rows
        if shown_state(Validity(row.status, row.valid_from, row.valid_to), riga_today()) == state
    )
    assert every(loaded, ENGINEER, state=state) == expected


def test_permits_that_end_soon(loaded: Database) -> None:
    soon = listed(loaded, expiring_within_days=30, sort="valid_to").items
    assert [item.days_left for item in soon] == [4, 12, 19, 27]
    counts = PermitCounts.model_validate_json(count_permits.run(loaded, GetPermitCounts(days=30), ANNA))
    assert (counts.ending_soon, counts.total) == (4, len(demo.RADIO))
    assert [item.permit_no for item in counts.ending] == [item.permit_no for item in soon]
    assert counts.in_force + counts.expired + 2 == counts.total  # one cancelled, one suspended


def test_the_total_is_counted_when_asked(loaded: Database) -> None:
    assert listed(loaded, limit=3).total is None
    assert listed(loaded, limit=3, with_total=True).total == len(demo.RADIO)
    assert listed(loaded, search="nekā tāda nav", with_total=True).total == 0


@pytest.mark.requirement("S1-14")
def test_a_permit_shows_all_its_technical_parameters(loaded: Database) -> None:
    one = next(i for i in listed(loaded, service_kind="fixed", state="in_force").items)
    shown = permit(loaded, ANNA, permit_id=one.permit_id)
    assert (shown.station_count, shown.assignment_count) == (2, 2)
    assert shown.bandwidth_khz == sum(a.bandwidth_khz or 0 for a in shown.assignments)
    for assignment in shown.assignments:
        assert None not in (
            assignment.rx_freq_mhz, assignment.emission, assignment.eirp_dbm, assignment.polarization,
            assignment.antenna_make, assignment.gain_dbi, assignment.azimuth_deg, assignment.ant_height_m,
        )  # fmt: skip
    assert shown.equipment and shown.conditions and shown.history


def test_large_parts_come_page_by_page(db: Database, identity: Identity) -> None:
    header, first, *_ = (DATA / "register_lv.csv").read_text(encoding="utf-8").splitlines()
    rows = [first.replace(";1;Rīga, Zaķusala;", f";{n};Vieta {n};") for n in range(1, 251)]
    import_file(db, identity, "\n".join([header, *rows]).encode())
    shown = permit(db, ENGINEER, permit_no="LV-0001")
    assert (len(shown.stations), shown.next_station, len(shown.assignments), shown.next_assignment) == (100,) * 4
    more = AssignmentPage.model_validate_json(
        show_permit.assignments(db, ListAssignments(permit_id=shown.permit_id, after=200), ENGINEER)
    )
    assert ([a.assignment_no for a in more.items], more.next) == (list(range(201, 251)), None)
    stations = StationPage.model_validate_json(
        show_permit.stations(db, ListStations(permit_id=shown.permit_id, after=100), ENGINEER)
    )
    assert (stations.items[0].site_no, stations.next) == ("101", "200")


def test_the_document_of_a_permit_is_what_its_tables_hold(loaded: Database, identity: Identity) -> None:
    import_file(loaded, identity, (DATA / "register_lv.csv").read_bytes())
    changed = (DATA / "register_lv.csv").read_bytes().replace(b";62,5;", b";61,5;")
    assert import_file(loaded, identity, changed).changed == 1
    with loaded.reading() as connection:
        ids = connection.scalars(sa.select(tables.permits.c.id)).all()
    for permit_id in ids:
        shown = permit(loaded, ENGINEER, permit_id=permit_id)
        asked = ListAssignments(permit_id=permit_id)
        kept = AssignmentPage.model_validate_json(show_permit.assignments(loaded, asked, ENGINEER)).items
        assert shown.assignments == kept and len(kept) == shown.assignment_count
        places = show_permit.stations(loaded, ListStations(permit_id=permit_id), ENGINEER)
        assert shown.stations == StationPage.model_validate_json(places).items
    assert {str(a.eirp_dbm) for a in permit(loaded, ENGINEER, permit_no="LV-0001").assignments} == {"61.5"}


def test_one_permit_costs_one_round_trip(loaded: Database) -> None:
    asked = listed(loaded).items[0].permit_id
    statements: list[str] = []
    sa.event.listen(loaded.read_engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    permit(loaded, ANNA, permit_id=asked)
    listed(loaded, sort="valid_to", state="in_force")
    assert len([s for s in statements if "permits" in s]) == 2


def test_staff_reading_a_permit_is_in_the_audit_trail_before_the_answer(loaded: Database) -> None:
    one = listed(loaded).items[0]
    permit(loaded, ENGINEER, permit_id=one.permit_id)
    with loaded.reading() as connection:
        bodies = connection.scalars(sa.text("SELECT convert_from(envelope, 'UTF8') FROM outbox")).all()
    assert any("permits.permit.view" in body and str(one.permit_id) in body for body in bodies)


# --- exports -----------------------------------------------------------------------------------------------------


def whole(db: Database, asked: ExportPermits | ExportPermit, caller: Caller = ANNA) -> str:
    run = export_permits.many if isinstance(asked, ExportPermits) else export_permits.one
    text, after = "", None
    while True:
        part = run(db, asked.model_copy(update={"after": after}), caller)  # type: ignore[arg-type]
        text += part.text
        after = part.next
        if after is None:
            return text


@pytest.mark.parametrize("at_once", [3, 500])
@pytest.mark.requirement("B-22")
def test_exports_hold_what_the_list_holds(loaded: Database, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(export_permits, "ROWS", at_once)
    text = whole(loaded, ExportPermits(state="in_force", language="lv"))
    header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert header[:2] == ["Atļaujas numurs", "Stāvoklis"]
    assert [row[0] for row in rows] == every(loaded, state="in_force")
    assert {row[1] for row in rows} == {"spēkā"}
    points = json.loads(whole(loaded, ExportPermits(format="geojson")))
    assert points["type"] == "FeatureCollection"
    assert {p["properties"]["permit_no"] for p in points["features"]} == set(every(loaded))
    longitude, latitude = points["features"][0]["geometry"]["coordinates"]
    assert 20 < longitude < 29 and 55 < latitude < 59


@pytest.mark.parametrize("at_once", [1, 500])
def test_one_permit_exports_its_assignments_and_stations(
    loaded: Database, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(export_permits, "ROWS", at_once)
    one = (
        listed(loaded, search="Publiskie", service_kind="public_mobile").items
        or listed(loaded, service_kind="public_mobile").items
    )
    asked = one[0]
    rows = whole(loaded, ExportPermit(permit_id=asked.permit_id, language="en")).strip().splitlines()
    assert len(rows) == asked.assignment_count + 1
    points = json.loads(whole(loaded, ExportPermit(permit_id=asked.permit_id, format="geojson")))
    assert len(points["features"]) == asked.station_count


def test_an_export_of_nothing_is_still_a_file(loaded: Database) -> None:
    assert json.loads(whole(loaded, ExportPermits(format="geojson", search="nekā nav")))["features"] == []
    assert len(whole(loaded, ExportPermits(search="nekā nav")).splitlines()) == 1


# --- the basis of fees -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [3, 1000])
def test_the_fee_basis_is_every_permit_in_force_in_the_month_client_by_client(loaded: Database, at_once: int) -> None:
    month = riga_today().replace(day=1)
    found, after = [], None
    while True:
        page = fee_basis.run(loaded, GetFeeBasisPage(month=month, after=after, limit=at_once), BILLING)
        found += page.items
        after = page.next
        if after is None:
            break
    numbers = [item.permit_no for item in found]
    assert len(numbers) == len(set(numbers))
    in_force = set(every(loaded, ENGINEER, state="in_force"))
    assert in_force <= set(numbers)
    holders = [item.holder_client_id for item in found]
    assert holders == sorted(holders)
    assert all(0 < item.days_in_force <= item.days_in_month for item in found)
    cancelled = every(loaded, ENGINEER, state="cancelled")
    assert not set(cancelled) & set(numbers)


def test_a_month_by_another_day_is_refused(loaded: Database) -> None:
    with pytest.raises(PortalError, match="malformed"):
        fee_basis.run(loaded, GetFeeBasisPage(month=date(2026, 11, 2)), BILLING)


def test_statements_are_built_once() -> None:
    shape = (True, 2, "in_force", False, False, False)
    assert reading.page(shape, "permit_no", None)[0] is reading.page(shape, "permit_no", None)[0]
