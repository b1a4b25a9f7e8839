"""The client of an application beside the register's, datum by datum, for the eyes of staff (S1-28)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain import matching as rule
from services.identity.messages import ApplicationData, Comparison, RegisterMatch
from services.identity.store import matching as store
from services.identity.store.tables import Client
from services.identity.usecases import codes

# Beside what the rule judges: data that may differ without speaking against the client, but that staff should see.
CONTACTS = {"address": "client_address", "email": "client_email", "phone": "client_phone"}


def claim(data: ApplicationData) -> rule.Claim:
    """Return what an application says of its client, as the matching rule reads it."""
    return rule.Claim(
        name=data.client_name,
        kind=data.client_kind,
        person_codes=(data.person_code,) if data.person_code else (),
        reg_no=data.reg_no,
        external_ref=data.client_no,
    )


def register_match(reader: sa.Connection | Session, data: ApplicationData) -> RegisterMatch:
    """Return the verdict with every datum compared."""
    said = claim(data)
    verdict = rule.judge(said, store.candidates(reader, said))
    if verdict.nearest is None:
        return RegisterMatch(reason=verdict.reason, matched=False)
    known = reader.execute(sa.select(Client.__table__).where(Client.id == verdict.nearest)).one()
    given = {
        "kind": data.client_kind, "name": data.client_name, "reg_no": data.reg_no,
        "person_code": codes.shown_person_code(data.person_code, full=True), "external_ref": data.client_no,
    }  # fmt: skip
    held = {**known._mapping, "person_code": codes.shown_person_code(known.person_code, full=True)}
    rows = [
        Comparison(datum=fit.datum, given=given[fit.datum], known=held[fit.datum], fits=fit.fits)
        for fit in verdict.fits
        if fit.datum in given and (given[fit.datum] or held[fit.datum])
    ]
    for datum, field in CONTACTS.items():
        theirs, ours = getattr(data, field), held[datum]
        alike = None if not ours else rule.words(theirs, None) == rule.words(ours, None)
        rows.append(Comparison(datum=datum, given=theirs, known=ours, fits=alike))
    return RegisterMatch(
        reason=verdict.reason,
        matched=verdict.client_id is not None,
        client_id=known.id,
        client_name=known.name,
        comparisons=rows,
    )
