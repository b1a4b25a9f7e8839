"""Tables and queries of identity; importing the package makes every table known to the metadata."""

from services.identity.store import (
    approval_tables,
    external_tables,
    factor_tables,
    joining_tables,
    link_tables,
    register_tables,
    role_tables,
    sweep_tables,
    tables,
)

__all__ = [
    "approval_tables",
    "external_tables",
    "factor_tables",
    "joining_tables",
    "link_tables",
    "register_tables",
    "role_tables",
    "sweep_tables",
    "tables",
]
