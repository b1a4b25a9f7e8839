"""What a client may use in the portal: by registered services, settlement arrangement and kind of person (S1-22).

The kind of person decides which forms are offered (`services/requests/domain/offers.py`); the rest is decided here,
once, and travels in the token as areas. Whose data somebody sees is another question: an area opens nobody else's.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

# What a client can be registered for; asked of the service that keeps it.
SERVICES = ("permits", "contracts", "requests")
# How a client settles for services (S1-16): after an invoice, before the service, or somebody else pays for it.
SETTLEMENTS = ("invoice", "prepayment", "payer")
AREAS = ("permits", "contracts", "payments")
# What the services say is asked anew when it is older than this, and at once when somebody is refused for it.
ASKED_ANEW = timedelta(hours=1)


def areas(settlement: str, services: Collection[str] | None) -> frozenset[str]:
    """Return the areas of a client; `services` None means that nobody has been asked yet, and nothing is kept away.

    Contracts are for who has or had one. Permits are for who has, had or asked for one, and for who has nothing yet:
    only a client of contracts alone has no use for them (S0-11). Who does not pay their own invoices cannot pay here.
    """
    found = set()
    if services is None or "contracts" in services:
        found.add("contracts")
    if services is None or "contracts" not in services or not {"permits", "requests"}.isdisjoint(services):
        found.add("permits")
    if settlement != "payer":
        found.add("payments")
    return frozenset(found)
