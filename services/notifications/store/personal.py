"""Where notifications keeps data about people: everything goes once the report of the erasure has left."""

# Conditions are put together from constants of this file.
# ruff: noqa: S608

from __future__ import annotations

from chassis.person_data import SCRUB, Declaration, Holding
from services.notifications.store.tables import metadata

_OWN = "user_id = :user OR client_id = ANY(:clients)"
_MESSAGES = f"SELECT id FROM messages WHERE {_OWN}"
_OTHERS = "NOT coalesce(user_id = :user, false) AND NOT coalesce(client_id = ANY(:clients), false)"
_TO_THEM = f"{_OTHERS} AND id IN (SELECT message_id FROM deliveries WHERE address = ANY(:marks))"
# Letters to another client that speak of the person: who may act for it, and what was applied for.
_ABOUT = (
    f"{_OTHERS} AND coalesce(client_id = ANY(:acted), false)"
    " AND (kind LIKE 'representation%' OR kind LIKE 'application%')"
)
_TO_THEM_OR_ABOUT = f"({_TO_THEM}) OR ({_ABOUT})"
_DELIVERIES = f"SELECT id FROM deliveries WHERE message_id IN ({_MESSAGES})"

PERSONAL = Declaration(
    metadata,
    (
        Holding("attempts", f"delivery_id IN ({_DELIVERIES})", ("Sūtīšanas mēģinājumi", "Attempts to deliver"),
                delete=True),
        Holding("deliveries", f"message_id IN ({_MESSAGES})", ("Piegādes", "Deliveries"), hide="search", delete=True),
        Holding("message_reads", f"user_id = :user OR message_id IN ({_MESSAGES})",
                ("Izlasītie ziņojumi", "Messages that were read"), delete=True),
        # A message to a client for whom the person acts may greet them by name where it went to their address.
        Holding("deliveries", f"message_id IN (SELECT id FROM messages WHERE {_TO_THEM_OR_ABOUT})",
                ("Citu klientu ziņojumu piegādes", "Deliveries of messages of other clients"), export=False,
                plain="channel status failure provider_ref", reason="other_client", erase={"search": SCRUB},
                keep={"address": "other_client"}),
        Holding(
            "messages", _ABOUT,
            ("Ziņojumi citiem klientiem par personu", "Messages to other clients about the person"),
            plain="kind right language link", reason="other_client", export=False,
            erase={"subject": SCRUB, "body": SCRUB, "html": SCRUB, "sms": SCRUB},
        ),
        Holding(
            "messages",
            _TO_THEM,
            ("Citu klientu ziņojumi, kas nosūtīti personai", "Messages of other clients sent to the person"),
            plain="kind right language link", reason="other_client",
            erase={"subject": SCRUB, "body": SCRUB, "html": SCRUB, "sms": SCRUB},
        ),
        Holding("messages", _OWN, ("Ziņojumi", "Messages"), hide="html", delete=True),
        Holding("preferences", "client_id = ANY(:clients)", ("Paziņojumu izvēles", "Choices of notification"),
                delete=True),
        Holding("client_phones", "client_id = ANY(:clients)", ("Tālrunis īsziņām", "Telephone for text messages"),
                delete=True),
    ),
    waits="SELECT 1 FROM deliveries d JOIN messages m ON m.id = d.message_id"
    " WHERE m.user_id = :user AND m.kind = 'erasure_report' AND d.status IN ('sent', 'failed')",
)  # fmt: skip
