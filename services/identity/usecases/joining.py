"""What becoming a user takes here: the ways that are open, the terms in force, what has to be declared."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from services.identity.domain import joining as rules
from services.identity.messages import DeclarationText, Joining
from services.identity.store import terms
from services.identity.tools import Tools


def get(db: Database, tools: Tools) -> Joining:
    """Return what the pages for becoming a user need to know."""
    settings = tools.settings
    with db.reading() as connection:
        current = terms.current_id(connection, "customer", riga_today())
        row = next((one for one in terms.all_versions(connection, "customer") if one.id == current), None)
    return Joining(
        registration=settings.registration,
        contract_needed=settings.registration_needs_contract,
        terms_id=row.id if row else None,
        terms_title=row.title if row else "",
        terms_approved_on=row.approved_on if row else None,
        registration_declarations=_texts(rules.FOR_REGISTRATION),
        application_declarations=_texts(rules.FOR_APPLICATION),
        application_days=settings.application_days,
        help_phone=settings.help_phone,
    )


def _texts(kinds: Collection[str]) -> list[DeclarationText]:
    return [DeclarationText(kind=kind, **rules.DECLARATIONS[kind]) for kind in kinds]  # type: ignore[arg-type]


def current_terms(session: sa.Connection | Session, given: UUID) -> str:
    """Return the hash of the text of the version in force. Raises PortalError identity.terms_superseded."""
    current = terms.current_id(session, "customer", riga_today())
    if current != given:
        raise PortalError("identity.terms_superseded", field="terms_id")
    return str(next(row.text_sha256 for row in terms.all_versions(session, "customer") if row.id == current))
