"""Notices above every page, maintenance that closes the portal for a while, and terms to come (S1-66, S1-73)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from services.identity.messages import (
    EndNotice,
    GetPortalState,
    ListNotices,
    NoticeList,
    NoticeView,
    PortalState,
    PortalStateChanged,
    PutNotice,
    UpcomingTerms,
)
from services.identity.store.agreeing_tables import PortalNotice
from services.identity.tools import Tools

SHOWN_AHEAD = timedelta(days=1)
LONGEST = timedelta(days=366)
_UPCOMING = sa.text("""
SELECT id AS terms_id, title, valid_from FROM terms_versions WHERE audience = 'customer' AND valid_from > :today
ORDER BY valid_from LIMIT 1
""")


def get(db: Database, tools: Tools, request: GetPortalState) -> PortalState:
    """Return the notices of now and of the coming day, the terms to come, and whether one may register oneself."""
    moment = now()
    n = PortalNotice
    statement = sa.select(n.__table__).where(n.ends_at > moment, n.starts_at <= moment + SHOWN_AHEAD)
    with db.reading() as connection:
        notices = [_view(row) for row in connection.execute(statement.order_by(n.starts_at).limit(20))]
        coming = connection.execute(_UPCOMING, {"today": riga_today()}).first()
    upcoming = UpcomingTerms.model_validate(dict(coming._mapping)) if coming else None
    registration = tools.settings.registration != "off"
    return PortalState(notices=notices, upcoming_terms=upcoming, registration=registration)


def search(db: Database, request: ListNotices) -> NoticeList:
    """Return the last fifty notices."""
    statement = sa.select(PortalNotice.__table__).order_by(PortalNotice.made_at.desc()).limit(50)
    with db.reading() as connection:
        return NoticeList(items=[_view(row) for row in connection.execute(statement)])


def put(db: Database, request: PutNotice, caller: Caller) -> NoticeView:
    """Put a notice up. Raises PortalError malformed for an end before its beginning or one that lies behind us."""
    moment = now()
    if not moment < request.ends_at <= request.starts_at + LONGEST or request.ends_at <= request.starts_at:
        raise PortalError("malformed", field="ends_at")
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, NoticeView)
        if done is not None:
            return done
        notice = PortalNotice(
            id=new_id(), text_lv=request.text_lv, text_en=request.text_en, closes=request.closes,
            starts_at=request.starts_at, ends_at=request.ends_at, made_by=caller.name, made_at=moment, ended_by=None,
        )  # fmt: skip
        unit.session.add(notice)
        unit.session.flush()
        unit.audit(
            "identity.notice.put", on=("notice", notice.id),
            detail={"closes": notice.closes, "from": str(notice.starts_at), "to": str(notice.ends_at)},
        )  # fmt: skip
        unit.emit(PortalStateChanged(notice_id=notice.id))
        return unit.remember(request, _view(notice))


def end(db: Database, request: EndNotice, caller: Caller) -> NoticeView:
    """Take a notice down now. Raises PortalError not_found for one that is over or was never there."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        notice = unit.session.get(PortalNotice, request.notice_id, with_for_update=True)
        if notice is None or notice.ends_at <= moment:
            raise PortalError("not_found")
        notice.ends_at, notice.ended_by = moment, caller.name
        notice.starts_at = min(notice.starts_at, moment - timedelta(seconds=1))
        unit.session.flush()
        unit.audit("identity.notice.end", on=("notice", notice.id))
        unit.emit(PortalStateChanged(notice_id=notice.id))
        return _view(notice)


def _view(row: Any) -> NoticeView:
    names = NoticeView.model_fields
    return NoticeView(notice_id=row.id, **{name: getattr(row, name) for name in names if name != "notice_id"})
