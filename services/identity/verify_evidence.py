"""Prove an export of the audit trail: `./portal verify-evidence FILE.zip [--seal CERTIFICATE] [--offline]`.

The signatures are verified with `openssl` against the certificate that is given, else the one this installation signs
with: never the one in the file, which anybody could have put there. Then every line of the CSV file must stand in the
trail with the same chain value. Ends with 0 when all is proven, 1 when something is not, 2 when it cannot be told.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import sqlalchemy as sa

from chassis.cells import MARK
from chassis.database import Database
from chassis.errors import PortalError
from services.identity import seal
from services.identity.settings import settings
from services.identity.store import tables

AT_ONCE = 1000
_CHAINS = sa.text("SELECT seq, id, chain FROM audit_records WHERE seq = ANY(:seqs)")


def main() -> int:
    """Prove the file and say how it stands."""
    parser = argparse.ArgumentParser(prog="./portal verify-evidence", description="Prove an export of the audit trail.")
    parser.add_argument("file", type=Path, help="the ZIP file as it was downloaded")
    parser.add_argument("--seal", type=Path, help="the seal's certificate (PEM); else that of this installation")
    parser.add_argument("--offline", action="store_true", help="signatures only, without the trail itself")
    chosen = parser.parse_args()
    if not shutil.which("openssl"):
        print("openssl is needed to verify signatures", file=sys.stderr)
        return 2
    try:
        trusted = chosen.seal.read_bytes() if chosen.seal else seal.load(settings().seal_file).certificates
        with zipfile.ZipFile(chosen.file) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, PortalError, zipfile.BadZipFile) as error:
        print(error.sentence("en") if isinstance(error, PortalError) else str(error), file=sys.stderr)
        return 2
    wrong = faults(held, trusted)
    lines = 0
    if not wrong:
        body = next(held[name] for name in held if name.endswith(".csv"))
        rows = list(csv.DictReader(io.StringIO(body.decode().removeprefix(MARK)), delimiter=";"))
        lines = len(rows)
        if not chosen.offline:
            wrong = strange(rows)
    for line in wrong:
        print(f"EVIDENCE NOT PROVEN: {line}")
    if not wrong:
        where = "signatures" if chosen.offline else "signatures and every line in the trail"
        print(f"evidence proven: {lines} records, {where}")
    return 1 if wrong else 0


def faults(held: dict[str, bytes], trusted: bytes) -> list[str]:
    """Return what is wrong with the signatures of the files of an export."""
    signed = [name for name in held if f"{name}.p7s" in held]
    if sorted(Path(name).suffix for name in signed) != [".csv", ".pdf"]:
        return ["it must hold one CSV and one PDF file, each with its signature"]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        certificate, content, signature = (Path(folder, name) for name in ("seal.pem", "content", "signature"))
        certificate.write_bytes(trusted)
        for name in signed:
            content.write_bytes(held[name])
            signature.write_bytes(held[f"{name}.p7s"])
            command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(signature), "-content",
                       str(content), "-CAfile", str(certificate), "-partial_chain", "-no_check_time", "-purpose", "any",
                       "-out", "/dev/null"]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            if done.returncode:
                wrong.append(f"the signature of {name} (SHA-256 {hashlib.sha256(held[name]).hexdigest()})")
    return wrong


def strange(rows: list[dict[str, str]]) -> list[str]:
    """Return the lines that do not stand in the trail as they stand in the file."""
    wrong = []
    db = Database("identity", tables.metadata, pool_size=1)
    try:
        with db.reading() as connection:
            for start in range(0, len(rows), AT_ONCE):
                some = rows[start : start + AT_ONCE]
                seqs = [int(row["seq"]) for row in some]
                known = {row.seq: row for row in connection.execute(_CHAINS, {"seqs": seqs})}
                for row in some:
                    there = known.get(int(row["seq"]))
                    if there is None:
                        wrong.append(f"record {row['seq']} is not in the trail")
                    elif (str(there.id), bytes(there.chain).hex()) != (row["record_id"], row["chain"]):
                        wrong.append(f"record {row['seq']} is another one in the trail")
    finally:
        db.close()
    return wrong


if __name__ == "__main__":
    sys.exit(main())
