"""An event becomes one e-mail: over real SMTP, in the client's language, also after refusals, outages and crashes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from chassis.caller import AlreadyHandled
from chassis.database import Database
from chassis.errors import PortalError
from deploy.local.catcher_store import Store
from services.notifications import messages as m
from services.notifications.settings import settings
from services.notifications.store import tables
from services.notifications.usecases import prefer, send
from tests.integration.notifications.conftest import (
    ANNA,
    TIMER,
    Identity,
    MailServer,
    audited,
    delivery,
    due_now,
    events,
    free_port,
    rows,
    send_all,
    tell,
)
from tests.integration.notifications.events import expiring, invoice, locked, refused, submitted


def test_an_event_arrives_as_one_readable_message(db: Database, identity: Identity, mail: MailServer) -> None:
    tell(db, identity, refused("Kanāls <7> ir aizņemts.\nIzvēlieties citu."))
    assert send_all(db) == 1
    (arrived,) = mail.mails("anna@radiolinks.example")
    assert arrived["subject"] == "Pieprasījums P-2026-000017 ir atteikts"
    assert arrived["headers"]["From"] == "Portāls <portals@portal.example>"
    assert arrived["headers"]["Content-Language"] == "lv"
    assert arrived["headers"]["Auto-Submitted"] == "auto-generated"
    assert "> Kanāls <7> ir aizņemts." in arrived["text"] and "Labdien!" in arrived["text"]
    assert "<blockquote>Kanāls &lt;7&gt; ir aizņemts.<br>Izvēlieties citu.</blockquote>" in arrived["html"]
    assert arrived["links"][0].startswith("http://127.0.0.1:8080/requests/")
    (row,) = rows(db)
    assert row.status == "sent" and row.sent_at is not None
    assert arrived["message_id"] == row.provider_ref == f"<{row.id}@portal.example>"
    assert send_all(db) == 0
    assert {"notifications.message.write", "notifications.delivery.send"} <= set(audited(db))


def test_an_event_delivered_twice_is_one_message(db: Database, identity: Identity, mail: MailServer) -> None:
    event, same = submitted(), delivery()
    tell(db, identity, event, same)
    with pytest.raises(AlreadyHandled):
        tell(db, identity, event, same)
    send_all(db)
    assert len(mail.mails()) == 1


def test_the_clients_language_and_addresses_decide(db: Database, identity: Identity, mail: MailServer) -> None:
    identity.card |= {"language": "en"}
    tell(db, identity, invoice())  # to the address for invoices
    tell(db, identity, expiring())  # to the client's own
    send_all(db)
    to_invoices, to_client = mail.mails("rekini@radiolinks.example"), mail.mails("info@radiolinks.example")
    assert "due on 21.12.2026." in to_invoices[0]["subject"]
    assert to_client[0]["subject"] == "Permit RL-1 ends on 21.12.2026."
    assert to_client[0]["headers"]["From"] == "Portal <portals@portal.example>"


def test_a_client_without_an_address_is_reached_through_its_user(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    identity.only_a_user()
    tell(db, identity, invoice())
    send_all(db)
    assert len(mail.mails("anna@radiolinks.example")) == 1


def test_a_client_nobody_can_reach_still_has_the_message_in_the_portal(db: Database, identity: Identity) -> None:
    identity.card |= {"email": None, "invoice_email": None}
    tell(db, identity, invoice())
    assert rows(db) == []
    with db.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.MessageRow)).scalar() == 1


def test_a_client_who_is_erased_is_told_nothing_any_more(db: Database, identity: Identity) -> None:
    """A payment that is booked after the erasure would leave a message for good."""
    identity.card |= {"erased": True}
    tell(db, identity, invoice())
    tell(db, identity, submitted())
    with db.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.MessageRow)).scalar() == 0


def test_identity_away_the_events_own_address_serves_or_the_ladder_waits(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    identity.away = True
    tell(db, identity, submitted())
    send_all(db)
    assert len(mail.mails("anna@radiolinks.example")) == 1
    with pytest.raises(PortalError, match="unavailable"):
        tell(db, identity, invoice())


def test_a_refused_address_fails_at_once_and_is_told(db: Database, identity: Identity, mail: MailServer) -> None:
    contact = {"name": "A", "email": "reject@radiolinks.example", "language": "lv"}
    tell(db, identity, submitted(contact=contact))
    send_all(db)
    (row,) = rows(db)
    assert (row.status, row.attempts, row.sent_at) == ("failed", 1, None)
    assert row.failure.startswith("550")
    assert [e["reason"][:3] for e in events(db, "delivery.failed")] == ["550"]
    due_now(db)
    assert send_all(db) == 0


def test_a_busy_server_is_tried_again_until_it_takes_the_message(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    contact = {"name": "A", "email": "later@radiolinks.example", "language": "lv"}
    tell(db, identity, submitted(contact=contact))
    for expected in ("queued", "queued", "sent"):
        assert send_all(db) == 1
        assert rows(db)[0].status == expected
        assert send_all(db) == 0, "not before its time"
        due_now(db)
    assert len(mail.mails("later@radiolinks.example")) == 1
    assert rows(db)[0].attempts == 3


def test_one_bad_address_does_not_hold_up_the_others(db: Database, identity: Identity, mail: MailServer) -> None:
    for address in ("reject@x.example", "a@x.example", "nonsense", "later@x.example", "b@x.example"):
        tell(db, identity, submitted(contact={"name": "A", "email": address, "language": "lv"}))
    assert send_all(db) == 5
    assert {row.address: row.status for row in rows(db)} == {
        "reject@x.example": "failed", "a@x.example": "sent", "nonsense": "failed", "later@x.example": "queued",
        "b@x.example": "sent",
    }  # fmt: skip


def test_mail_waits_for_a_server_that_is_down(db: Database, identity: Identity, mail: MailServer) -> None:
    mail.stop()
    tell(db, identity, submitted())
    send_all(db)
    (row,) = rows(db)
    assert row.status == "queued" and "refused" in row.failure.lower()
    mail.start()
    due_now(db)
    send_all(db)
    assert rows(db)[0].status == "sent" and len(mail.mails()) == 1


def test_a_server_that_never_answers_is_left_after_the_time_limit(
    db: Database, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("NOTIFICATIONS_SMTP_URL", f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("NOTIFICATIONS_SMTP_TIMEOUT", "1")
        settings.cache_clear()
        tell(db, identity, submitted())
        began = time.monotonic()
        send_all(db)
        assert time.monotonic() - began < 5
    assert rows(db)[0].status == "queued"


def test_after_two_days_it_is_given_up(db: Database, identity: Identity, mail: MailServer) -> None:
    mail.stop()
    tell(db, identity, submitted())
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE deliveries SET since = since - interval '48 hours'"))
    send_all(db)
    assert rows(db)[0].status == "failed"
    assert len(events(db, "delivery.failed")) == 1


def test_a_lease_that_ran_out_is_taken_over_and_one_that_runs_is_not(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    tell(db, identity, submitted())
    (delivery_id,) = send._take(db, TIMER, "email")  # a process took it and died
    assert send_all(db) == 0
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE deliveries SET lease_until = now() - interval '1 second'"))
    assert send_all(db) == 1
    (arrived,) = mail.mails()
    assert arrived["message_id"] == f"<{delivery_id}@portal.example>"


class Slow:
    """A mail server that keeps a message and then thinks for a long time before it says so."""

    def __init__(self, store: Store, seconds: float) -> None:
        self.store, self.seconds = store, seconds
        self.kept = threading.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        import asyncio
        from email import message_from_bytes

        reference = message_from_bytes(envelope.content)["Message-ID"]
        self.store.add(envelope.mail_from, envelope.rcpt_tos, "", envelope.content, reference)
        self.kept.set()
        await asyncio.sleep(self.seconds)
        return "250 OK"


def _send_in_a_process(url: str, port: int) -> None:
    os.environ |= {"PROFILE": "local", "NOTIFICATIONS_SMTP_URL": f"smtp://127.0.0.1:{port}",
                   "NOTIFICATIONS_SMTP_TIMEOUT": "30"}  # fmt: skip
    settings.cache_clear()
    send.run(Database("notifications", tables.metadata, url, pool_size=2), Identity(), TIMER)  # type: ignore[arg-type]


def test_kill_9_while_the_server_thinks_loses_nothing_and_repeats_under_the_same_message_id(
    db: Database, identity: Identity, mail: MailServer, notifications_url: str
) -> None:
    slow, port = Slow(mail.store, 30), free_port()
    controller = Controller(slow, hostname="127.0.0.1", port=port)
    controller.start()
    tell(db, identity, submitted())
    worker = multiprocessing.get_context("spawn").Process(target=_send_in_a_process, args=(notifications_url, port))
    worker.start()
    try:
        assert slow.kept.wait(30)
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join(10)
    finally:
        controller.stop()
    assert rows(db)[0].status == "sending"
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE deliveries SET lease_until = now()"))
    time.sleep(0.05)
    assert send_all(db) == 1
    copies = [row["reference"] for row in mail.store.find()]
    assert len(copies) == 2 and len(set(copies)) == 1, "the second copy is known by its Message-ID"
    assert rows(db)[0].status == "sent" and rows(db)[0].attempts == 2


def test_many_messages_go_over_in_one_turn_each_once(db: Database, identity: Identity, mail: MailServer) -> None:
    for number in range(23):
        tell(db, identity, invoice(number=f"R-{number}"))
    workers = [threading.Thread(target=send_all, args=(db,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {row.status for row in rows(db)} == {"sent"}
    assert len({a["message_id"] for a in mail.mails()}) == len(mail.mails()) == 23


def test_a_text_message_reaches_those_who_chose_it(
    db: Database, identity: Identity, mail: MailServer, sms: tuple[Store, str]
) -> None:
    choice = m.PreferenceChoice(group="finance", email=False, sms=True)
    prefer.save(db, m.SavePreferences(items=[choice], phone="2000 0001"), ANNA)
    tell(db, identity, invoice())
    tell(db, identity, submitted())
    assert send_all(db) == 2
    (text,) = sms[0].find()
    kept = sms[0].get(text["id"])
    assert kept is not None and text["recipients"] == "+37120000001"
    assert bytes(kept["content"]).decode().startswith("Rēķins R-1: 36,85 €")
    assert len(mail.mails()) == 1  # the request's, not the invoice's


def test_a_text_message_provider_that_refuses_or_is_busy(
    db: Database, identity: Identity, sms: tuple[Store, str]
) -> None:
    for phone in ("+37120000000", "+37120001111"):
        choice = m.PreferenceChoice(group="finance", email=False, sms=True)
        prefer.save(db, m.SavePreferences(items=[choice], phone=phone), ANNA)
        tell(db, identity, invoice())
    send_all(db)
    assert [row.status for row in rows(db)] == ["failed", "queued"]
    due_now(db), send_all(db), due_now(db), send_all(db)
    assert [row.status for row in rows(db)] == ["failed", "sent"]
    assert rows(db)[1].provider_ref == "1"


def test_security_goes_to_the_person_whatever_the_client_chose(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    groups = ("requests", "permits", "finance")
    off = [m.PreferenceChoice(group=group, email=False, sms=False) for group in groups]
    prefer.save(db, m.SavePreferences(items=off), ANNA)
    identity.away = True  # security does not ask identity
    tell(db, identity, locked())
    identity.away = False
    tell(db, identity, submitted())
    send_all(db)
    assert [a["subject"] for a in mail.mails()] == ["Piekļuve Jūsu kontam ir uz laiku slēgta"]


def test_measures_tell_what_waits(db: Database, identity: Identity, mail: MailServer) -> None:
    mail.stop()
    tell(db, identity, submitted())
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE deliveries SET since = since - interval '1 hour'"))
    send.measure(db)
    assert send.WAITING._value.get() == 1
    assert timedelta(minutes=59).seconds < send.OLDEST._value.get() < timedelta(minutes=61).seconds
