"""Roles of staff: who may have which together, and which take two people to give."""

from __future__ import annotations

from collections.abc import Collection

from chassis.errors import PortalError

FOUR_EYES = frozenset({"administrator"})
# Who watches over what the others do does nothing of it: an auditor's record is worth something only then.
WATCHER = "auditor"


def check_grant(held: Collection[str], wanted: str) -> None:
    """Raise PortalError identity.role_held or role_conflict when `wanted` cannot join the roles `held`."""
    if wanted in held:
        raise PortalError("identity.role_held", field="role")
    if held and WATCHER in (*held, wanted):
        raise PortalError("identity.role_conflict", field="role")


def check_set(wanted: Collection[str]) -> None:
    """Raise PortalError identity.role_conflict for roles that one person cannot have together."""
    if WATCHER in wanted and len(set(wanted)) > 1:
        raise PortalError("identity.role_conflict", field="roles")
