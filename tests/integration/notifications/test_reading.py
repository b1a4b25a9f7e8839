"""Messages in the portal reach those who may read them; staff see every delivery and can send again."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from services.notifications import demo
from services.notifications import messages as m
from services.notifications.store import tables
from services.notifications.usecases import prefer, read_messages, staff
from tests.integration.notifications.conftest import (
    ANNA,
    JURIS,
    SERVICE,
    STRANGER,
    TIMER,
    Identity,
    MailServer,
    audited,
    rows,
    send_all,
    tell,
)
from tests.integration.notifications.events import expiring, invoice, locked, submitted


def refused_as(code: str, attempt: Any) -> PortalError:
    with pytest.raises(PortalError) as refused:
        attempt()
    assert refused.value.code == code, refused.value
    return refused.value


def kinds(db: Database, caller: Caller, **how: Any) -> list[str]:
    return [i.kind for i in read_messages.listed(db, m.ListMessages(**how), caller).items]


def test_everybody_reads_what_their_rights_allow_and_nothing_of_others(db: Database, identity: Identity) -> None:
    for event in (submitted(), invoice(), expiring(), locked()):
        tell(db, identity, event)
    assert kinds(db, ANNA) == ["security_locked", "permit_expiring", "invoice_issued", "case_submitted"]
    assert kinds(db, JURIS) == ["permit_expiring"]
    assert kinds(db, STRANGER) == []
    first = read_messages.listed(db, m.ListMessages(), ANNA).items
    security, finance = first[0].message_id, first[2].message_id
    for message_id, caller in ((security, JURIS), (finance, JURIS), (finance, STRANGER), (security, SERVICE)):
        refused_as("not_found", lambda i=message_id, c=caller: read_messages.one(db, m.GetMessage(message_id=i), c))
        refused_as("not_found", lambda i=message_id, c=caller: read_messages.mark_read(db, m.MarkRead(message_id=i), c))


def test_reading_is_remembered_for_each_person(db: Database, identity: Identity) -> None:
    for _ in range(3):
        tell(db, identity, expiring())
    page = read_messages.listed(db, m.ListMessages(), ANNA)
    assert page.unread == 3
    one = m.MarkRead(message_id=page.items[0].message_id)
    assert read_messages.mark_read(db, one, ANNA).unread == 2
    assert read_messages.mark_read(db, one, ANNA).unread == 2
    assert read_messages.unread(db, JURIS).unread == 3
    assert len(kinds(db, ANNA, unread_only=True)) == 2
    assert read_messages.mark_read(db, m.MarkRead(), ANNA).unread == 0
    assert audited(db).count("notifications.message.mark_read") == 2


def test_pages_show_each_message_once_newest_first(db: Database, identity: Identity) -> None:
    for number in range(7):
        tell(db, identity, invoice(number=f"R-{number}"))
    seen, after = [], None
    while True:
        page = read_messages.listed(db, m.ListMessages(limit=3, after=after), ANNA)
        seen += [item.subject[:10] for item in page.items]
        after = page.next
        if after is None:
            break
    assert seen == [f"Rēķins R-{n}" for n in range(6, -1, -1)]


def test_the_count_of_unread_stays_cheap(db: Database, identity: Identity) -> None:
    tell(db, identity, expiring())
    with db.engine.begin() as connection:
        connection.execute(
            sa.text(
                'INSERT INTO messages SELECT gen_random_uuid(), kind, client_id, user_id, "right", language, subject,'
                " body, html, sms, link, created_at FROM messages, generate_series(1, 400)"
            )
        )
    assert read_messages.unread(db, ANNA).unread == 200


def test_preferences_are_kept_and_security_cannot_be_switched_off(db: Database) -> None:
    before = {i.group: (i.email, i.sms, i.fixed) for i in prefer.get(db, ANNA).items}
    assert before == {
        "security": (True, False, True), "requests": (True, False, False), "permits": (True, False, False),
        "finance": (True, False, False),
    }  # fmt: skip
    choice = [m.PreferenceChoice(group="finance", email=False, sms=True)]
    saved = prefer.save(db, m.SavePreferences(items=choice, phone="20 000 001"), ANNA)
    assert saved.phone == "+37120000001" and prefer.get(db, ANNA) == saved
    assert prefer.get(db, STRANGER).phone is None
    off = m.SavePreferences(items=[m.PreferenceChoice(group="security", email=False, sms=False)])
    assert refused_as("notifications.always_on", lambda: prefer.save(db, off, ANNA)).field == "items.security"
    unknown = m.SavePreferences(items=[m.PreferenceChoice(group="gossip", email=True, sms=False)])
    refused_as("notifications.unknown_kind", lambda: prefer.save(db, unknown, ANNA))
    for phone in (None, "12", "abc", "+371 2000"):
        wanted = m.SavePreferences(items=choice, phone=phone)
        assert refused_as("notifications.phone_needed", lambda w=wanted: prefer.save(db, w, ANNA)).field == "phone"


def test_staff_find_a_failed_delivery_and_send_it_to_the_right_address(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    tell(db, identity, submitted(contact={"name": "A", "email": "reject@radiolinks.example", "language": "lv"}))
    tell(db, identity, invoice())
    send_all(db)
    found = staff.listed(db, m.ListDeliveries(status="failed"), SERVICE).items
    assert [d.address for d in found] == ["reject@radiolinks.example"]
    view = staff.one(db, m.GetDelivery(delivery_id=found[0].delivery_id), SERVICE)
    assert [a.outcome for a in view.attempts_log] == ["refused"] and "550" in (view.failure or "")
    assert staff.counts(db).failed == 1 and staff.counts(db).sent_today == 1
    again = m.Resend(delivery_id=view.delivery_id, address="anna@radiolinks.example", idempotency_key="again-12345")
    assert staff.resend(db, again, SERVICE).status == "queued"
    assert staff.resend(db, again, SERVICE).status == "queued"
    send_all(db)
    assert len(mail.mails("anna@radiolinks.example")) == 1
    assert staff.one(db, m.GetDelivery(delivery_id=view.delivery_id), SERVICE).status == "sent"
    assert {"notifications.delivery.view", "notifications.delivery.resend"} <= set(audited(db))


def test_a_sent_message_is_sent_once_more_as_a_delivery_of_its_own(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    tell(db, identity, submitted())
    send_all(db)
    (first,) = rows(db)
    copy = staff.resend(db, m.Resend(delivery_id=first.id), SERVICE)
    assert copy.delivery_id != first.id
    send_all(db)
    assert len({a["message_id"] for a in mail.mails()}) == 2


def test_what_is_on_its_way_or_to_a_bad_address_is_not_sent_again(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    tell(db, identity, submitted())
    (row,) = rows(db)
    refused_as("notifications.not_resendable", lambda: staff.resend(db, m.Resend(delivery_id=row.id), SERVICE))
    send_all(db)
    for address in ("nobody", "a@b\nBcc: c@d.lv", "+37120000001"):
        wrong = m.Resend(delivery_id=row.id, address=address)
        assert refused_as("malformed", lambda w=wrong: staff.resend(db, w, SERVICE)).field == "address"


def test_the_list_filters_searches_and_pages(db: Database, identity: Identity, mail: MailServer) -> None:
    for number in range(5):
        tell(db, identity, invoice(number=f"R-{number}"))
    tell(db, identity, submitted())
    send_all(db)

    def subjects(**how: Any) -> list[str]:
        return [d.subject for d in staff.listed(db, m.ListDeliveries(**how), SERVICE).items]

    assert len(subjects()) == 6 and len(subjects(channel="sms")) == 0
    assert len(subjects(q="REKINS r-3")) == 1 and subjects(q="100%") == []
    assert len(subjects(client_id=STRANGER.client)) == 0
    seen, after = [], None
    while True:
        page = staff.listed(db, m.ListDeliveries(limit=4, after=after), SERVICE)
        seen += [d.delivery_id for d in page.items]
        after = page.next
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 6


def test_old_messages_go_with_their_deliveries(db: Database, identity: Identity, mail: MailServer) -> None:
    tell(db, identity, invoice())
    tell(db, identity, submitted())
    send_all(db)
    with db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE messages SET created_at = created_at - interval '541 days' WHERE kind = 'invoice_issued'")
        )
    assert read_messages.remove_old(db, TIMER, 540) == 1
    assert kinds(db, ANNA) == ["case_submitted"] and len(rows(db)) == 1


def test_the_demo_loads_once_and_sends_nothing(db: Database, mail: MailServer) -> None:
    assert demo.load(db) == "4 messages added"
    assert demo.load(db) == "all there already"
    assert send_all(db) == 0 and mail.mails() == []
    with db.reading() as connection:
        found = connection.execute(sa.select(tables.DeliveryRow.status)).scalars().all()
    assert sorted(found) == ["failed", "sent", "sent", "sent"]
