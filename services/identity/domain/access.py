"""The states of a user's access and the steps between them (S1-20, S1-33, S1-56..58, S3-26, S3-35)."""

from __future__ import annotations

from chassis.errors import PortalError

# step -> the states it may be taken in
STEPS: dict[str, frozenset[str]] = {
    "block": frozenset({"pending", "active"}),
    "discontinue": frozenset({"pending", "active", "blocked"}),
    "delete": frozenset({"pending", "active", "blocked", "discontinued"}),
    "reinstate": frozenset({"discontinued"}),
}

# After these only an administrator lets somebody in again (S1-57, S1-58).
_GRAVE = frozenset({"unauthorised_use", "breach_of_terms", "false_data"})

# Why representations end when the access of the user does.
_REPRESENTATION_REASONS = frozenset(
    {"own_request", "client_request", "mandate_expired", "legal_basis_lost", "breach_of_terms"}
)


def check(step: str, status: str) -> None:
    """Raise PortalError identity.already_blocked or wrong_access_state when `step` cannot be taken from `status`."""
    if status in STEPS[step]:
        return
    if step == "block" and status == "blocked":
        raise PortalError("identity.already_blocked")
    raise PortalError("identity.wrong_access_state")


def needs_administrator(ended_for: str | None) -> bool:
    """Tell whether giving access back after an ending for this reason is for administrators only."""
    return ended_for in _GRAVE


def end_reason(reason: str) -> str:
    """Return the reason a representation ends for when its user's access ends for `reason`."""
    return reason if reason in _REPRESENTATION_REASONS else "other"
