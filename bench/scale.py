"""(e) Does size cost? The same reads with 1 000 and with 1 000 000 assignments, through the real use cases.

Two databases of permits on the stack's server, filled with the same kind of content (20 assignments, 4 stations and
4 antennas a permit, 25 permits a client), read in turn so that the machine's moods hit both alike.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.report import Bar, Finding
from chassis.caller import Caller, service_caller
from chassis.database import Database
from chassis.ids import encode_cursor
from chassis.migrate import migrate
from services.permits.messages import GetPermit, ListPermits
from services.permits.store import import_tables, tables
from services.permits.store.parts import write_documents
from services.permits.usecases import list_permits, show_permit
from tests import stack

assert import_tables  # its tables belong to the metadata

SMALL, LARGE = 1_000, 1_000_000
PER_PERMIT, STATIONS, PER_CLIENT = 20, 4, 25
ROUNDS = 400
WARM_UP = 40
BOUND = 1.2

# Ids follow from the number, so that both databases can be asked for permits and clients without looking first.
FILL = (
    """
    INSERT INTO permits (id, permit_no, permit_kind, service_kind, status, holder_client_id, holder_name, holder_sort,
        valid_from, valid_to, ends_on, source, station_count, assignment_count, bandwidth_khz, freq_min_mhz,
        freq_max_mhz, place, search)
    SELECT md5('permit' || n)::uuid, 'S-' || lpad(n::text, 8, '0'), 'use',
        (ARRAY['fixed', 'fixed', 'fixed', 'land_mobile', 'broadcast_aux'])[1 + n % 5],
        (ARRAY['active', 'active', 'active', 'cancelled'])[1 + n % 4], md5('client' || n / :per_client)::uuid,
        'Holder ' || n / :per_client, 'holder ' || lpad((n / :per_client)::text, 8, '0'), current_date - 400 - n % 900,
        current_date + (n * 37) % 1500 - 300, current_date + (n * 37) % 1500 - 300, 'register', :stations, :per_permit,
        28000 * :per_permit, 6000, 7000, 'Site ' || n || '-1',
        's-' || lpad(n::text, 8, '0') || ' holder ' || n / :per_client || (
            SELECT string_agg(' site ' || n || '-' || s, '') FROM generate_series(1, :stations) s)
    FROM generate_series(0, :permits - 1) n
    """,
    """
    INSERT INTO stations (permit_id, station_no, site_no, name, lat, lon, ground_m, search)
    SELECT md5('permit' || n)::uuid, s, s::text, 'Site ' || n || '-' || s, 56 + (n % 1000) / 1000.0,
        24 + (n % 3000) / 1000.0, 10, 'site ' || n || '-' || s
    FROM generate_series(0, :permits - 1) n, generate_series(1, :stations) s
    """,
    """
    INSERT INTO antennas (permit_id, antenna_no, station_no, make, model, polarization, azimuth_deg, gain_dbi, height_m)
    SELECT md5('permit' || n)::uuid, s, s, 'Maker', 'M-' || n % 50, 'V', n % 360, 38.5, 42
    FROM generate_series(0, :permits - 1) n, generate_series(1, :stations) s
    """,
    """
    INSERT INTO assignments (permit_id, assignment_no, station_no, antenna_no, station_class, freq_mhz, bandwidth_khz,
        emission, eirp_dbm)
    SELECT md5('permit' || n)::uuid, a, 1 + (a - 1) * :stations / :per_permit, 1 + (a - 1) * :stations / :per_permit,
        'FX', 6000 + a * 28 + n % 28, 28000, '28M0D7W', 40
    FROM generate_series(0, :permits - 1) n, generate_series(1, :per_permit) a
    """,
    """
    INSERT INTO permit_history (permit_id, what, status, source)
    SELECT md5('permit' || n)::uuid, 'registered', 'active', 'register' FROM generate_series(0, :permits - 1) n
    """,
)


class Filled:
    """A database of permits with so many assignments."""

    def __init__(self, url: str, assignments: int) -> None:
        self.permits = assignments // PER_PERMIT
        self.db = Database("permits", tables.metadata, url, pool_size=2)
        self._fill(url)

    def _fill(self, url: str) -> None:
        engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        place = {"permits": self.permits, "stations": STATIONS, "per_permit": PER_PERMIT, "per_client": PER_CLIENT}
        with engine.connect() as connection:
            for statement in FILL:
                connection.execute(sa.text(statement), place)
            with Session(connection) as session:
                for start in range(0, self.permits, 5000):
                    numbers = range(start, min(start + 5000, self.permits))
                    write_documents(session, [_id("permit", number) for number in numbers])
                session.commit()
            connection.execute(sa.text("VACUUM ANALYZE"))

    def some(self, rng: random.Random) -> int:
        """A permit's number, anywhere in the database."""
        return rng.randrange(self.permits)


@contextmanager
def two_databases() -> Iterator[tuple[str, str]]:
    """Make two empty databases of permits on the stack's server and drop them afterwards."""
    url = sa.make_url(stack.endpoints()["database_admin"]).set(drivername="postgresql+psycopg2")
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    names = [f"bench_scale_{uuid.uuid4().hex[:8]}" for _ in range(2)]
    try:
        made = []
        for name in names:
            with admin.connect() as connection:
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
            made.append(url.set(database=name).render_as_string(hide_password=False))
            migrate("permits", made[-1])
        yield made[0], made[1]
    finally:
        with admin.connect() as connection:
            for name in names:
                connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


STAFF = service_caller("billing")


def _id(kind: str, number: int) -> uuid.UUID:
    return uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest())


def _customer(number: int) -> Caller:
    client = _id("client", number // PER_CLIENT)
    return Caller(kind="user", user=client, client=client, rights=frozenset({"permits.see"}))


def _read(filled: Filled, rng: random.Random) -> None:
    number = filled.some(rng)
    show_permit.run(filled.db, GetPermit(permit_id=_id("permit", number)), _customer(number))


def _page(filled: Filled, rng: random.Random, **wanted: Any) -> None:
    list_permits.run(filled.db, ListPermits.model_validate({"limit": 25, **wanted}), _customer(filled.some(rng)))


def _staff_page(filled: Filled, rng: random.Random, within: float, **wanted: Any) -> None:
    """A page anywhere within the first part of the whole list, so that a full page is left in both databases."""
    number = f"S-{int(filled.some(rng) * within):08d}"
    list_permits.run(
        filled.db, ListPermits.model_validate({"limit": 25, "after": encode_cursor([number]), **wanted}), STAFF
    )


def _search(filled: Filled, rng: random.Random) -> None:
    list_permits.run(filled.db, ListPermits(limit=25, search=f"Site {filled.some(rng)}-2"), STAFF)


READS: dict[str, Callable[[Filled, random.Random], None]] = {
    "permit read": _read,
    "list page, a client's permits": _page,
    "list page, a client's in force by end": lambda f, r: _page(f, r, sort="valid_to", state="in_force"),
    "list page, all permits, anywhere": lambda f, r: _staff_page(f, r, 0.45),
    "list page, all permits, in force": lambda f, r: _staff_page(f, r, 0.1, state="in_force"),
    "search for a station": _search,
}
# What the product is judged by; the search is shown beside them.
JUDGED = [name for name in READS if not name.startswith("search")]


def measure(small: Filled, large: Filled, read: Callable[[Filled, random.Random], None]) -> tuple[list[float], ...]:
    """Return the seconds of ROUNDS reads of each database, in turn."""
    rng = random.Random(11)
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + WARM_UP):
        for place, filled in enumerate((small, large)):
            began = time.perf_counter()
            read(filled, rng)
            if turn >= WARM_UP:
                times[place].append(time.perf_counter() - began)
    return times


def run() -> Finding:
    """Fill both databases, read them in turn, and return the ratios."""
    finding = Finding(
        "scale",
        "(e) Cost of a permit read and of a list page with 1 000 and 1 000 000 assignments",
        ("read", "1 000: p50 ms", "p95", "1 000 000: p50 ms", "p95", "ratio of p50"),
        notes=f"{ROUNDS} reads of each, interleaved, random permits over the whole database; 25 permits a page; "
        "through the use cases, JSON included.",
    )
    with two_databases() as (few, many):
        small, large = Filled(few, SMALL), Filled(many, LARGE)
        try:
            for name, read in READS.items():
                little, much = measure(small, large, read)
                ratio = statistics.median(much) / statistics.median(little)
                cells = [f"{value * 1000:.2f}" for times in (little, much) for value in _p50_p95(times)]
                finding.rows.append((name, *cells, f"{ratio:.2f}"))
                if name in JUDGED:
                    finding.bars.append(Bar(name, ratio, BOUND, at_least=False))
        finally:
            small.db.close()
            large.db.close()
    return finding


def _p50_p95(times: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=20)
    return statistics.median(times), cuts[18]
