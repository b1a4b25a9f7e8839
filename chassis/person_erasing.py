"""Takes a person's data out of a service's tables, and proves it by searching all of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from chassis.caller import Caller
from chassis.database import Database
from chassis.person_data import CHASSIS, SCRUB, Declaration, Holding, worded
from chassis.person_export import bound, condition
from chassis.person_messages import ErasedTable, Person, PersonErased, PersonTraces, Trace
from chassis.person_patterns import Form, every_form, forms_of, stands_in, sure_forms
from chassis.unit_of_work import UnitOfWork

# The tables that only grow let themselves be changed in a transaction that says so (migrations of the services).
_OPEN = sa.text("SELECT set_config('portal.erasing', 'on', true)")


def scrubbed(column: Any, person: Person) -> Any:
    """Return the SQL for a column in which every word that names the person has given way to the pseudonym."""
    return _replaced(column, every_form(person), person.pseudonym)


def erase(db: Database, declared: Declaration, person: Person, caller: Caller, force: bool) -> PersonErased:
    """Erase in one transaction. Repeating it changes nothing more."""
    with db.unit_of_work(caller) as unit:
        ready = sa.text(declared.waits) if declared.waits and not force else None
        if ready is not None and unit.session.execute(bound(ready, person)).first() is None:
            return PersonErased(waits=True)
        return within(unit, db, declared, person)


def within(unit: UnitOfWork, db: Database, declared: Declaration, person: Person) -> PersonErased:
    """Erase inside an open transaction."""
    unit.session.flush()
    unit.session.execute(_OPEN)
    done = [_erase(unit, declared, holding, person) for holding in declared.holdings]
    elsewhere = _scrub_elsewhere(unit, declared, person)
    forget_messages(unit, db, person)
    unit.audit(
        f"{unit.service}.person.erase",
        on=("person", person.user or (person.clients[0] if person.clients else "")),
        detail={"tables": len(done), "scrubbed": elsewhere},
    )
    return PersonErased(tables=[one for one in done if one.deleted or one.changed or one.kept])


def _erase(unit: UnitOfWork, declared: Declaration, holding: Holding, person: Person) -> ErasedTable:
    table = declared.metadata.tables[holding.table]
    own = bound(condition(holding), person)
    result = ErasedTable(table=holding.table, title=holding.titles, reason=holding.reason)
    session = unit.session
    if holding.file is not None and (holding.delete or holding.erase):
        blobs = declared.metadata.tables["blobs"]
        files = list(session.execute(sa.select(table.c[holding.file]).where(own)).scalars())
        if not holding.delete:
            chunks = declared.metadata.tables["blob_chunks"]
            session.execute(sa.delete(chunks).where(chunks.c.blob_id.in_(files)))
            session.execute(sa.update(blobs).where(blobs.c.id.in_(files)).values(name=person.pseudonym))
    if holding.delete:
        gone = _count(session.execute(sa.delete(table).where(own)))
        if holding.file is not None:
            session.execute(sa.delete(blobs).where(blobs.c.id.in_(files)))
        return result.model_copy(update={"deleted": gone})
    theirs = holding.reason == "other_client"
    values = {
        name: _expression(table.c[_key(table, name)], how, person, theirs=theirs) for name, how in holding.erase.items()
    }
    changed = 0
    if values:
        statement = sa.update(table).where(own).values({table.c[_key(table, name)]: v for name, v in values.items()})
        changed = _count(session.execute(statement))
    kept = 0
    if holding.keep or holding.reason:
        kept = session.execute(sa.select(sa.func.count()).select_from(table).where(own)).scalar_one()
    reason = holding.reason or next(iter(holding.keep.values()), None)
    return result.model_copy(update={"changed": changed, "kept": kept, "reason": reason if kept else None})


def _count(result: Any) -> int:
    return int(result.rowcount)


def _key(table: sa.Table, name: str) -> str:
    return next(column.key for column in table.c if column.name == name)


def _expression(column: Any, how: str, person: Person, *, theirs: bool) -> Any:
    if how == SCRUB:
        # In a row that is another's, what the person merely typed stays: it may be a word or a number of that one.
        forms = sure_forms(person) if theirs else every_form(person)
        return _replaced(column, forms, person.pseudonym)
    clause = sa.text(how)
    if ":pseudonym" in how:
        clause = clause.bindparams(sa.bindparam("pseudonym", person.pseudonym, type_=sa.Text))
    if ":user" in how:
        clause = clause.bindparams(sa.bindparam("user", person.user, type_=sa.Uuid()))
    return clause


def _replaced(column: Any, forms: list[Form], by: str) -> Any:
    """Return the column with every form replaced; in JSON inside the text of its values."""
    expression: Any = sa.cast(column, sa.Text)
    for form in forms:
        expression = sa.func.regexp_replace(expression, form.regular, by, "g")
    return sa.cast(expression, column.type)


def _scrub_elsewhere(unit: UnitOfWork, declared: Declaration, person: Person) -> int:
    """Replace the sure words in free texts of rows that are not the person's, and in names of files."""
    forms = sure_forms(person)
    count = 0
    for table in declared.metadata.tables.values():
        columns = [column for column in worded(table) if _is_others_text(declared, table, column)]
        hits = _hits(unit.session.connection(), table, columns, forms)
        for column, (hit, _) in hits.items():
            statement = sa.update(table).where(hit).values({column: _replaced(column, forms, person.pseudonym)})
            count += _count(unit.session.execute(statement))
    return count


def _is_others_text(declared: Declaration, table: sa.Table, column: Any) -> bool:
    if table.name == "blobs":
        return bool(column.name == "name")
    holdings = declared.of_table(table.name)
    if any(holding.by_hand or column.name in {**holding.keep, **holding.shared} for holding in holdings):
        return False
    return declared.is_text(table.name, column.name) and not isinstance(column.type, BYTEA | ARRAY)


def _hits(
    connection: sa.Connection, table: sa.Table, columns: list[Any], forms: list[Form], within: Any = None
) -> dict[Any, tuple[Any, int]]:
    """Return the columns in which a form stands, in all rows or `within` some, with the condition and the number.

    One reading of the table, however many columns it has: rows in whose words no form stands are left at once.
    """
    if not columns or not forms:
        return {}
    conditions = [sa.or_(*(_holds(column, form) for form in forms)) for column in columns]
    some = _some_of(columns, conditions, forms)
    rows = some if within is None else sa.and_(some, within)
    counts = connection.execute(
        sa.select(*(sa.func.count().filter(hit) for hit in conditions)).select_from(table).where(rows)
    ).one()
    return {column: (hit, count) for column, hit, count in zip(columns, conditions, counts, strict=True) if count}


def _some_of(columns: list[Any], conditions: list[Any], forms: list[Form]) -> Any:
    """Return the condition that a form stands anywhere in a row: all its text made small once; bytes by themselves."""
    in_bytes = [hit for column, hit in zip(columns, conditions, strict=True) if _is_bytes(column)]
    texts = [column for column in columns if not _is_bytes(column)]
    if not texts:
        return sa.or_(*in_bytes)
    likes = sorted({form.glance for form in forms})
    words_of_row = sa.func.lower(sa.func.concat_ws("\n", *(_as_text(column) for column in texts)))
    return sa.or_(words_of_row.like(sa.any_(sa.literal(likes, ARRAY(sa.Text)))), *in_bytes)


def _is_envelope(column: Any) -> bool:
    return bool(column.table.name == "outbox" and column.name == "envelope")  # bytes, but always JSON


def _is_bytes(column: Any) -> bool:
    return isinstance(column.type, BYTEA | sa.LargeBinary) and not _is_envelope(column)


def _as_text(column: Any) -> Any:
    if _is_envelope(column):
        return sa.func.convert_from(column, "UTF8")
    return sa.func.encode(column, "escape") if _is_bytes(column) else sa.cast(column, sa.Text)


def _holds(column: Any, form: Form) -> Any:
    """Tell in SQL whether a column holds a form, whatever its type and case."""
    if _is_bytes(column):
        return sa.or_(*(sa.func.strpos(_as_text(column), word) > 0 for word in form.in_bytes))
    return stands_in(_as_text(column), form)


def forget_messages(unit: UnitOfWork, db: Database, person: Person) -> None:
    """Delete published events and remembered replies in which the person is named; the relay is done with them."""
    ids = [Form(str(one)) for one in (person.user, *person.clients) if one]
    forms = [*sure_forms(person), *ids]
    if not forms:
        return
    outbox, replies = db.tables.outbox, db.tables.idempotency
    told = sa.or_(*(_holds(outbox.c.envelope, form) for form in forms))
    unit.session.execute(sa.delete(outbox).where(outbox.c.published_at.is_not(None), told))
    own = replies.c.actor == str(person.user)
    named = (_holds(replies.c.reply, form) for form in forms)
    unit.session.execute(sa.delete(replies).where(sa.or_(own, *named)))


def traces(db: Database, declared: Declaration, person: Person) -> PersonTraces:
    """Search every column that can hold words, of every table that may speak of people, for what names the person.

    A trace without a reason has to go: it stands in the person's own rows, or is certainly theirs in a text that may
    be changed. Whatever else is found is listed with the reason why it stays.
    """
    forms, sure = forms_of(person.own_names, person.marks), sure_forms(person)
    common = forms_of([], [], person.common)
    found: list[Trace] = []
    with db.reading() as connection:
        for table in declared.metadata.tables.values():
            if table.name in declared.nobody:
                continue
            for column, (hit, count) in _hits(connection, table, list(worded(table)), forms).items():
                found += _judged(connection, declared, table, column, hit, count, sure, person)
            for column in worded(table) if common else []:
                # Where nothing takes the name away, it is a namesake's in office, or kept with the row.
                mine = _taken(declared, table, column, person)
                hits = {} if mine is None else _hits(connection, table, [column], common, mine)
                found += [Trace(table=table.name, column=column.name, count=count) for _, count in hits.values()]
    return PersonTraces(items=found)


def _takes(holding: Holding, column: str) -> bool:
    if holding.by_hand or holding.reason == "other_client":
        return False
    return holding.delete or column in holding.erase


def _taken(declared: Declaration, table: sa.Table, column: Any, person: Person) -> Any:
    """Return the condition of the person's rows from which the column is taken away, None where there are none."""
    takers = [holding for holding in declared.of_table(table.name) if _takes(holding, column.name)]
    return sa.or_(*(bound(condition(holding), person) for holding in takers)) if takers else None


def _judged(
    connection: sa.Connection, declared: Declaration, table: sa.Table, column: Any, hit: Any, count: int,
    sure: list[Form], person: Person,
) -> list[Trace]:  # fmt: skip
    """Return what is to be said of words found in a column: how much has to go, how much stays and why."""
    holdings = declared.of_table(table.name)
    kept = next((holding.keep[column.name] for holding in holdings if column.name in holding.keep), None)
    if kept is not None:
        return [Trace(table=table.name, column=column.name, count=count, reason=kept)]
    taken = _taken(declared, table, column, person)
    # NULL in a condition is no: such a row is somebody else's.
    mine = sa.false() if taken is None else sa.func.coalesce(taken, sa.false())
    own = 0 if taken is None else _counted(connection, table, sa.and_(hit, mine))
    by_hand = any(holding.by_hand for holding in holdings)
    certain = 0
    if sure and (by_hand or table.name in CHASSIS - {"blob_chunks"} or _is_others_text(declared, table, column)):
        certain = _counted(connection, table, sa.and_(sa.not_(mine), sa.or_(*(_holds(column, form) for form in sure))))
    shared = next((holding.shared[column.name] for holding in holdings if column.name in holding.shared), None)
    # A file stays as it was given; what belongs to the person themself went with its row.
    stays = shared or ("other_client" if table.name == "blob_chunks" else "others_text")
    counts = ((own + certain, None), (count - own - certain, stays))
    return [Trace(table=table.name, column=column.name, count=n, reason=reason) for n, reason in counts if n > 0]


def _counted(connection: sa.Connection, table: sa.Table, rows: Any) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(rows)).scalar_one())
