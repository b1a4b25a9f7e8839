"""The contract form's fields as the typed record that metering concludes a contract from."""

from __future__ import annotations

from services.requests.domain import values
from services.requests.messages import ContractOrder


def from_data(data: dict[str, str]) -> ContractOrder:
    """Return the order of a checked `contract` form. Raises KeyError for a field the form requires."""
    supply = data["supply"]
    return ContractOrder(
        address=data["address"],
        cadastre_no=data.get("cadastre_no"),
        services=["cold_water", "sewerage"] if supply == "cold_water_sewerage" else [supply],  # type: ignore[list-item]
        desired_from=values.day(data["desired_from"]),
    )
