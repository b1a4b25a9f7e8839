"""Every column that could hold a word about a person is declared: exported, erased, or kept and why."""

from __future__ import annotations

import importlib
import typing

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.person_data import CHASSIS, Declaration
from chassis.person_messages import Person
from tests import stack

SERVICES = ("identity", "permits", "metering", "billing", "requests", "notifications")
NOBODY = Person(user=None, clients=[], names=["Nezināms Nekas"], marks=["nobody-at-all@nowhere.invalid"], pseudonym="-")


def declaration(service: str) -> Declaration:
    return typing.cast(Declaration, importlib.import_module(f"services.{service}.store.personal").PERSONAL)


@pytest.mark.parametrize("service", SERVICES)
def test_no_column_that_can_hold_words_is_left_undeclared(service: str) -> None:
    assert declaration(service).faults() == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_declaration_knows_every_table_of_the_database_itself(service: str) -> None:
    """A table made by a migration alone, and forgotten in the code, would be erased nowhere."""
    engine = sa.create_engine(stack.database_url(service), poolclass=sa.NullPool)
    real = set(sa.inspect(engine).get_table_names()) - {"alembic_version"}
    known = {*declaration(service).nobody, *(h.table for h in declaration(service).holdings)} | CHASSIS
    assert real <= known, f"not declared: {sorted(real - known)}"


@pytest.mark.requirement("S1-62", "B-15")
@pytest.mark.parametrize("service", SERVICES)
def test_every_declared_statement_runs_on_the_real_tables(service: str) -> None:
    """Conditions and expressions are SQL: a wrong name in one would show only when somebody asks to be erased."""
    from chassis import person_erasing, person_export
    from chassis.caller import service_caller

    declared = declaration(service)
    db = Database(service, declared.metadata, stack.database_url(service), pool_size=1)
    try:
        after: str | None = None
        tables = []
        while True:
            piece = person_export.rows(db, declared, NOBODY, after)
            assert piece.rows == []
            tables.append(piece.table)
            after = piece.next
            if after is None:
                break
        assert tables == [holding.table for holding in declared.holdings if holding.export]
        assert person_export.obligations(db, declared, NOBODY).items == []
        assert person_erasing.traces(db, declared, NOBODY).items == []
        done = person_erasing.erase(db, declared, NOBODY, service_caller("identity"), force=True)
        assert done.tables == []
    finally:
        db.close()
