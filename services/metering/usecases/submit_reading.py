"""A client submits a reading; an unlikely one only after it was confirmed."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import sqlalchemy as sa

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import format_day, riga_today
from chassis.errors import FieldError, PortalError
from chassis.ids import new_id
from services.metering.domain.plausibility import Point, consumption, doubts
from services.metering.messages import Reading, ReadingSubmitted, SubmitReading
from services.metering.store import reading
from services.metering.store.tables import meters, readings
from services.metering.usecases.show_contracts import NO_LIMIT

# What is usual is seen from a year of monthly readings.
PAST_READINGS = 13


def run(db: Database, request: SubmitReading, caller: Caller) -> Reading:
    """Keep a reading and tell of it.

    Raises PortalError not_found, metering.meter_removed, day_ahead, before_previous, day_taken, more_digits;
    metering.reading_unlikely with every reason in `errors`, unless the request says confirmed.
    """
    today = riga_today()
    day = request.read_on or today
    client = scoped_client(caller)
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, Reading)
        if done is not None:
            return done
        # One submission at a time for a meter: consumption is counted from the reading before.
        uow.session.execute(sa.select(meters.c.id).where(meters.c.id == request.meter_id).with_for_update())
        named = only(caller, "readings.submit")
        meter = reading.meter_of(uow.session.connection(), request.meter_id, client, named)
        place = {"meter_id": meter.id, "before": NO_LIMIT, "limit": PAST_READINGS}
        past = uow.session.execute(reading.READINGS, place).all()
        last = Point(past[0].read_on, past[0].value) if past else None
        _check_day(meter, day, last, today)
        largest = 10**meter.digits
        if request.value >= largest:
            raise PortalError("metering.more_digits", field="value", digits=meter.digits, largest=largest - 1)
        new = Point(day, request.value)
        intervals = [
            ((later.read_on - earlier.read_on).days, later.consumption)
            for later, earlier in pairwise(past)
            if later.consumption is not None
        ]
        found = doubts(last, new, meter.digits, intervals, meter.unit)
        if found and not request.confirmed:
            raise PortalError(
                "metering.reading_unlikely",
                field="value",
                errors=[FieldError("value", doubt.code, doubt.params) for doubt in found],
            )
        row = {
            "id": new_id(),
            "meter_id": meter.id,
            "read_on": day,
            "value": request.value,
            "consumption": consumption(last.value, new.value, meter.digits) if last else None,
            "warnings": [doubt.code for doubt in found],
            "submitted_by": caller.name,
            "submitted_by_id": caller.user,
            "confirmed_by": caller.name if found else None,
        }
        kept = uow.session.execute(sa.insert(readings).values(**row).returning(readings)).one()
        uow.emit(
            ReadingSubmitted(
                meter_id=meter.id,
                meter_no=meter.meter_no,
                contract_id=meter.contract_id,
                client_id=meter.client_id,
                service=meter.service,
                read_on=day,
                value=kept.value,
                consumption=kept.consumption,
                warnings=kept.warnings,
            )
        )
        uow.audit(
            "metering.reading.submit",
            on=("meter", meter.id),
            client=meter.client_id,
            right="readings.submit",
            detail={"read_on": day.isoformat(), "value": str(kept.value), "confirmed": kept.warnings},
        )
        return uow.remember(request, reading.to_reading(kept))


def _check_day(meter: sa.Row, day: date, last: Point | None, today: date) -> None:
    if meter.removed_on is not None:
        raise PortalError("metering.meter_removed")
    if day > today:
        raise PortalError("metering.day_ahead", field="read_on")
    if last is not None and day == last.day:
        raise PortalError("metering.day_taken", field="read_on")
    if last is not None and day < last.day:
        raise PortalError("metering.before_previous", field="read_on", previous=format_day(last.day))
