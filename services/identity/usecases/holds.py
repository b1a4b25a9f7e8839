"""Staff see what was held on suspicion, and lift it (S1-33)."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_place
from chassis.messages import Done
from chassis.text import anywhere, like
from services.identity.messages import Hold, HoldPage, LiftHold, ListHolds
from services.identity.store import holds
from services.identity.store.suspicion_tables import SignInHold


def page(db: Database, request: ListHolds, caller: Caller) -> HoldPage:
    """Return holds, the latest first."""
    moment = now()
    with db.reading() as connection:
        rows = holds.page(
            connection,
            hold_id=request.hold_id,
            pattern=like(request.query) if request.query else None,
            address=anywhere(request.query.lower()),
            kind=request.kind,
            in_force_at=moment if request.in_force else None,
            after=decode_place(request.after) if request.after else None,
            limit=request.limit + 1,
        )
    shown = rows[: request.limit]
    return HoldPage(
        items=[
            Hold(
                hold_id=row.id,
                kind=row.kind,
                user_id=row.user_id,
                name=row.name,
                email=row.email,
                address=row.subject.removeprefix("source:") if row.kind == "address" else None,
                evidence=row.evidence,
                refused=row.refused,
                began_at=row.began_at,
                ends_at=row.ends_at,
                lifted_at=row.lifted_at,
                lifted_by=row.lifted_by,
                note=row.note,
                in_force=row.lifted_at is None and row.ends_at > moment,
            )
            for row in shown
        ],
        next=encode_place(shown[-1].began_at, shown[-1].id) if len(rows) > request.limit else None,
    )


def lift(db: Database, request: LiftHold, caller: Caller) -> Done:
    """Lift a hold. Raises PortalError not_found, identity.hold_over."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        hold = unit.session.get(SignInHold, request.hold_id, with_for_update=True)
        if hold is None:
            raise PortalError("not_found")
        if not holds.lift(unit.session, hold.subject, moment, caller.name, request.note):
            raise PortalError("identity.hold_over")
        on = ("user", hold.user_id) if hold.user_id else ("address", hold.subject.removeprefix("source:"))
        action = "identity.user.lift_hold" if hold.user_id else "identity.address.lift_hold"
        unit.audit(action, on=on, detail={"hold": str(hold.id), "note": request.note})
    return Done()
