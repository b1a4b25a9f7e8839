"""Gathers a copy in the background, one service after the other; one that is away is asked again later."""

from __future__ import annotations

import base64
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from eventlet import tpool

from chassis import person_export, person_messages
from chassis.blobs import delete_blob, file_chunks, put_blob, read_blob
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.person_messages import Person, PersonFile, PersonRows
from chassis.telemetry import get_logger
from services.identity.documents import person_pdf
from services.identity.settings import settings
from services.identity.store.person_tables import PersonExport, PersonExportPart
from services.identity.store.personal import PERSONAL
from services.identity.store.tables import Client, Representation, User
from services.identity.usecases.people import person_of
from services.requests.messages import GetFormWords

log = get_logger(__name__)

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)
# A copy larger than this would not be a person's any more.
LARGEST = 512 * 2**20
# Beside the data of a part; only the document is made with it, nobody is given it.
WORDS = "words.json"


class Source:
    """Asks one service, or identity itself, for what it holds about a person."""

    def __init__(self, db: Database, bus: Bus, service: str, person: Person) -> None:
        self._db, self._bus, self._service, self._person = db, bus, service, person

    def pieces(self) -> Iterator[PersonRows]:
        """Yield every piece in order."""
        after: str | None = None
        while True:
            piece = self._rows(after)
            yield piece
            after = piece.next
            if after is None:
                return

    def _rows(self, after: str | None) -> PersonRows:
        if self._service == "identity":
            return person_export.rows(self._db, PERSONAL, self._person, after)
        asked = person_messages.requests_for(self._service).rows
        return self._bus.call(asked(person=self._person, after=after))  # type: ignore[no-any-return]

    def file(self, file_id: UUID) -> tuple[str, Iterator[bytes]]:
        """Return name and bytes of a file."""
        first = self._piece(file_id, 0)

        def rest() -> Iterator[bytes]:
            piece, number = first, 0
            while piece.data is not None:
                yield base64.b64decode(piece.data)
                number += 1
                piece = self._piece(file_id, number)

        return first.name, rest()

    def _piece(self, file_id: UUID, number: int) -> PersonFile:
        if self._service == "identity":
            return person_export.file(self._db, PERSONAL, self._person, file_id, number)
        asked = person_messages.requests_for(self._service).file
        return self._bus.call(asked(person=self._person, file_id=file_id, number=number))  # type: ignore[no-any-return]


def work_off(db: Database, bus: Bus, caller: Caller) -> int:
    """Take the next step of every copy under way; return how many steps were taken."""
    parts = PersonExportPart.__table__.c
    with db.reading() as connection:
        due = connection.execute(
            sa.select(parts.export_id, parts.service).where(parts.done_at.is_(None), parts.next_try_at <= now())
            .order_by(parts.next_try_at).limit(20)
        ).all()
        whole = connection.execute(
            sa.select(PersonExport.id).where(
                PersonExport.state == "gathering",
                ~sa.exists().where(PersonExportPart.export_id == PersonExport.id, PersonExportPart.done_at.is_(None)),
            )
        ).scalars().all()  # fmt: skip
    for export_id, service in due:
        _gather(db, bus, caller, export_id, service)
    for export_id in whole:
        _finish(db, caller, export_id)
    return len(due) + len(whole)


def _gather(db: Database, bus: Bus, caller: Caller, export_id: UUID, service: str) -> None:
    with db.reading() as connection:
        user_id = connection.execute(sa.select(PersonExport.user_id).where(PersonExport.id == export_id)).scalar_one()
        person = person_of(connection, user_id)
    try:
        with tempfile.TemporaryFile() as packed:
            words = bus.call(GetFormWords()).model_dump() if service == "requests" else None
            rows = _pack(packed, service, Source(db, bus, service, person), words)
            _keep_part(db, caller, export_id, service, packed, rows)
    except PortalError as error:
        log.warning("a service does not give its part of an export", service=service, code=error.code)
        _later(db, caller, export_id, service)


def _pack(target: IO[bytes], service: str, source: Source, words: dict[str, Any] | None) -> int:
    """Write a part: the rows, the files, and `words` (of forms) for the document to be read."""
    tables: dict[str, dict[str, Any]] = {}
    files: list[UUID] = []
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for piece in source.pieces():
            key = f"{piece.table}|{piece.title['en']}"
            held = tables.setdefault(key, {"table": piece.table, "title": piece.title, "rows": []})
            held["rows"] += piece.rows
            files += piece.files
            count += len(piece.rows)
        for file_id in files:
            name, data = source.file(file_id)
            with archive.open(f"files/{file_id}-{_plain(name)}", "w") as entry:
                for chunk in data:
                    entry.write(chunk)
        text = json.dumps(list(tables.values()), ensure_ascii=False, indent=1)
        archive.writestr("data.json", text)
        if words is not None:
            archive.writestr(WORDS, json.dumps(words, ensure_ascii=False))
    return count


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._- " else "_" for c in name)[-80:] or "file"


def _keep_part(
    db: Database, caller: Caller, export_id: UUID, service: str, packed: IO[bytes], rows: int
) -> None:
    with db.unit_of_work(caller) as unit:
        part = unit.session.get(PersonExportPart, (export_id, service), with_for_update=True)
        if part is None or part.done_at is not None:
            return
        blob = put_blob(unit.session, db.tables, file_chunks(packed), name=f"{service}.zip",
                        media_type="application/zip", max_bytes=LARGEST)  # fmt: skip
        part.blob_id, part.rows, part.done_at = blob.id, rows, now()


def _later(db: Database, caller: Caller, export_id: UUID, service: str) -> None:
    with db.unit_of_work(caller) as unit:
        part = unit.session.get(PersonExportPart, (export_id, service), with_for_update=True)
        if part is not None:
            part.tries += 1
            part.next_try_at = now() + min(FIRST_WAIT * 2 ** min(part.tries, 10), LONGEST_WAIT)


def _finish(db: Database, caller: Caller, export_id: UUID) -> None:
    """Put the parts into one file, with everything once more as a document people can read."""
    moment = now()
    with db.reading() as connection:
        export = connection.execute(sa.select(PersonExport.__table__).where(PersonExport.id == export_id)).one()
        parts = connection.execute(
            sa.select(PersonExportPart.service, PersonExportPart.blob_id).where(
                PersonExportPart.export_id == export_id
            )
        ).all()
        # Of all the names somebody had, the document bears the one they have now.
        name = connection.execute(sa.select(User.name).where(User.id == export.user_id)).scalar_one()
        clients = _clients(connection, export.user_id)
        packed = {part.service: b"".join(read_blob(connection, db.tables, part.blob_id)) for part in parts}
    with tempfile.TemporaryFile() as target:
        tpool.execute(_assemble, target, packed, (export.user_id, name), clients, export.language, moment.isoformat())
        with db.unit_of_work(caller) as unit:
            record = unit.session.get(PersonExport, export_id, with_for_update=True)
            if record is None or record.state != "gathering":
                return
            name = f"{'mani-dati' if record.language == 'lv' else 'my-data'}-{moment.date().isoformat()}.zip"
            blob = put_blob(unit.session, db.tables, file_chunks(target), name=name, media_type="application/zip",
                            max_bytes=LARGEST)  # fmt: skip
            for part in parts:
                delete_blob(unit.session, db.tables, part.blob_id)
            unit.session.execute(
                sa.update(PersonExportPart).where(PersonExportPart.export_id == export_id).values(blob_id=None)
            )
            record.blob_id, record.size, record.sha256 = blob.id, blob.size, blob.sha256
            record.state, record.ready_at = "ready", moment
            record.expires_at = moment + timedelta(days=settings().export_days)
            unit.audit("identity.person_export.finish", on=("person_export", export_id))


def _clients(reader: sa.Connection, user_id: UUID) -> dict[str, str]:
    """Return the names of the clients a user ever acted for, by id: the copy itself knows them by id alone."""
    c, r = Client.__table__.c, Representation.__table__.c
    rows = reader.execute(sa.select(c.id, c.name).where(c.id.in_(sa.select(r.client_id).where(r.user_id == user_id))))
    return {str(row.id): row.name for row in rows}


def _assemble(
    target: IO[bytes], packed: dict[str, bytes], user: tuple[UUID, str], clients: dict[str, str], language: str,
    made_at: str,
) -> None:  # fmt: skip
    words = None
    user_id, name = user
    whole: dict[str, Any] = {"made_at": made_at, "user_id": str(user_id), "services": {}}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for service, body in packed.items():
            with zipfile.ZipFile(io.BytesIO(body)) as part:
                for entry in part.namelist():
                    if entry == "data.json":
                        whole["services"][service] = json.loads(part.read(entry))
                    elif entry == WORDS:
                        words = json.loads(part.read(entry))
                    else:
                        archive.writestr(f"{service}/{entry}", part.read(entry))
        archive.writestr("data.json", json.dumps(whole, ensure_ascii=False, indent=1))
        archive.writestr("data.pdf", person_pdf.render(whole, name, language, clients=clients, forms=words))
