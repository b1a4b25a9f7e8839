"""What has no use any more is forgotten: sessions long over, addresses long unseen, links long dead."""

from __future__ import annotations

from datetime import timedelta

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from services.identity.store import guards, links, login_attempts, sessions

SESSIONS_KEPT = timedelta(days=90)
ADDRESSES_KEPT = timedelta(days=2)
LINKS_KEPT = timedelta(days=30)


def run(db: Database, caller: Caller) -> None:
    """Delete sessions that ended 90 days ago, addresses not seen for two days, links that expired 30 days ago, and
    logins that ran out."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        sessions.tidy(unit.session, moment - SESSIONS_KEPT)
        login_attempts.tidy(unit.session, moment)
        guards.tidy(unit.session, moment - ADDRESSES_KEPT)
        links.tidy(unit.session, moment - LINKS_KEPT)
