"""Published language of metering: contracts with their services and meters, readings, inspection acts.

Service codes: cold_water, sewerage, electricity. Units: m3, kWh.
"""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from chassis.errors import ErrorTable
from chassis.messages import Event, IdempotencyKey, Limit, Line, Message, Moment, Page, Request
from services.identity.messages import ClientBasis, ClientIds

ERRORS = ErrorTable(
    "metering",
    {
        "reading_unlikely": (
            422,
            "Rādījums izskatās kļūdains. Pārbaudiet to un apstipriniet, ja tas ir pareizs.",
            "The reading looks wrong. Check it, and confirm it if it is right.",
        ),
        "lower_than_previous": (
            422,
            "Rādījums ir mazāks par iepriekšējo ({previous}).",
            "The reading is lower than the previous one ({previous}).",
        ),
        "much_higher": (
            422,
            "Patēriņš {consumption} {unit} ir vairāk nekā {times} reizes lielāks nekā parasti ({usual} {unit}). "
            "Iespējama noplūde vai kļūda.",
            "Consumption of {consumption} {unit} is more than {times} times the usual {usual} {unit}. "
            "There may be a leak or a mistake.",
        ),
        "more_digits": (
            422,
            "Skaitītājam ir {digits} cipari; lielākais iespējamais rādījums ir {largest}.",
            "The meter has {digits} digits; its largest reading is {largest}.",
        ),
        "day_taken": (409, "Šai dienai rādījums jau ir nodots.", "A reading for this day has been submitted already."),
        "before_previous": (
            422,
            "Pēdējais rādījums ir nodots {previous}; diena nevar būt agrāka.",
            "The last reading is of {previous}; the day cannot be earlier.",
        ),
        "day_ahead": (422, "Diena nevar būt nākotnē.", "The day cannot be in the future."),
        "meter_removed": (409, "Skaitītājs ir noņemts.", "The meter has been removed."),
    },
)

ServiceCode = Literal["cold_water", "sewerage", "electricity"]
Value = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]


class Reading(Message):
    """A submitted reading; `consumption` since the one before, None for the first. Who confirmed a warning is kept."""

    reading_id: uuid.UUID
    read_on: date
    value: Decimal
    consumption: Decimal | None
    warnings: list[str] = []
    submitted_at: Moment
    submitted_by: str
    confirmed_by: str | None = None


class Meter(Message):
    """A meter; `digits` before the decimal point, `verified_until` the last day its verification holds."""

    meter_id: uuid.UUID
    meter_no: str
    service: str
    unit: str
    digits: int
    installed_on: date
    removed_on: date | None = None
    verified_until: date
    verification_days_left: int
    last: Reading | None = None


class ConnectedService(Message):
    """A service the contract covers."""

    service: str
    since: date


class Act(Message):
    """An inspection act of the object (apsekošanas akts)."""

    act_no: str
    kind: str
    registered_on: date
    summary: str


class ContractRow(Message):
    """One line of the list of contracts."""

    contract_id: uuid.UUID
    contract_no: str
    client_id: uuid.UUID
    address: str
    concluded_on: date
    ended_on: date | None = None
    services: list[ConnectedService]
    meter_count: int


class Contract(ContractRow):
    """A contract with meters (their last reading inside) and acts, newest first, at most 100 of each."""

    meters: list[Meter]
    acts: list[Act]


class ContractPage(Page[ContractRow]):
    """A page of contracts in the order of their numbers."""


class ListContracts(Request[ContractPage], rpc="metering.list_contracts"):
    """A customer sees the own client's contracts; staff all, or one client's."""

    client_id: uuid.UUID | None = None
    search: Line = Field("", description="contract number, address or meter number")
    after: str | None = None
    limit: Limit = 25


class GetContract(Request[Contract], rpc="metering.get_contract"):
    """One contract. Somebody else's is `not_found`."""

    contract_id: uuid.UUID


class FoundContract(Message):
    """A contract as other services may know it; `in_force` today."""

    contract_id: uuid.UUID
    contract_no: str
    client_id: uuid.UUID
    in_force: bool


class FoundContracts(Message):
    items: list[FoundContract]


class FindContracts(Request[FoundContracts], rpc="metering.find_contracts"):
    """Services look a contract up by its number, or the contracts of a client; nothing found is an empty list.

    Letter case and spaces around the number do not matter. With both given a contract must fit both; with neither
    nothing is found."""

    contract_no: Line | None = None
    client_id: uuid.UUID | None = None


class GetContractBasis(Request[ClientBasis], rpc="metering.contract_basis", timeout=15.0):
    """Which clients have a contract in force, or had one until a day (S1-56)."""

    client_ids: ClientIds


class ContractName(Message):
    """A contract of a client, as it is named to people."""

    contract_id: uuid.UUID
    contract_no: str
    address: str


class ContractNames(Message):
    items: list[ContractName]


class NameContracts(Request[ContractNames], rpc="metering.name_contracts"):
    """A client's contracts by id or number, for services that keep what belongs to one; unknown ones left out.

    Numbers are found however their letters are typed, and told as they are.
    """

    client_id: uuid.UUID
    contract_ids: Annotated[list[uuid.UUID], Field(max_length=200)] = []
    contract_nos: Annotated[list[Line], Field(max_length=200)] = []


class ContractConcluded(Event, type="metering.contract.concluded", aggregate="contract_id"):
    """A contract was concluded because the client's application for it was approved; `case_id` is that case."""

    contract_id: uuid.UUID
    contract_no: str
    client_id: uuid.UUID
    case_id: uuid.UUID | None = None
    case_no: str | None = None
    address: str
    services: list[ConnectedService]
    concluded_on: date


class ReadingPage(Page[Reading]):
    """A page of readings, newest first."""


class ListReadings(Request[ReadingPage], rpc="metering.list_readings"):
    """The readings of one meter, newest first."""

    meter_id: uuid.UUID
    after: str | None = None
    limit: Limit = 24


class SubmitReading(Request[Reading], rpc="metering.submit_reading"):
    """Submit a reading. An unlikely one is refused with `reading_unlikely`, each reason in `errors`, unless
    `confirmed`; then it is kept with the reasons and the name of who confirmed it."""

    meter_id: uuid.UUID
    value: Value
    read_on: date | None = Field(None, description="today when not given")
    confirmed: bool = False
    idempotency_key: IdempotencyKey | None = None


class ReadingSubmitted(Event, type="metering.reading.submitted", aggregate="meter_id"):
    """A reading was submitted; `warnings` are the reasons for doubt that were confirmed."""

    meter_id: uuid.UUID
    meter_no: str
    contract_id: uuid.UUID
    client_id: uuid.UUID
    service: str
    read_on: date
    value: Decimal
    consumption: Decimal | None
    warnings: list[str] = []
