"""Walks the audit trail from its first record and finds the first that was changed or is missing (B-21)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.database import Database
from services.identity.domain import trail
from services.identity.store import audit


@dataclass(frozen=True)
class Verdict:
    """How many records prove themselves, the chain value of the last, and the first fault found."""

    good: int
    chain: bytes
    fault: str | None = None
    seq: int | None = None
    record_id: str | None = None


def run(db: Database) -> Verdict:
    """Verify the whole chain as it was when the walk began."""
    with db.reading() as connection:
        # Read first: records appended during the walk lie beyond this end and are verified with it all the same.
        end, end_chain = audit.head(connection)
        chain, good, at_end = trail.START, 0, trail.START
        for row in audit.walk(connection):
            fault = _fault(row, good + 1, chain)
            if fault:
                return Verdict(good, chain, fault, row.seq if fault != "missing" else good + 1, str(row.id))
            chain, good = bytes(row.chain), good + 1
            if good == end:
                at_end = chain
    if good < end:
        return Verdict(good, chain, "missing", good + 1)
    if at_end != end_chain:
        return Verdict(good, chain, "the end of the chain is another one than was noted", end)
    return Verdict(good, chain)


def _fault(row: Any, expected_seq: int, previous: bytes) -> str | None:
    if row.seq != expected_seq:
        return "missing"
    record = row._mapping
    personal = bytes(row.personal_hash)
    if row.personal_salt is not None and trail.personal_hash(bytes(row.personal_salt), record) != personal:
        return "changed"
    if trail.link(previous, row.seq, record, personal) != bytes(row.chain):
        return "changed"
    return None
