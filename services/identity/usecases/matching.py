"""Finding out whose data these are: the contract's client asked of metering, the register asked here, one rule."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.bus import Bus
from services.identity.domain import matching as rule
from services.identity.domain.matching import Claim, Needs, Verdict
from services.identity.store import matching as store
from services.identity.usecases import codes
from services.metering.messages import FindContracts

CONTRACT_SECONDS = 3.0


def claim_of(
    bus: Bus,
    *,
    name: str,
    kind: rule.Kind | None = None,
    person_codes: Sequence[str] = (),
    reg_no: str | None = None,
    client_no: str | None = None,
    contract_no: str | None = None,
) -> Claim:
    """Return a claim with its numbers checked and the contract looked up.

    Raises PortalError identity.person_code_invalid, identity.reg_no_invalid (field named), and unavailable or deadline
    when a contract number is given and metering does not answer: a match is never made on less than was asked.
    """
    return Claim(
        name=name,
        kind=kind,
        person_codes=tuple(codes.person_code(code) for code in person_codes if code),
        reg_no=codes.reg_no(reg_no) if reg_no else None,
        external_ref=client_no.strip() if client_no and client_no.strip() else None,
        contracts=contract_clients(bus, contract_no) if contract_no and contract_no.strip() else None,
    )


def contract_clients(bus: Bus, contract_no: str) -> frozenset[UUID]:
    """Return the client of a contract in force, empty when there is none."""
    found = bus.call(FindContracts(contract_no=contract_no), timeout=CONTRACT_SECONDS).items
    return frozenset(contract.client_id for contract in found if contract.in_force)


def has_contract(bus: Bus, client_id: UUID) -> bool:
    """Tell whether a client has a contract in force (S2-08, S3-15)."""
    found = bus.call(FindContracts(client_id=client_id), timeout=CONTRACT_SECONDS).items
    return any(contract.in_force for contract in found)


def verdict(reader: sa.Connection | Session, claim: Claim, needs: Needs = Needs()) -> Verdict:
    """Return what the register says of a claim."""
    return rule.judge(claim, store.candidates(reader, claim), needs)
