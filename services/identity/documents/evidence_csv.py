"""What stands in an export of the audit trail, and how a reader of it goes about proving it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chassis.cells import csv_line

COLUMNS = (
    "seq", "record_id", "at", "service", "action", "outcome", "actor_kind", "actor_id", "actor_name", "client_id",
    "client_name", "object_type", "object_id", "right", "address", "session_id", "correlation_id", "detail",
    "previous_chain", "chain",
)  # fmt: skip

VERIFY = """\
Kā pārbaudīt / How to verify

1. Paraksti / signatures (seal.pem: iegūstiet arī no iestādes / get it from the operator, too: {address}):

   openssl cms -verify -binary -inform DER -in {stem}.csv.p7s -content {stem}.csv -CAfile seal.pem \\
       -partial_chain -purpose any -out /dev/null
   openssl cms -verify -binary -inform DER -in {stem}.pdf.p7s -content {stem}.pdf -CAfile seal.pem \\
       -partial_chain -purpose any -out /dev/null

   SHA-256 (seal.pem): {fingerprint}
   SHA-256 ({stem}.csv): {csv_sha256}

2. Ķēde / chain: ./portal verify-evidence {stem}.zip
   salīdzina katru rindu ar ierakstu virkni / compares every line with the trail itself.
"""


def line(row: Mapping[str, Any], previous: str) -> str:
    """Return one record as a line of the CSV file."""
    detail = json.dumps(row["detail"], sort_keys=True, ensure_ascii=False)
    values = {**row, "detail": detail, "previous_chain": previous}
    return csv_line(_plain(values[name]) for name in COLUMNS)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
