"""An account nobody activated in time is blocked; a new link opens it again (S3-33, S3-34, C9)."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from services.identity.store import access_steps, links
from services.identity.store.tables import User

REASON = "not_activated"
BATCH = 200


def run(db: Database, caller: Caller) -> int:
    """Block the accounts whose activation link expired unused; return how many."""
    with db.unit_of_work(caller) as unit:
        late = links.never_activated(unit.session, now(), BATCH)
        for user_id in late:
            user = unit.session.get_one(User, user_id)
            user.status, user.blocked_reason = "blocked", REASON
            user.version += 1
            access_steps.add(unit.session, user, "blocked", REASON, None, unit.caller, status_before="pending")
            unit.audit("identity.user.block", on=("user", user.id), right="timer", detail={"reason": REASON})
    return len(late)
