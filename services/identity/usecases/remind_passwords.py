"""Who has had a password for 90 days is advised by e-mail to change it, and again every 90 days (S1-38, S3-31, C2)."""

from __future__ import annotations

from datetime import timedelta

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day
from services.identity.messages import PasswordOld
from services.identity.settings import IdentitySettings
from services.identity.store import places

AT_ONCE = 200


def run(db: Database, settings: IdentitySettings, caller: Caller) -> int:
    """Remind up to 200 people; return how many."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        rows = places.old_passwords(unit.session, moment - timedelta(days=settings.password_remind_days), AT_ONCE)
        for row in rows:
            unit.audit(
                "identity.password.remind", on=("user", row.id), detail={"changed_at": row.changed_at.isoformat()}
            )
            unit.emit(
                PasswordOld(
                    user_id=row.id,
                    name=row.name,
                    email=row.email,
                    language=row.language,
                    changed_on=riga_day(row.changed_at),
                    days=settings.password_remind_days,
                    enforced=settings.password_enforce,
                )
            )
        places.reminded(unit.session, [row.id for row in rows], moment)
    return len(rows)
