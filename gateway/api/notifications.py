"""Messages, preferences and deliveries over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import customer, role
from gateway.api._frame import Body, Paged, api
from gateway.bus import call, call_json
from gateway.staff.deliveries import READS
from services.notifications import messages as m

bp = Blueprint("api_notifications", __name__)

TAG = "Messages"
STAFF_TAG = "Staff: deliveries"
MISSING = ("not_found",)


class MessageQuery(Paged):
    unread_only: bool | None = None


class Choice(Body):
    group: str = Field(max_length=100)
    email: bool
    sms: bool


class Choices(Body):
    items: list[Choice] = Field(max_length=50)
    phone: str | None = Field(None, max_length=40, description="For text messages, with the country code")


class DeliveryQuery(Paged):
    status: m.DeliveryStatus | None = None
    channel: m.Channel | None = None
    stuck: bool | None = Field(None, description="Tried at least once and not sent")
    client_id: UUID | None = None
    search: str = Field("", max_length=200, description="Words of address or subject")


class Again(Body):
    address: str | None = Field(None, max_length=200, description="A corrected address")


@api(bp, "GET", "/messages", allow=customer, query=MessageQuery, reply=m.MessagePage, tag=TAG, summary="List messages")
def list_messages(query: MessageQuery) -> Any:
    return call(m.ListMessages(unread_only=query.unread_only, after=query.after, limit=query.limit))


@api(bp, "GET", "/messages/unread", allow=customer, reply=m.UnreadCount, tag=TAG, summary="How many are unread")
def unread_count() -> Any:
    return call_json(m.CountUnread())


@api(bp, "POST", "/messages/read", allow=customer, reply=m.UnreadCount, tag=TAG, summary="Mark all as read")
def mark_all_read() -> Any:
    return call(m.MarkRead())


@api(bp, "GET", "/messages/preferences", allow=customer, reply=m.Preferences, tag=TAG, summary="Chosen channels")
def get_preferences() -> Any:
    return call_json(m.GetPreferences())


@api(bp, "PUT", "/messages/preferences", allow=customer, body=Choices, reply=m.Preferences, tag=TAG,
     summary="Choose channels",
     errors=("notifications.unknown_kind", "notifications.always_on", "notifications.phone_needed"))  # fmt: skip
def save_preferences(body: Choices) -> Any:
    items = [m.PreferenceChoice(group=i.group, email=i.email, sms=i.sms) for i in body.items]
    return call(m.SavePreferences(items=items, phone=body.phone))


@api(bp, "GET", "/messages/<uuid:message_id>", allow=customer, reply=m.PortalMessage, tag=TAG, summary="A message",
     errors=MISSING)  # fmt: skip
def get_message(message_id: UUID) -> Any:
    return call_json(m.GetMessage(message_id=message_id))


@api(bp, "POST", "/messages/<uuid:message_id>/read", allow=customer, reply=m.UnreadCount, tag=TAG,
     summary="Mark a message as read", errors=MISSING)  # fmt: skip
def mark_read(message_id: UUID) -> Any:
    return call(m.MarkRead(message_id=message_id))


@api(bp, "GET", "/staff/deliveries", allow=READS, query=DeliveryQuery, reply=m.DeliveryPage, tag=STAFF_TAG,
     summary="List deliveries")  # fmt: skip
def list_deliveries(query: DeliveryQuery) -> Any:
    asked = query.model_dump(exclude_none=True)
    return call(m.ListDeliveries(q=asked.pop("search"), **asked))


@api(bp, "GET", "/staff/deliveries/counts", allow=READS, reply=m.DeliveryCounts, tag=STAFF_TAG,
     summary="How the mail at work is doing")  # fmt: skip
def delivery_counts() -> Any:
    return call_json(m.CountDeliveries())


@api(bp, "GET", "/staff/deliveries/<uuid:delivery_id>", allow=READS, reply=m.DeliveryView, tag=STAFF_TAG,
     summary="A delivery with every try", errors=MISSING)  # fmt: skip
def get_delivery(delivery_id: UUID) -> Any:
    return call_json(m.GetDelivery(delivery_id=delivery_id))


@api(bp, "POST", "/staff/deliveries/<uuid:delivery_id>/resend", allow=role("customer_service", "administrator"),
     body=Again, reply=m.DeliveryView, idempotent=True, tag=STAFF_TAG, summary="Send again",
     errors=("not_found", "notifications.not_resendable", "malformed", "idempotency_key_reused"))  # fmt: skip
def resend_delivery(delivery_id: UUID, body: Again, idempotency_key: str | None) -> Any:
    return call(m.Resend(delivery_id=delivery_id, address=body.address, idempotency_key=idempotency_key))
