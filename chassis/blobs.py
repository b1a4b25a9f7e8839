"""Files kept in the owning service's database, in rows of 256 KiB, so that none is ever held in memory whole."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.tables import ChassisTables

ROW_BYTES = 256 * 1024
# What one call over the bus may carry: larger files go in several calls.
CALL_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Blob:
    """A kept file: `size` in bytes, `sha256` in hex once it is complete."""

    id: UUID
    name: str
    media_type: str
    size: int
    chunks: int
    sha256: str | None
    complete: bool


def decode_piece(text: str) -> bytes:
    """Return the bytes of a piece of a file that came over the bus as base64.

    Raises PortalError malformed for anything else, too_large for more than CALL_BYTES.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:  # ValueError: letters that are no ASCII
        raise PortalError("malformed", field="data") from error
    if len(data) > CALL_BYTES:
        raise PortalError("too_large", field="data", limit=f"{CALL_BYTES // 1024} KB")
    return data


def start_blob(session: Session, tables: ChassisTables, *, name: str, media_type: str) -> UUID:
    """Begin an empty file and return its id."""
    blob_id = new_id()
    session.execute(sa.insert(tables.blobs).values(id=blob_id, name=name[:255], media_type=media_type[:100]))
    return blob_id


def append_chunk(
    session: Session, tables: ChassisTables, blob_id: UUID, data: bytes, *, offset: int, max_bytes: int
) -> int:
    """Add `data` at `offset` (bytes written so far) and return the new size.

    The same piece sent again is taken as done. Raises PortalError not_found, too_large (413) beyond `max_bytes`,
    conflict (409) for a gap or a file that is complete.
    """
    blobs = tables.blobs
    row = session.execute(sa.select(blobs).where(blobs.c.id == blob_id).with_for_update()).first()
    if row is None:
        raise PortalError("not_found")
    if offset + len(data) <= row.size and offset < row.size:
        return int(row.size)
    if row.complete or offset != row.size:
        raise PortalError("conflict")
    size = row.size + len(data)
    if size > max_bytes:
        raise PortalError("too_large", limit=f"{max_bytes // (1024 * 1024)} MB")
    pieces = [data[start : start + ROW_BYTES] for start in range(0, len(data), ROW_BYTES)]
    if pieces:
        session.execute(
            sa.insert(tables.blob_chunks),
            [{"blob_id": blob_id, "number": row.chunks + n, "data": piece} for n, piece in enumerate(pieces)],
        )
    session.execute(sa.update(blobs).where(blobs.c.id == blob_id).values(size=size, chunks=row.chunks + len(pieces)))
    return int(size)


def finish_blob(session: Session, tables: ChassisTables, blob_id: UUID) -> Blob:
    """Mark a file complete, compute its SHA-256 piece by piece, and return it. Raises PortalError not_found."""
    digest = hashlib.sha256()
    for piece in read_blob(session.connection(), tables, blob_id):
        digest.update(piece)
    session.execute(
        sa.update(tables.blobs).where(tables.blobs.c.id == blob_id).values(complete=True, sha256=digest.hexdigest())
    )
    return get_blob(session.connection(), tables, blob_id)


def put_blob(
    session: Session, tables: ChassisTables, chunks: Iterable[bytes], *, name: str, media_type: str, max_bytes: int
) -> Blob:
    """Keep a whole file that is made here. Raises PortalError too_large (413) beyond `max_bytes`."""
    blob_id = start_blob(session, tables, name=name, media_type=media_type)
    size = 0
    for chunk in chunks:
        size = append_chunk(session, tables, blob_id, chunk, offset=size, max_bytes=max_bytes)
    return finish_blob(session, tables, blob_id)


def file_chunks(source: IO[bytes]) -> Iterator[bytes]:
    """Yield a file made here from its beginning, in pieces of a row."""
    source.seek(0)
    while chunk := source.read(ROW_BYTES):
        yield chunk


def get_blob(connection: sa.Connection, tables: ChassisTables, blob_id: UUID) -> Blob:
    """Return what is known of a file. Raises PortalError not_found."""
    b = tables.blobs.c
    row = connection.execute(
        sa.select(b.id, b.name, b.media_type, b.size, b.chunks, b.sha256, b.complete).where(b.id == blob_id)
    ).first()
    if row is None:
        raise PortalError("not_found")
    return Blob(*row)


def read_blob(connection: sa.Connection, tables: ChassisTables, blob_id: UUID) -> Iterator[bytes]:
    """Yield the file's rows (at most 256 KiB each) in order, one in memory at a time."""
    chunks = tables.blob_chunks
    number = 0
    while True:
        data = connection.execute(
            sa.select(chunks.c.data).where(chunks.c.blob_id == blob_id, chunks.c.number == number)
        ).scalar()
        if data is None:
            return
        yield bytes(data)
        number += 1


def read_piece(connection: sa.Connection, tables: ChassisTables, blob_id: UUID, number: int) -> bytes | None:
    """Return row `number` (from 0) of the file for one call over the bus, None past the end."""
    chunks = tables.blob_chunks
    data = connection.execute(
        sa.select(chunks.c.data).where(chunks.c.blob_id == blob_id, chunks.c.number == number)
    ).scalar()
    return None if data is None else bytes(data)


def read_from(connection: sa.Connection, tables: ChassisTables, blob_id: UUID, offset: int) -> bytes:
    """Return what one call over the bus may carry of a file in whole rows, from `offset`; empty past the end.

    Raises PortalError malformed when `offset` is no multiple of ROW_BYTES.
    """
    number, rest = divmod(offset, ROW_BYTES)
    if rest:
        raise PortalError("malformed", field="offset")
    chunks = tables.blob_chunks
    wanted = chunks.c.number.in_(range(number, number + CALL_BYTES // ROW_BYTES))
    statement = sa.select(chunks.c.data).where(chunks.c.blob_id == blob_id, wanted).order_by(chunks.c.number)
    return b"".join(bytes(data) for data in connection.execute(statement).scalars())


def delete_blob(session: Session, tables: ChassisTables, blob_id: UUID) -> None:
    """Remove a file and its rows; nothing happens when it is not there."""
    session.execute(sa.delete(tables.blobs).where(tables.blobs.c.id == blob_id))
