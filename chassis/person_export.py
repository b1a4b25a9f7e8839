"""Reads what a service holds about a person, piece by piece, from its declaration."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.blobs import get_blob, read_piece
from chassis.database import Database
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.person_data import Declaration, Holding
from chassis.person_messages import Obligation, Obligations, Person, PersonFile, PersonRows

ROWS_AT_ONCE = 200
MOST_OBLIGATIONS = 200


def condition(holding: Holding) -> sa.TextClause:
    """Return whose rows they are, as a condition with bound names."""
    return sa.text(f"({holding.of})")


def bound(clause: sa.TextClause, person: Person) -> sa.TextClause:
    """Bind :user, :clients, :acted (other clients the person acted for) and :marks where the clause names them.

    :marks are the sure ones: an address somebody merely typed must not make another's rows theirs.
    """
    chosen: list[sa.BindParameter[Any]] = []
    if ":user" in clause.text:
        chosen.append(sa.bindparam("user", person.user, type_=sa.Uuid()))
    if ":clients" in clause.text:
        chosen.append(sa.bindparam("clients", list(person.clients), type_=sa.ARRAY(sa.Uuid())))
    if ":acted" in clause.text:
        chosen.append(sa.bindparam("acted", list(person.acted_for), type_=sa.ARRAY(sa.Uuid())))
    if ":marks" in clause.text:
        chosen.append(sa.bindparam("marks", list(person.sure_marks), type_=sa.ARRAY(sa.Text())))
    return clause.bindparams(*chosen)


def rows(db: Database, declared: Declaration, person: Person, after: str | None) -> PersonRows:
    """Return the next piece. Raises PortalError malformed for a cursor of no such piece."""
    number, place = 0, None  # type: int, list[str] | None
    if after:
        number, raw = decode_cursor(after, 2)
        place = json.loads(str(raw)) if raw else None
    exported = [holding for holding in declared.holdings if holding.export]
    if not isinstance(number, int) or not 0 <= number < len(exported):
        raise PortalError("malformed", field="after")
    holding = exported[number]
    found, last = _some(db, declared, holding, person, place)
    following: str | None
    if last is not None:
        following = encode_cursor([number, json.dumps(last)])
    else:
        following = encode_cursor([number + 1, ""]) if number + 1 < len(exported) else None
    files = [UUID(row[holding.file]) for row in found if holding.file and row[holding.file]]
    return PersonRows(table=holding.table, title=holding.titles, rows=found, files=files, next=following)


def _some(
    db: Database, declared: Declaration, holding: Holding, person: Person, place: list[str] | None
) -> tuple[list[dict[str, Any]], list[str] | None]:
    table = declared.metadata.tables[holding.table]
    hidden = set(holding.hide.split())
    shown = [column for column in table.c if column.name not in hidden]
    keys = list(table.primary_key.columns)
    asked = sa.select(*shown, *(key.label(f"key__{n}") for n, key in enumerate(keys)))
    asked = asked.where(bound(condition(holding), person)).order_by(*keys).limit(ROWS_AT_ONCE + 1)
    if place is not None:
        if len(place) != len(keys):
            raise PortalError("malformed", field="after")
        values = (sa.cast(sa.literal(value, sa.Text), key.type) for value, key in zip(place, keys, strict=True))
        asked = asked.where(sa.tuple_(*keys) > sa.tuple_(*values))
    with db.reading() as connection:
        found = connection.execute(asked).mappings().all()
    more = len(found) > ROWS_AT_ONCE
    found = found[:ROWS_AT_ONCE]
    names = [column.name for column in shown]
    plain = [{name: _plain(row[column]) for name, column in zip(names, shown, strict=True)} for row in found]
    return plain, [str(found[-1][f"key__{n}"]) for n in range(len(keys))] if more else None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def file(db: Database, declared: Declaration, person: Person, file_id: UUID, number: int) -> PersonFile:
    """Return a piece of a file of the person. Raises PortalError not_found for anybody else's."""
    with db.reading() as connection:
        for holding in declared.holdings:
            if holding.file is None or not holding.export:
                continue
            table = declared.metadata.tables[holding.table]
            own = sa.select(sa.literal(1)).select_from(table).where(
                bound(condition(holding), person), table.c[holding.file] == file_id
            )
            if connection.execute(own.limit(1)).first() is not None:
                name = get_blob(connection, db.tables, file_id).name
                piece = read_piece(connection, db.tables, file_id, number)
                return PersonFile(name=name, data=None if piece is None else base64.b64encode(piece).decode())
    raise PortalError("not_found")


def obligations(db: Database, declared: Declaration, person: Person) -> Obligations:
    """Return what is open between the person and the office."""
    found: list[Obligation] = []
    with db.reading() as connection:
        for kind, statement in declared.obligations.items():
            labels = connection.execute(bound(sa.text(statement), person)).scalars()
            found += [Obligation(kind=kind, label=str(label)) for label in labels]
    return Obligations(items=found[:MOST_OBLIGATIONS])
