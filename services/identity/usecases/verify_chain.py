"""Walks the audit trail from its first record and finds the first that was changed or is missing (B-21)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.database import Database
from chassis.text import fold
from services.identity.domain import trail
from services.identity.store import audit
from services.identity.usecases import forgetting


@dataclass(frozen=True)
class Verdict:
    """How many records prove themselves, the chain value of the last, and the first fault found."""

    good: int
    chain: bytes
    fault: str | None = None
    seq: int | None = None
    record_id: str | None = None
    forgotten: int = 0


def run(db: Database) -> Verdict:
    """Verify the whole chain as it was when the walk began.

    A record without its personal parts must belong to a batch, and the batch must be sealed by a record of the chain:
    taking names away without saying so is a change like any other.
    """
    with db.reading() as connection:
        # Read first: records appended during the walk lie beyond this end and are verified with it all the same.
        end, end_chain = audit.head(connection)
        chain, good, at_end = trail.START, 0, trail.START
        bare: list[tuple[int, str]] = []
        seals: set[str] = set()
        for row in audit.walk(connection):
            fault = fault_of(row, good + 1, chain)
            if fault:
                return Verdict(good, chain, fault, good + 1 if fault == "missing" else row.seq, str(row.id))
            if row.personal_salt is None:
                bare.append((row.seq, str(row.id)))
            if row.action == forgetting.ACTION and row.service == "identity" and row.object_id:
                seals.add(row.object_id)
            chain, good = bytes(row.chain), good + 1
            if good == end:
                at_end = chain
        sealed = audit.sealed(connection, seals, forgetting.seal)
    if good < end:
        return Verdict(good, chain, "missing", good + 1)
    if at_end != end_chain:
        return Verdict(good, chain, "the end of the chain is another one than was noted", end)
    for seq, record_id in bare:
        if seq not in sealed:
            return Verdict(seq - 1, chain, "changed", seq, record_id)
    return Verdict(good, chain, forgotten=len(bare))


def fault_of(row: Any, expected_seq: int, previous: bytes) -> str | None:
    """Return what is wrong with a record that should follow `previous`: `missing`, `inserted`, `changed`, or None."""
    if row.seq != expected_seq:
        return "missing" if row.seq > expected_seq else "inserted"
    record = row._mapping
    personal = bytes(row.personal_hash)
    if row.personal_salt is None:
        if (row.actor_name, row.address, row.detail, row.actor_search) != (None, None, None, ""):
            return "changed"
    elif trail.personal_hash(bytes(row.personal_salt), record) != personal or row.actor_search != fold(row.actor_name):
        return "changed"
    if trail.link(previous, row.seq, record, personal) != bytes(row.chain):
        return "changed"
    return None
