"""The door of notifications: events become messages, messages find their addressees."""

from __future__ import annotations

from typing import Any

from chassis.access import customer, role, signed_in
from chassis.bus import Bus
from chassis.caller import Caller, Delivery
from chassis.database import Database
from chassis.dead_letters import dead_letter_doors
from chassis.events import subscribe
from chassis.person_doors import person_doors
from chassis.rpc import serves
from chassis.service import BusDependency, DatabaseDependency
from chassis.timers import every
from services.billing import messages as billing
from services.identity import messages as identity
from services.notifications import messages as m
from services.notifications.settings import settings
from services.notifications.store import tables
from services.notifications.store.personal import PERSONAL
from services.notifications.usecases import notify, prefer, read_messages, send, staff, tell_erasure
from services.permits import messages as permits
from services.requests import messages as requests

staff_reads = role("customer_service", "permit_engineer", "accountant", "administrator", "auditor")
staff_sends = role("customer_service", "administrator")


@dead_letter_doors
@person_doors(PERSONAL)
class Service:
    name = "notifications"
    db: Database = DatabaseDependency(tables.metadata)  # type: ignore[assignment]
    bus: Bus = BusDependency()  # type: ignore[assignment]

    # events of the others, each once

    @subscribe(
        requests.CaseSubmitted,
        requests.CaseInformationRequested,
        requests.CaseApproved,
        requests.CaseRefused,
        requests.CaseCompleted,
        requests.CaseWithdrawn,
    )
    def on_case(self, event: Any, delivery: Delivery) -> None:
        notify.run(self.db, self.bus, event, delivery)

    @subscribe(permits.PermitIssued, permits.PermitExpiring)
    def on_permit(self, event: Any, delivery: Delivery) -> None:
        notify.run(self.db, self.bus, event, delivery)

    @subscribe(billing.InvoiceIssued, billing.InvoiceOverdue, billing.PaymentSettled)
    def on_money(self, event: Any, delivery: Delivery) -> None:
        notify.run(self.db, self.bus, event, delivery)

    @subscribe(
        identity.UserLocked,
        identity.TermsAnnounced,
        identity.UserBlocked,
        identity.UserUnblocked,
        identity.UnusualSignIn,
        identity.UserHeld,
        identity.AddressHeld,
        identity.PasswordOld,
        identity.UserDiscontinued,
        identity.AccessEnding,
        identity.UserCredentialsChanged,
        identity.LinkIssued,
        identity.RepresentationGiven,
        identity.RepresentationChanged,
        identity.RepresentationEnded,
        identity.UserAccessClosed,
    )
    def on_security(self, event: Any, delivery: Delivery) -> None:
        notify.run(self.db, self.bus, event, delivery)

    @subscribe(
        identity.ApplicationSubmitted,
        identity.ApplicationApproved,
        identity.ApplicationRefused,
        identity.ApplicationLapsed,
        identity.RepresentationGranted,
    )
    def on_joining(self, event: Any, delivery: Delivery) -> None:
        notify.run(self.db, self.bus, event, delivery)

    @subscribe(identity.ErasureReported)
    def on_erasure(self, event: identity.ErasureReported, delivery: Delivery) -> None:
        tell_erasure.run(self.db, self.bus, event, delivery)

    # messages in the portal

    @serves(m.ListMessages, allow=signed_in)
    def list_messages(self, request: Any, caller: Caller) -> Any:
        return read_messages.listed(self.db, request, caller)

    @serves(m.GetMessage, allow=signed_in)
    def get_message(self, request: Any, caller: Caller) -> Any:
        return read_messages.one(self.db, request, caller)

    @serves(m.CountUnread, allow=signed_in)
    def unread_count(self, request: Any, caller: Caller) -> Any:
        return read_messages.unread(self.db, caller)

    @serves(m.MarkRead, allow=signed_in)
    def mark_read(self, request: Any, caller: Caller) -> Any:
        return read_messages.mark_read(self.db, request, caller)

    # preferences

    @serves(m.GetPreferences, allow=customer)
    def get_preferences(self, request: Any, caller: Caller) -> Any:
        return prefer.get(self.db, caller)

    @serves(m.SavePreferences, allow=customer)
    def save_preferences(self, request: Any, caller: Caller) -> Any:
        return prefer.save(self.db, request, caller)

    # staff

    @serves(m.ListDeliveries, allow=staff_reads)
    def list_deliveries(self, request: Any, caller: Caller) -> Any:
        return staff.listed(self.db, request, caller)

    @serves(m.GetDelivery, allow=staff_reads)
    def get_delivery(self, request: Any, caller: Caller) -> Any:
        return staff.one(self.db, request, caller)

    @serves(m.CountDeliveries, allow=staff_reads)
    def delivery_counts(self, request: Any, caller: Caller) -> Any:
        return staff.counts(self.db)

    @serves(m.Resend, allow=staff_sends)
    def resend(self, request: Any, caller: Caller) -> Any:
        return staff.resend(self.db, request, caller)

    # time

    @every(seconds=1, limit=120)
    def send_due(self, caller: Caller) -> None:
        send.run(self.db, self.bus, caller)

    @every(seconds=15)
    def measure(self, caller: Caller) -> None:
        send.measure(self.db)

    @every(seconds=3600)
    def remove_old(self, caller: Caller) -> None:
        read_messages.remove_old(self.db, caller, settings().keep_days)
