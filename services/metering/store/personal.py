"""Where metering keeps data about people."""

# Conditions are put together from constants of this file.
# ruff: noqa: S608

from __future__ import annotations

from chassis.person_data import BLANK, PSEUDONYM, SCRUB, Declaration, Holding
from services.metering.store.tables import metadata

_CONTRACTS = "SELECT id FROM contracts WHERE client_id = ANY(:clients)"
_METERS = f"SELECT id FROM meters WHERE contract_id IN ({_CONTRACTS})"
_RUNS = "(ended_on IS NULL OR ended_on >= CURRENT_DATE)"

PERSONAL = Declaration(
    metadata,
    (
        Holding(
            "contracts", f"client_id = ANY(:clients) AND {_RUNS}", ("Spēkā esošie līgumi", "Contracts in force"),
            plain="contract_no services", keep={"address": "contract", "search": "contract"},
        ),
        Holding(
            "contracts", f"client_id = ANY(:clients) AND NOT {_RUNS}", ("Beigušies līgumi", "Contracts that ended"),
            erase={"address": BLANK, "search": "lower(contract_no)"},
        ),
        Holding("meters", f"contract_id IN ({_CONTRACTS})", ("Skaitītāji", "Meters"), plain="meter_no service unit",
                reason="contract"),
        Holding("readings", f"meter_id IN ({_METERS})", ("Rādījumi", "Readings"), plain="warnings",
                erase={"submitted_by": SCRUB, "confirmed_by": SCRUB}, reason="accounting"),
        Holding(
            "readings", f"submitted_by_id = :user AND meter_id NOT IN ({_METERS})",
            ("Citu klientu vārdā iesniegtie rādījumi", "Readings submitted for other clients"),
            erase={"submitted_by": PSEUDONYM, "confirmed_by": SCRUB}, reason="other_client",
        ),
        Holding("acts", f"contract_id IN ({_CONTRACTS})", ("Pārbaudes akti", "Inspection acts"), plain="act_no kind",
                erase={"summary": SCRUB}, reason="decision"),
    ),
    obligations={
        "contract": "SELECT contract_no FROM contracts WHERE client_id = ANY(:clients)"
        f" AND {_RUNS} ORDER BY contract_no"
    },
)  # fmt: skip
