"""The contract form's fields as the typed record that metering concludes a contract from."""

from __future__ import annotations

from services.metering.messages import ServiceCode
from services.requests.domain import values
from services.requests.messages import ContractOrder

# What the form lets one choose, and the services it stands for.
SUPPLIES: dict[str, list[ServiceCode]] = {
    "cold_water": ["cold_water"],
    "cold_water_sewerage": ["cold_water", "sewerage"],
    "electricity": ["electricity"],
}


def from_data(data: dict[str, str]) -> ContractOrder:
    """Return the order of a checked `contract` form. Raises KeyError for a field the form requires."""
    return ContractOrder(
        address=data["address"],
        cadastre_no=data.get("cadastre_no"),
        services=SUPPLIES[data["supply"]],
        desired_from=values.day(data["desired_from"]),
    )
