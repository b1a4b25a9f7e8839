"""What has no use any more is forgotten: sessions long over, addresses long unseen, links long dead."""

from __future__ import annotations

from datetime import timedelta

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day
from services.identity.domain import places as place_rules
from services.identity.store import guards, holds, links, login_attempts, places, sessions

SESSIONS_KEPT = timedelta(days=90)
ADDRESSES_KEPT = timedelta(days=2)
LINKS_KEPT = timedelta(days=30)


def run(db: Database, caller: Caller) -> None:
    """Delete sessions that ended 90 days ago, addresses not seen for two days, links that expired 30 days ago,
    logins that ran out, and places not signed in from for half a year."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        sessions.tidy(unit.session, moment - SESSIONS_KEPT)
        login_attempts.tidy(unit.session, moment)
        guards.tidy(unit.session, moment - ADDRESSES_KEPT)
        links.tidy(unit.session, moment - LINKS_KEPT)
        holds.tidy(unit.session, moment - ADDRESSES_KEPT)
        places.tidy(unit.session, riga_day(moment - place_rules.REMEMBERED))
