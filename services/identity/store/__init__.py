"""Tables and queries of identity; importing the package makes every table known to the metadata."""

from services.identity.store import (
    agreeing_tables,
    approval_tables,
    assurance_tables,
    evidence_tables,
    external_tables,
    factor_tables,
    joining_tables,
    key_tables,
    link_tables,
    machine_tables,
    person_tables,
    place_tables,
    register_tables,
    role_tables,
    sweep_tables,
    tables,
)

__all__ = [
    "agreeing_tables",
    "approval_tables",
    "assurance_tables",
    "evidence_tables",
    "external_tables",
    "factor_tables",
    "joining_tables",
    "key_tables",
    "link_tables",
    "machine_tables",
    "person_tables",
    "place_tables",
    "register_tables",
    "role_tables",
    "sweep_tables",
    "tables",
]
