"""Verify the audit trail: `./portal verify-audit [--anchor FILE]`; exit 1 names the first broken record.

The printed head is worth keeping elsewhere: with `--anchor FILE` it is appended to a file (on other storage, say), and
every head that stands there already must still be a link of the chain. Whoever rewrites the whole trail, end included,
is found by that.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import sqlalchemy as sa

from chassis.database import Database
from services.identity.store import tables
from services.identity.usecases import verify_chain


def main() -> int:
    """Walk the chain and say how it stands."""
    parser = argparse.ArgumentParser(prog="./portal verify-audit")
    parser.add_argument("--anchor", type=Path, help="a file of heads: compare with it, then add the present one")
    chosen = parser.parse_args()
    db = Database("identity", tables.metadata, pool_size=1)
    try:
        verdict = verify_chain.run(db)
        strange = _strange(db, chosen.anchor) if verdict.fault is None and chosen.anchor else None
    finally:
        db.close()
    if verdict.fault is not None:
        named = f"record {verdict.seq}" + (f" ({verdict.record_id})" if verdict.record_id else "")
        print(f"AUDIT TRAIL BROKEN at {named}: {verdict.fault}; {verdict.good} records before it are whole")
        return 1
    if strange is not None:
        print(f"AUDIT TRAIL BROKEN at record {strange}: it is not the one that was anchored")
        return 1
    forgotten = f", {verdict.forgotten} of them without personal parts" if verdict.forgotten else ""
    print(f"audit trail whole: {verdict.good} records{forgotten}, chain {verdict.chain.hex() or '-'}")
    if chosen.anchor and verdict.good:
        with chosen.anchor.open("a") as file:
            file.write(f"{verdict.good} {verdict.chain.hex()}\n")
    return 0


def _strange(db: Database, anchor: Path) -> int | None:
    """Return the number of the first anchored record that is another one now."""
    if not anchor.exists():
        return None
    with db.reading() as connection:
        for line in anchor.read_text().split("\n"):
            if not line.strip():
                continue
            number, chain = line.split()
            found = connection.execute(
                sa.text("SELECT chain FROM audit_records WHERE seq = :seq"), {"seq": int(number)}
            ).scalar()
            if found is None or bytes(found).hex() != chain:
                return int(number)
    return None


if __name__ == "__main__":
    sys.exit(main())
