"""What a person agreed to: accepted terms and consents, shown to the person and to staff (S1-24, S1-49, S3-22)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import consents as rules
from services.identity.messages import AcceptedTerms, Agreements, ConsentRow, ConsentText, ListAgreements, SetConsent
from services.identity.store.agreeing_tables import Consent
from services.identity.usecases.sessions_common import network_address

SEES = ("administrator", "customer_service", "auditor")

_TERMS = sa.text("""
SELECT t.id AS terms_id, t.title, t.approved_on, a.accepted_at, a.address, a.text_sha256
FROM terms_acceptances a JOIN terms_versions t ON t.id = a.terms_id
WHERE a.user_id = :user ORDER BY a.accepted_at DESC LIMIT 100
""")
_CONSENTS = sa.text("""
SELECT kind, given, at, address, text_sha256 FROM consents WHERE user_id = :user ORDER BY at DESC, id DESC LIMIT 100
""")


def search(db: Database, request: ListAgreements, caller: Caller) -> Agreements:
    """Return one's own agreements; staff name whose. Raises PortalError not_found."""
    if request.user_id is not None and request.user_id != caller.user and not caller.is_staff(*SEES):
        raise PortalError("not_found")
    user_id = request.user_id or caller.user
    if user_id is None:
        raise PortalError("not_found")
    with db.reading() as connection:
        if not connection.execute(sa.text("SELECT 1 FROM users WHERE id = :id"), {"id": user_id}).first():
            raise PortalError("not_found")
        found = _agreements(connection, user_id)
    if caller.user != user_id:
        db.disclosed("identity.agreements.view", caller=caller, on=("user", user_id))
    return found


def set_consent(db: Database, request: SetConsent, caller: Caller) -> Agreements:
    """Give or withdraw a consent; saying again what holds already adds nothing.

    Raises PortalError consent_changed (another text than the one in force), consent_stays (cannot be withdrawn).
    """
    if caller.user is None:
        raise PortalError("forbidden")
    if request.text_sha256 != rules.text_hash(request.kind):
        raise PortalError("identity.consent_changed", field="text_sha256")
    if not request.given and request.kind not in rules.WITHDRAWABLE:
        raise PortalError("identity.consent_stays")
    with db.unit_of_work(caller) as unit:
        lock = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:user, 0))")
        unit.session.execute(lock, {"user": f"consents:{caller.user}"})
        held = next((one for one in _agreements(unit.session, caller.user).consents if one.kind == request.kind), None)
        same = held is not None and held.text_sha256 == request.text_sha256
        if not (same and held is not None and held.given == request.given) and (held is not None or request.given):
            record(
                unit, caller.user, request.kind, request.given, now(), network_address(request.address), caller.session
            )
        return _agreements(unit.session, caller.user)


def given_with_terms(
    unit: UnitOfWork,
    user_id: UUID,
    terms_id: UUID,
    moment: datetime,
    address: str | None,
    session_id: UUID | None,
) -> None:
    """Keep the consents that accepting the terms gives (S1-24, S1-49, S3-22).

    Consent to electronic documents that was withdrawn stays withdrawn when a later version is accepted.
    """
    known = {one.kind for one in _agreements(unit.session, user_id).consents}
    for kind in rules.TEXTS:
        if kind not in known or kind not in rules.WITHDRAWABLE:
            record(unit, user_id, kind, True, moment, address, session_id, terms_id)


def record(
    unit: UnitOfWork,
    user_id: UUID,
    kind: str,
    given: bool,
    moment: datetime,
    address: str | None,
    session_id: UUID | None,
    terms_id: UUID | None = None,
) -> None:
    """Append a consent and put it in the audit trail."""
    kept = Consent(
        id=new_id(), user_id=user_id, kind=kind, given=given, text_sha256=rules.text_hash(kind), at=moment,
        address=address, session_id=session_id, terms_id=terms_id,
    )  # fmt: skip
    unit.session.add(kept)
    unit.session.flush()
    deed = "identity.consent.give" if given else "identity.consent.withdraw"
    unit.audit(deed, on=("user", user_id), detail={"kind": kind, "text_sha256": kept.text_sha256})


def _agreements(reader: sa.Connection | Session, user_id: UUID) -> Agreements:
    accepted = reader.execute(_TERMS, {"user": user_id}).all()
    given = reader.execute(_CONSENTS, {"user": user_id}).all()
    return Agreements(
        terms=[AcceptedTerms.model_validate(dict(row._mapping)) for row in accepted],
        consents=[ConsentRow.model_validate(dict(row._mapping)) for row in given],
        texts=[
            ConsentText(
                kind=kind, lv=lv, en=en, text_sha256=rules.text_hash(kind), withdrawable=kind in rules.WITHDRAWABLE
            )  # type: ignore[arg-type]
            for kind, (lv, en) in rules.TEXTS.items()
        ],
    )
