"""Verify the audit trail: `python -m services.identity.verify_audit`; exit 1 names the first broken record."""

from __future__ import annotations

import sys

from chassis.database import Database
from services.identity.store import tables
from services.identity.usecases import verify_chain


def main() -> int:
    """Walk the chain and say how it stands."""
    db = Database("identity", tables.metadata, pool_size=1)
    try:
        verdict = verify_chain.run(db)
    finally:
        db.close()
    if verdict.fault is None:
        print(f"audit trail whole: {verdict.good} records, chain {verdict.chain.hex() or '-'}")
        return 0
    named = f"record {verdict.seq}" + (f" ({verdict.record_id})" if verdict.record_id else "")
    print(f"AUDIT TRAIL BROKEN at {named}: {verdict.fault}; {verdict.good} records before it are whole")
    return 1


if __name__ == "__main__":
    sys.exit(main())
