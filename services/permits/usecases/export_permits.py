"""Exports, part by part, so that neither service nor gateway ever holds a whole one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.cells import safe_cell
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from services.permits.domain.export_tables import (
    ASSIGNMENT_COLUMNS,
    GEOJSON_HEAD,
    GEOJSON_TAIL,
    PERMIT_COLUMNS,
    point,
    word,
)
from services.permits.domain.states import Validity, shown_state
from services.permits.messages import ExportPart, ExportPermit, ExportPermits
from services.permits.store import exporting, reading
from services.permits.usecases.show_permit import check_access

ROWS = 500


def many(db: Database, request: ExportPermits, caller: Caller) -> ExportPart:
    """Return a part of the export of the permits a filter finds; the caller sees what the list would show."""
    client = scoped_client(caller, request.client_id)
    today = riga_today()
    shape, values = reading.where(request, client, only(caller, "permits.see"), today)
    if not request.after:
        db.disclosed("permits.permit.export", caller=caller, on=("client", client or "all"), client=client)
    if request.format == "geojson":
        if request.after:
            values["after_no"], values["after_station"] = _place(request.after)
        statement = exporting.station_points(shape, request.after is not None)
        with db.reading() as connection:
            rows = connection.execute(statement, {**values, "limit": ROWS + 1}).mappings().all()
        return _geojson(rows, request.after, today)
    statement, place = reading.page(shape, "permit_no", request.after)
    with db.reading() as connection:
        rows = connection.execute(statement, {**values, **place, "limit": ROWS + 1}).mappings().all()
    shown = [reading.shown(row, today) for row in rows[:ROWS]]
    following = encode_cursor([shown[-1]["permit_no"]]) if len(rows) > ROWS else None
    return ExportPart(text=_table(PERMIT_COLUMNS, shown, request.after, request.language), next=following)


def one(db: Database, request: ExportPermit, caller: Caller) -> ExportPart:
    """Return a part of one permit's export. Raises PortalError not_found."""
    with db.reading() as connection:
        holder = check_access(connection, request.permit_id, caller)
        place: dict[str, Any] = {"permit_id": request.permit_id, "limit": ROWS + 1}
        if request.format == "geojson":
            after_no, station = _place(request.after) if request.after else ("", 0)
            place |= {"after_no": after_no, "after_station": station}
            rows = connection.execute(exporting.STATIONS_OF_ONE, place).mappings().all()
        else:
            place["after"] = int(decode_cursor(request.after, 1)[0]) if request.after else 0
            rows = connection.execute(exporting.ASSIGNMENTS_OF_ONE, place).mappings().all()
    if not request.after:
        db.disclosed(
            "permits.permit.export",
            caller=caller,
            on=("permit", request.permit_id),
            client=holder.holder_client_id,
        )
    if request.format == "geojson":
        return _geojson(rows, request.after, riga_today())
    text = _table(ASSIGNMENT_COLUMNS, rows[:ROWS], request.after, request.language)
    return ExportPart(text=text, next=encode_cursor([rows[ROWS - 1]["assignment_no"]]) if len(rows) > ROWS else None)


def _place(after: str) -> tuple[str, int]:
    number, station = decode_cursor(after, 2)
    if not isinstance(station, int):
        raise PortalError("malformed", field="after")
    return str(number), station


def _table(columns: Sequence[tuple[str, str, str]], rows: Iterable[Any], after: str | None, language: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    if not after:
        text.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
        writer.writerow([latvian if language == "lv" else english for _, latvian, english in columns])
    for row in rows:
        writer.writerow([safe_cell(word(name, row.get(name), language)) for name, _, _ in columns])
    return text.getvalue()


def _geojson(rows: Sequence[sa.RowMapping], after: str | None, today: Any) -> ExportPart:
    features = []
    for row in rows[:ROWS]:
        properties = {name: row[name] for name in ("permit_no", "service_kind", "holder_name", "site_no", "name")}
        properties["address"] = row["address"]
        properties["station_no"] = row["station_no"]
        properties["state"] = shown_state(Validity(row["status"], row["valid_from"], row["valid_to"]), today)
        properties["valid_to"] = row["valid_to"]
        features.append(orjson.dumps(point(row["lat"], row["lon"], properties), default=str).decode())
    more = len(rows) > ROWS
    text = (
        (GEOJSON_HEAD if not after else "," if features else "") + ",".join(features) + ("" if more else GEOJSON_TAIL)
    )
    last = rows[ROWS - 1] if more else None
    return ExportPart(text=text, next=encode_cursor([last["permit_no"], last["station_no"]]) if last else None)
