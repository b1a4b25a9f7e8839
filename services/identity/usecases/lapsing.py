"""Applications whose signed original never came lapse; what led to nothing is forgotten in time, files included."""

from __future__ import annotations

from datetime import timedelta

from chassis import blobs
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from services.identity.domain import joining as rules
from services.identity.messages import ApplicationLapsed
from services.identity.store import applications
from services.identity.tools import Tools

BATCH = 100
UNFINISHED_FOR = timedelta(hours=24)


def run(db: Database, tools: Tools, caller: Caller) -> int:
    """Let applications lapse a day after the last one they are waited for; return how many."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        oldest = moment - timedelta(days=tools.settings.application_days + 1)
        lapsed = applications.waiting_since_before(unit.session, oldest, BATCH)
        for application in lapsed:
            application.state = rules.after("lapse", application.state)
            application.version += 1
            application.decided_at = moment
            unit.audit("identity.application.lapse", on=("application", application.id), right="timer",
                       detail={"number": application.number})  # fmt: skip
            unit.emit(
                ApplicationLapsed(
                    application_id=application.id, number=application.number, client_name=application.client_name,
                    user_name=application.user_name, email=application.data["client_email"],
                    language=application.language,  # type: ignore[arg-type]
                )
            )  # fmt: skip
        forgotten = moment - timedelta(days=tools.settings.application_keep_days)
        for application in applications.to_forget(unit.session, forgotten, BATCH):
            for blob_id in applications.files(unit.session, application.id):
                blobs.delete_blob(unit.session, db.tables, blob_id)
            unit.audit("identity.application.forget", on=("application", application.id), right="timer",
                       detail={"number": application.number})  # fmt: skip
            unit.session.delete(application)
        for original in applications.unfinished_before(unit.session, moment - UNFINISHED_FOR):
            blobs.delete_blob(unit.session, db.tables, original.blob_id)
            unit.session.delete(original)
    return len(lapsed)
