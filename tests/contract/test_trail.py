"""The audit trail of the running suite, copied to where it can be spoilt: a changed byte, a missing row is named."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.identity.store import tables
from tests import stack
from tests.journeys.api_client import Api
from tests.journeys.people import ADMIN, Person

TABLES = ("audit_records", "audit_head", "audit_forgotten")


@pytest.fixture
def copy(new_database: Callable[..., str], api: Callable[[Person], Api]) -> Iterator[sa.Engine]:
    """Everything that happened so far, as the suite itself wrote it, in a database of the test's own."""
    api(ADMIN).get("/staff/users", limit=1)
    there = sa.create_engine(new_database(), poolclass=sa.NullPool)
    tables.metadata.create_all(there, tables=[tables.metadata.tables[name] for name in TABLES])
    here = sa.create_engine(stack.database_url("identity"), poolclass=sa.NullPool)
    source, target = here.raw_connection(), there.raw_connection()
    try:
        source.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for name in TABLES:
            columns = ", ".join(f'"{column.name}"' for column in tables.metadata.tables[name].columns)
            rows = io.BytesIO()
            source.cursor().copy_expert(f"COPY {name} ({columns}) TO STDOUT", rows)  # type: ignore[attr-defined]
            rows.seek(0)
            target.cursor().copy_expert(f"COPY {name} ({columns}) FROM STDIN", rows)  # type: ignore[attr-defined]
        target.commit()
    finally:
        source.close()
        target.close()
    yield there
    here.dispose()
    there.dispose()


def verified(engine: sa.Engine) -> tuple[int, str]:
    """Run the command an operator runs."""
    url = engine.url.render_as_string(hide_password=False)
    env = os.environ | {"DATABASE_URL_IDENTITY": url, "PROFILE": "local"}
    command = [sys.executable, "-W", "ignore", "-m", "services.identity.verify_audit"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.requirement("B-21", "S1-50")
def test_one_changed_byte_and_one_missing_row_of_the_running_trail_are_named(copy: sa.Engine) -> None:
    def change(statement: str, **values: Any) -> None:
        with copy.begin() as connection:
            assert connection.execute(sa.text(statement), values).rowcount == 1

    with copy.connect() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM audit_records")).scalar_one()
        seq, detail = connection.execute(
            sa.text("SELECT seq, detail FROM audit_records WHERE detail LIKE '%a%' ORDER BY seq OFFSET :n LIMIT 1"),
            {"n": count // 3},
        ).one()
    change("UPDATE audit_records SET detail = :other WHERE seq = :seq", other=detail.replace("a", "e", 1), seq=seq)
    code, said = verified(copy)
    assert code == 1 and f"AUDIT TRAIL BROKEN at record {seq} " in said and "changed" in said, said
    change("UPDATE audit_records SET detail = :detail WHERE seq = :seq", detail=detail, seq=seq)
    change("DELETE FROM audit_records WHERE seq = :seq", seq=seq)
    code, said = verified(copy)
    assert code == 1 and f"AUDIT TRAIL BROKEN at record {seq}" in said and "missing" in said, said
