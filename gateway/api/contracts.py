"""Contracts, meters and readings over the API."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import entitled, right
from gateway.api._frame import Body, Paged, api
from gateway.bus import call, call_json
from gateway.pages.contracts import SEE
from services.metering.messages import (
    Contract,
    ContractPage,
    GetContract,
    ListContracts,
    ListReadings,
    Reading,
    ReadingPage,
    SubmitReading,
    Value,
)

bp = Blueprint("api_contracts", __name__)

TAG = "Contracts and meters"
MISSING = ("not_found",)


class ContractQuery(Paged):
    search: str = Field("", max_length=200, description="Contract number, address or meter number")


class NewReading(Body):
    value: Value
    read_on: date | None = Field(None, description="Today when not given")
    confirmed: bool = Field(False, description="Keep it although it looks wrong")


@api(bp, "GET", "/contracts", allow=SEE, query=ContractQuery, reply=ContractPage, tag=TAG, summary="List contracts")
def list_contracts(query: ContractQuery) -> Any:
    return call(ListContracts(**query.model_dump(exclude_none=True)))


@api(
    bp, "GET", "/contracts/<uuid:contract_id>", allow=SEE, reply=Contract, tag=TAG, summary="One contract",
    errors=MISSING,
)  # fmt: skip
def get_contract(contract_id: UUID) -> bytes:
    """A contract with its meters, their last readings, and inspection acts."""
    return call_json(GetContract(contract_id=contract_id))


@api(
    bp, "GET", "/meters/<uuid:meter_id>/readings", allow=SEE, query=Paged, reply=ReadingPage, tag=TAG,
    summary="Readings of a meter", errors=MISSING,
)  # fmt: skip
def list_readings(meter_id: UUID, query: Paged) -> Any:
    return call(ListReadings(meter_id=meter_id, after=query.after, limit=query.limit))


@api(
    bp, "POST", "/meters/<uuid:meter_id>/readings", allow=entitled("contracts", right("readings.submit")),
    body=NewReading, reply=Reading, status=201, idempotent=True, tag=TAG, summary="Submit a reading",
    errors=("not_found", "metering.reading_unlikely", "metering.day_taken", "metering.before_previous",
            "metering.day_ahead", "metering.more_digits", "metering.meter_removed", "idempotency_key_reused"),
)  # fmt: skip
def submit_reading(meter_id: UUID, body: NewReading, idempotency_key: str | None) -> Reading:
    """An unlikely reading is refused with every reason; send it again with `confirmed` (and another key) to keep it."""
    given = body.model_dump()
    return call(SubmitReading(meter_id=meter_id, idempotency_key=idempotency_key, **given))
