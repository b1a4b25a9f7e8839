"""A client or staff end somebody's right to represent; it holds at once, open sessions included (S1-21, S3-36)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from chassis.access import scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import EndRepresentation, RepresentationEnded
from services.identity.store import representations
from services.identity.store.tables import Client, Representation
from services.identity.usecases.sessions_common import changed_rights


def run(db: Database, request: EndRepresentation, caller: Caller) -> Done:
    """End a representation. Raises PortalError not_found, already_ended, last_main_user."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        found = unit.session.get(Representation, request.representation_id)
        if found is None or scoped_client(caller, found.client_id) != found.client_id:
            raise PortalError("not_found")
        # The client's row is the lock: two main users cannot end each other at the same moment.
        unit.session.execute(sa.select(Client.id).where(Client.id == found.client_id).with_for_update())
        unit.session.refresh(found, with_for_update=True)
        if found.ended_at is not None:
            raise PortalError("identity.already_ended")
        if caller.kind == "user" and found.role == "main":
            day = riga_today()
            others = [
                row
                for row in representations.of_client(unit.session, found.client_id)
                if row.role == "main" and row.id != found.id and representations.mandate(row).in_force(day)
            ]
            if not others:
                raise PortalError("identity.last_main_user")
        close(unit, found, request.reason, request.note, moment)
    return Done()


def close(
    unit: UnitOfWork, found: Representation, reason: str, note: str | None, moment: datetime, *, write: bool = True
) -> None:
    """End an open representation in the caller's transaction; sessions that act under it change at once.

    Without `write` the person is not written to: another letter tells them of it.
    """
    found.ended_at = moment
    found.ended_by = unit.caller.actor
    found.end_reason = reason
    found.end_note = note or None
    changed_rights(unit, found.user_id)
    shown = representations.one(unit.session, found.id)
    unit.emit(
        RepresentationEnded(
            representation_id=found.id, client_id=found.client_id, user_id=found.user_id, reason=reason,
            client_name=shown.client_name, name=shown.user_name, language=shown.user_language,
            email=shown.user_email if write else "",
        )
    )  # fmt: skip
    unit.audit(
        "identity.representation.end",
        on=("representation", found.id),
        client=found.client_id,
        right="users.manage" if unit.caller.kind == "user" else None,
        detail={"user": str(found.user_id), "reason": reason, "note": note},
    )
