"""Reads for the monthly fee run: permits that were in force on at least one day of a month, client by client."""

from __future__ import annotations

import sqlalchemy as sa

from services.permits.store.tables import permits

_p = permits.c
_COLUMNS = (
    _p.id.label("permit_id"), _p.permit_no, _p.holder_client_id, _p.holder_name, _p.service_kind, _p.permit_kind,
    _p.station_count, _p.assignment_count, _p.bandwidth_khz, _p.valid_from, _p.valid_to, _p.ended_on,
)  # fmt: skip
_FIRST = sa.bindparam("first", type_=sa.Date)
_LAST = sa.bindparam("last", type_=sa.Date)
# A permit that was cancelled during the month was in force until that day; one cancelled without a date was not.
FIRST_PAGE = (
    sa.select(*_COLUMNS)
    .where(
        _p.ends_on >= _FIRST,
        sa.or_(_p.valid_from.is_(None), _p.valid_from <= _LAST),
        sa.or_(_p.status == "active", _p.ended_on > _FIRST),
    )
    .order_by(_p.holder_client_id, _p.permit_no)
    .limit(sa.bindparam("limit"))
)
_AFTER = sa.tuple_(sa.bindparam("after_client", type_=sa.UUID(as_uuid=True)), sa.bindparam("after_no", type_=sa.Text))
NEXT_PAGE = FIRST_PAGE.where(sa.tuple_(_p.holder_client_id, _p.permit_no) > _AFTER)
_CLIENT = _p.holder_client_id == sa.bindparam("client", type_=sa.UUID(as_uuid=True))
OWN_FIRST_PAGE = FIRST_PAGE.where(_CLIENT)
OWN_NEXT_PAGE = NEXT_PAGE.where(_CLIENT)
