"""What several use cases say in the same words."""

from __future__ import annotations

from chassis.caller import Caller
from services.billing import messages as m
from services.identity.messages import ClientCard


def by_right(caller: Caller, customer_right: str) -> str:
    """Return by which right a caller acts, for the audit trail: a customer's right, else what they are."""
    if caller.kind == "user":
        return customer_right
    return "/".join(sorted(caller.roles)) or caller.kind


def who(caller: Caller) -> str:
    """Return the name to show beside a deed; timers and services are the portal itself."""
    return caller.name if caller.kind in ("user", "staff") else "portal"


def customer_of(card: ClientCard) -> m.Party:
    """Return a client as it stands on an invoice."""
    return m.Party(
        name=card.name,
        reg_no=card.reg_no or "",
        address=card.address or "",
        email=card.invoice_email or card.email or "",
        phone=card.phone or "",
    )
