"""Records of every service's deeds become links of the chain (S1-50, S1-63, B-21)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from chassis.audit import AuditRecord, AuditRecorded
from chassis.caller import Delivery
from chassis.database import Database
from chassis.text import fold
from services.identity.domain import trail
from services.identity.store import audit

LONGEST = 4000


def run(db: Database, event: AuditRecorded, delivery: Delivery) -> None:
    """Append a batch; records that are in the trail already are left out, so any repetition is harmless."""
    with db.unit_of_work(delivery) as unit:
        audit.lock_chain(unit.session)
        known = audit.known(unit.session, [record.id for record in event.records])
        fresh = [record for record in event.records if record.id not in known]
        if fresh:
            seq, chain = audit.head(unit.session)
            audit.append(unit.session, links(fresh, seq, chain))


def links(records: Sequence[AuditRecord], seq: int, chain: bytes) -> list[dict[str, Any]]:
    """Return rows for records that follow number `seq` with chain value `chain`."""
    rows = []
    for record in records:
        seq += 1
        row = _row(record)
        row["personal_salt"] = secrets.token_bytes(16)
        row["personal_hash"] = trail.personal_hash(row["personal_salt"], row)
        chain = trail.link(chain, seq, row, row["personal_hash"])
        row |= {"seq": seq, "chain": chain, "actor_search": fold(row["actor_name"])}
        rows.append(row)
    return rows


def _row(record: AuditRecord) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(record, name) for name in trail.HASHED}
    for name, value in row.items():
        if isinstance(value, str):
            row[name] = trail.clean(value, LONGEST)
    row["actor_name"] = trail.clean(record.actor_name, LONGEST) or ""
    row["address"] = trail.clean(record.address, LONGEST)
    row["detail"] = trail.canonical(record.detail).decode()
    return row
