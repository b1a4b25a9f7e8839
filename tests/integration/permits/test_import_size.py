"""Imports as they are in life: many rows, the real register, lists, uploads that never end."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import psutil
import pytest
import sqlalchemy as sa

from chassis.database import Database
from services.permits.domain.register_row import REQUIRED_COLUMNS
from services.permits.messages import (
    AppendImportChunk,
    ListImports,
    StartImport,
)
from services.permits.store import import_tables, tables
from services.permits.store.imports import KIT
from tests.integration.permits.conftest import (
    DATA,
    ENGINEER,
    REGISTER,
    TIMER,
    Identity,
    count,
    import_file,
    permit,
)

LATVIAN = (DATA / "register_lv.csv").read_bytes()
ERRORS = (DATA / "register_lv_errors.csv").read_bytes()
needs_register = pytest.mark.skipif(
    not REGISTER.exists(), reason=f"the real register is not on this machine: {REGISTER}"
)


def test_imports_are_listed_newest_first_by_page(db: Database, identity: Identity) -> None:
    ids = [import_file(db, identity, LATVIAN, f"{n}.csv").import_id for n in range(3)]
    first, following = KIT.page(db, ListImports(limit=2), ENGINEER)
    rest, end = KIT.page(db, ListImports(limit=2, after=following), ENGINEER)
    assert [one.import_id for one in (*first, *rest)] == ids[::-1]
    assert end is None


# --- size --------------------------------------------------------------------------------------------------------


def generated(rows: int) -> Iterator[str]:
    """A register of `rows` frequencies, the permits' rows spread over the whole file."""
    yield ",".join(REQUIRED_COLUMNS)
    permits = rows // 20
    for n in range(rows):
        yield (
            f"G{n % permits:06d},A,CF,01/02/2020,01/02/2030,Holder {n % permits % 300} Ltd,C,{n // permits + 1},"
            f"Site {n % permits}-{n // permits},56.{n % 9000:04d},24.{n % 9000:04d},10.0,30.0,Maker,M-{n % 7},V,"
            f"{n % 360}.0,38.5,42.0,FX,{6000 + n % 997}.5,0.001,40.0,28M0D7W"
        )


@pytest.mark.slow
@pytest.mark.requirement("S0-02")
def test_a_hundred_thousand_rows_import_in_bounded_memory(db: Database, identity: Identity) -> None:
    content = gzip.compress("\n".join(generated(100_000)).encode(), 1)
    import_file(db, identity, LATVIAN)  # everything loaded and warm before measuring
    process = psutil.Process()
    before = process.memory_info().rss
    done = import_file(db, identity, content, "large.csv.gz")
    grown = process.memory_info().rss - before
    assert (done.status, done.created, done.rows_read) == ("done", 5000, 100_000)
    assert count(db, tables.assignments) == 100_000 + 5
    assert grown < 60_000_000, f"grew by {grown / 1e6:.0f} MB"


@needs_register
@pytest.mark.slow
@pytest.mark.requirement("S0-02")
def test_the_real_register(db: Database, identity: Identity) -> None:
    content = REGISTER.read_bytes()
    done = import_file(db, identity, content, REGISTER.name)
    assert (done.created, done.rejected, done.error_rows) == (1497, 0, 0)
    assert done.warning_rows == 127  # azimuth 999
    assert count(db, tables.assignments) == 30_120
    assert count(db, import_tables.register_holders) == 342  # 386 spellings
    large = permit(db, "WQJY595")
    assert (large.assignment_count, len(large.assignments), large.next_assignment) == (14_718, 100, 100)
    assert large.state == "expired" and large.status == "active"
    again = import_file(db, identity, content, REGISTER.name)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1497)
    assert count(db, tables.history) == 1497


def test_an_upload_that_never_ended_is_closed_and_its_bytes_dropped(db: Database, identity: Identity) -> None:
    kept = import_file(db, identity, LATVIAN)
    opened = KIT.start(db, StartImport(name="half.csv"), ENGINEER)
    KIT.append(db, AppendImportChunk(import_id=opened.import_id, offset=0, data="YWJj"), ENGINEER)
    assert KIT.tidy(db, TIMER) == 0
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE imports SET started_at = started_at - interval '2 days'"))
    assert KIT.tidy(db, TIMER) == 1
    closed = KIT.one(db, opened.import_id, ENGINEER)
    assert (closed.status, closed.error_code) == ("failed", "permits.import_incomplete")
    assert KIT.one(db, kept.import_id, ENGINEER).status == "done"
    assert count(db, tables.chassis.blob_chunks) == 1
