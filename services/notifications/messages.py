"""Published language of `notifications`: in-portal messages, deliveries, preferences."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.errors import ErrorTable
from chassis.messages import Event, IdempotencyKey, Limit, Line, Message, Moment, Page, Request

ERRORS = ErrorTable(
    "notifications",
    {
        "not_resendable": (
            409,
            "Šis sūtījums vēl ir ceļā; to nevar sūtīt vēlreiz.",
            "This delivery is still on its way; it cannot be sent again.",
        ),
        "always_on": (
            422,
            "Drošības paziņojumus nevar izslēgt.",
            "Security messages cannot be switched off.",
        ),
        "unknown_kind": (422, "Tāda paziņojumu veida nav.", "There is no such kind of message."),
        "phone_needed": (
            422,
            "Lai saņemtu īsziņas, norādiet tālruņa numuru ar valsts kodu, piemēram, +37120000000.",
            "To get text messages, give a phone number with its country code, for example +37120000000.",
        ),
    },
)

Channel = Literal["email", "sms", "portal"]
DeliveryStatus = Literal["queued", "sending", "sent", "failed"]


class PortalMessage(Message):
    """A message in the portal. `link` is a path in the portal; `body` plain text with line breaks."""

    message_id: UUID
    kind: str
    subject: str
    body: str
    link: str | None = None
    created_at: Moment
    read_at: Moment | None = None


class MessagePage(Page[PortalMessage]):
    unread: int = 0


class ListMessages(Request[MessagePage], rpc="notifications.list_messages"):
    """What the caller may see of the client's messages and of the caller's own, newest first."""

    unread_only: bool | None = None
    after: str | None = None
    limit: Limit = 20


class GetMessage(Request[PortalMessage], rpc="notifications.get_message"):
    message_id: UUID


class UnreadCount(Message):
    unread: int


class CountUnread(Request[UnreadCount], rpc="notifications.unread_count"):
    """How many messages the caller has not read; what the overview shows."""


class MarkRead(Request[UnreadCount], rpc="notifications.mark_read"):
    """Mark one message as read, or all of them when `message_id` is None."""

    message_id: UUID | None = None


# --- preferences --------------------------------------------------------------------------------------------------


class Preference(Message):
    """Which channels a kind of message takes; `fixed` ones cannot be switched off (security, B-13)."""

    group: str
    label_lv: str
    label_en: str
    email: bool
    sms: bool
    fixed: bool = False


class Preferences(Message):
    items: list[Preference]
    phone: str | None = None


class GetPreferences(Request[Preferences], rpc="notifications.get_preferences"):
    """The preferences of the client acted for."""


class PreferenceChoice(Message):
    group: Line
    email: bool
    sms: bool


class SavePreferences(Request[Preferences], rpc="notifications.save_preferences"):
    """Replace the client's choices; groups not named keep theirs."""

    items: Annotated[list[PreferenceChoice], Field(max_length=50)]
    phone: Line | None = None


# --- staff --------------------------------------------------------------------------------------------------------


class DeliveryRow(Message):
    """One message on one channel. `sent_at` is the moment it counts as sent (S1-68); times in UTC."""

    delivery_id: UUID
    message_id: UUID
    client_id: UUID | None
    kind: str
    channel: Channel
    language: str
    address: str
    subject: str
    status: DeliveryStatus
    attempts: int
    created_at: Moment
    next_try_at: Moment | None = None
    sent_at: Moment | None = None
    failure: str | None = None
    provider_ref: str | None = None


class DeliveryPage(Page[DeliveryRow]): ...


class ListDeliveries(Request[DeliveryPage], rpc="notifications.list_deliveries"):
    """All deliveries, newest first; `stuck` = not sent and tried at least once."""

    status: DeliveryStatus | None = None
    channel: Channel | None = None
    stuck: bool | None = None
    client_id: UUID | None = None
    q: Line = ""
    after: str | None = None
    limit: Limit = 50


class DeliveryAttempt(Message):
    at: Moment
    outcome: str
    detail: str = ""


class DeliveryView(DeliveryRow):
    body: str
    attempts_log: list[DeliveryAttempt] = []


class GetDelivery(Request[DeliveryView], rpc="notifications.get_delivery"):
    delivery_id: UUID


class Resend(Request[DeliveryView], rpc="notifications.resend"):
    """Send a failed delivery again, or one more copy of a sent one; optionally to a corrected address."""

    delivery_id: UUID
    address: Line | None = None
    idempotency_key: IdempotencyKey | None = None


class DeliveryCounts(Message):
    queued: int
    failed: int
    sent_today: int
    oldest_queued_seconds: float


class CountDeliveries(Request[DeliveryCounts], rpc="notifications.delivery_counts"):
    """What the staff console shows of the mail at work."""


# --- events -------------------------------------------------------------------------------------------------------


class DeliveryFailed(Event, type="notifications.delivery.failed", aggregate="delivery_id"):
    """A message could not be delivered and will not be tried again by itself; the portal message stays."""

    delivery_id: UUID
    message_id: UUID
    client_id: UUID | None = None
    kind: str
    channel: Channel
    reason: str
