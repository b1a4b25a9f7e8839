"""The rule of what a client may use."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from services.identity.domain.entitlements import AREAS, SERVICES, SETTLEMENTS, areas

SETS = [None, *map(frozenset, chain.from_iterable(combinations(SERVICES, n) for n in range(4)))]


@pytest.mark.parametrize(
    ("services", "opened"),
    [
        (None, {"permits", "contracts"}),  # nobody was asked: nothing is kept away
        (set(), {"permits"}),
        ({"permits"}, {"permits"}),
        ({"requests"}, {"permits"}),
        ({"contracts"}, {"contracts"}),
        ({"contracts", "requests"}, {"permits", "contracts"}),
        ({"contracts", "permits"}, {"permits", "contracts"}),
    ],
)
def test_services_open_areas(services: set[str] | None, opened: set[str]) -> None:
    assert areas("invoice", services) == opened | {"payments"}


@pytest.mark.parametrize("services", SETS)
def test_the_arrangement_decides_on_paying_and_on_nothing_else(services: frozenset[str] | None) -> None:
    found = {settlement: areas(settlement, services) for settlement in SETTLEMENTS}
    assert found["invoice"] == found["prepayment"] == found["payer"] | {"payments"}
    assert "payments" not in found["payer"] and found["payer"] and found["invoice"] <= set(AREAS)
