"""The kinds of message: to which group of preferences each belongs and which right a reader needs.

Adding a kind is a line here, a template in each language and what fills it (`usecases/facts.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds a client chooses channels for together; a `fixed` group cannot be switched off (B-13)."""

    name: str
    lv: str
    en: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message. `right`: what a user of the client needs to read it in the portal; None: any user."""

    name: str
    group: str
    right: str | None = None


GROUPS: Mapping[str, Group] = {
    group.name: group
    for group in (
        Group("security", "Drošība un piekļuve", "Security and access", fixed=True),
        Group("requests", "Pieprasījumi un to izskatīšana", "Requests and how they proceed"),
        Group("permits", "Atļaujas un to termiņi", "Permits and their terms"),
        Group("finance", "Rēķini un maksājumi", "Invoices and payments"),
    )
}

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("security_locked", "security"),
        Kind("terms_new", "security"),
        Kind("security_blocked", "security"),
        Kind("security_unblocked", "security"),
        Kind("security_unusual", "security"),
        Kind("security_held", "security"),
        Kind("staff_address_held", "security"),
        Kind("security_password_old", "security"),
        Kind("security_discontinued", "security"),
        Kind("access_ending", "security"),
        Kind("security_credentials", "security"),
        Kind("representation_given", "security"),
        Kind("representation_changed", "security"),
        Kind("representation_ended", "security"),
        Kind("security_factor", "security"),
        Kind("link_activation", "security"),
        Kind("link_password_reset", "security"),
        Kind("link_email_change", "security"),
        Kind("link_email_proof", "security"),
        Kind("link_email_undo", "security"),
        Kind("application_submitted", "security"),
        Kind("application_approved", "security"),
        Kind("application_refused", "security"),
        Kind("application_lapsed", "security"),
        Kind("representation_granted", "security", "users.manage"),
        Kind("link_compromise", "security"),
        Kind("security_access_closed", "security"),
        Kind("staff_access_closed", "security"),
        Kind("erasure_report", "security"),
        Kind("case_submitted", "requests", "requests.submit"),
        Kind("case_information_requested", "requests", "requests.submit"),
        Kind("case_approved", "requests", "requests.submit"),
        Kind("case_refused", "requests", "requests.submit"),
        Kind("case_completed", "requests", "requests.submit"),
        Kind("contract_concluded", "requests", "requests.submit"),
        Kind("case_answered", "requests", "requests.submit"),
        Kind("case_withdrawn", "requests", "requests.submit"),
        Kind("permit_issued", "permits", "permits.see"),
        Kind("permit_expiring", "permits", "permits.see"),
        Kind("invoice_issued", "finance", "finance.see"),
        Kind("invoice_overdue", "finance", "finance.see"),
        Kind("payment_settled", "finance", "finance.see"),
    )
}


def channels(kind: Kind, chosen: Mapping[str, tuple[bool, bool]]) -> frozenset[str]:
    """Return the channels beside the portal that a kind takes.

    `chosen` maps a group to (e-mail, SMS); a group nobody chose for takes e-mail. A fixed group always takes e-mail.
    """
    email, sms = chosen.get(kind.group, (True, False))
    if GROUPS[kind.group].fixed:
        email = True
    return frozenset(name for name, wanted in (("email", email), ("sms", sms)) if wanted)
