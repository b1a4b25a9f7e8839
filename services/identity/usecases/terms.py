"""The terms of use: their public register, and agreeing to the version in force (S1-18, S1-71, S1-77)."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from datetime import date
from typing import Any

import sqlalchemy as sa
from eventlet import tpool

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day, riga_today
from chassis.errors import PortalError
from services.identity.documents import terms_pdf
from services.identity.domain import terms as rules
from services.identity.messages import (
    AcceptTerms,
    GetTerms,
    ListTerms,
    SignedIn,
    TermsBlock,
    TermsFile,
    TermsList,
    TermsPdf,
    TermsVersion,
)
from services.identity.store import agreeing_tables, representations, terms
from services.identity.tools import Tools
from services.identity.usecases import agreements, terms_files
from services.identity.usecases.sessions_common import network_address, own_session, rotated

FILES = agreeing_tables.TermsFile.__table__


def _version(row: Any, day: date, text: str | None = None) -> TermsVersion:
    return TermsVersion(
        terms_id=row.id,
        audience=row.audience,
        title=row.title,
        approved_on=row.approved_on,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        current=row.valid_from <= day and (row.valid_to is None or day <= row.valid_to),
        text_sha256=row.text_sha256,
        text=text,
        number=row.number,
        note=row.note,
        file_name=row.file_name or _file_name(row),
        file_sha256=row.file_sha256 or "",
        blocks=[TermsBlock(**dataclasses.asdict(block)) for block in rules.blocks(text or "")],
    )


def _file_name(row: Any) -> str:
    # As the register of the source names them (S1-77).
    return f"Klientu portāla lietošanas noteikumi_{row.number or row.approved_on.isoformat()}.pdf"


def file(db: Database, request: TermsFile) -> TermsPdf:
    """Return a published version as PDF: the file it was approved in, else its text. Raises PortalError not_found."""
    with db.reading() as connection:
        kept = connection.execute(sa.select(FILES).where(FILES.c.terms_id == request.terms_id)).first()
    if kept is not None:
        return terms_files.piece(db, kept, request.offset)
    version = get_version(db, GetTerms(terms_id=request.terms_id))
    body: bytes = tpool.execute(terms_pdf.render, version)
    data, digest = base64.b64encode(body).decode(), hashlib.sha256(body).hexdigest()
    return TermsPdf(name=version.file_name, data=data, size=len(body), sha256=digest)


def list_versions(db: Database, request: ListTerms) -> TermsList:
    """Return all versions of the customers' terms, newest first."""
    day = riga_today()
    with db.reading() as connection:
        return TermsList(items=[_version(row, day) for row in terms.all_versions(connection, "customer")])


def get_version(db: Database, request: GetTerms) -> TermsVersion:
    """Return one version with its text. Raises PortalError not_found."""
    day = riga_today()
    with db.reading() as connection:
        wanted = request.terms_id or terms.current_id(connection, "customer", day)
        row = next((row for row in terms.all_versions(connection, "customer") if row.id == wanted), None)
        if row is None:
            raise PortalError("not_found")
        return _version(row, day, terms.text_of(connection, row.id))


def accept(db: Database, tools: Tools, request: AcceptTerms, caller: Caller) -> SignedIn:
    """Keep the acceptance and give the session its rights. Raises PortalError terms_superseded, session_ended."""
    moment = now()
    day = riga_day(moment)
    with db.unit_of_work(caller) as unit:
        row = own_session(unit, caller, moment)
        if request.terms_id != terms.current_id(unit.session, row.kind, day):
            raise PortalError("identity.terms_superseded", field="terms_id")
        version = next(v for v in terms.all_versions(unit.session, row.kind) if v.id == request.terms_id)
        address = network_address(request.address)
        if terms.accept(unit.session, row.user_id, version.id, version.text_sha256, moment, address, row.session_id):
            unit.audit("identity.terms.accept", on=("terms", version.id), detail={"text_sha256": version.text_sha256})
            agreements.given_with_terms(unit, row.user_id, version.id, moment, address, row.session_id)
        mandates = representations.mandates(unit.session, row.user_id)
        return rotated(unit, tools, row, mandates, row.client_id, moment)
