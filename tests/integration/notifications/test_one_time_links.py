"""The mail with a one-time link: complete on its way, without its secret in everything that is kept."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from chassis.database import Database
from services.identity.messages import LinkIssued, MailedLink, UserAccessClosed
from services.notifications.settings import settings
from services.notifications.store import tables
from tests.integration.notifications.conftest import Identity, MailServer, due_now, rows, send_all, tell

USER = uuid.UUID(int=31)
EVENT = LinkIssued(
    link_id=uuid.UUID(int=32), user_id=USER, name="Anna Kalniņa", email="anna@radiolinks.example", language="lv",
    purpose="password_reset", expires_at=datetime(2026, 11, 25, 12, 30, tzinfo=UTC),
)  # fmt: skip


def test_the_mail_holds_link_and_code_and_the_database_neither(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    tell(db, identity, EVENT)
    send_all(db, identity)
    (got,) = mail.mails("anna@radiolinks.example")
    address = f"http://127.0.0.1:8080/link?t={identity.link.token}"
    assert address in got["text"] and f'href="{address}"' in got["html"]
    assert identity.link.code in got["text"] and identity.link.code in got["html"]
    assert "25.11.2026. plkst. 14:30" in got["text"]
    with db.reading() as connection:
        kept = [
            str(tuple(row))
            for table in tables.metadata.sorted_tables
            for row in connection.execute(sa.select(table)).all()
        ]
    assert any("•••••-•••••" in row for row in kept)
    assert not [row for row in kept if identity.link.token in row or identity.link.code in row]


def test_the_mail_waits_while_identity_is_away_and_is_not_sent_for_a_dead_link(
    db: Database, identity: Identity, mail: MailServer
) -> None:
    tell(db, identity, EVENT)
    identity.away = True
    send_all(db, identity)
    assert rows(db)[0].status == "queued" and mail.mails() == []
    identity.away, identity.link = False, MailedLink(state="replaced")
    due_now(db)
    send_all(db, identity)
    assert (rows(db)[0].status, rows(db)[0].failure) == ("failed", "the link is replaced")
    assert mail.mails() == []


def test_an_address_with_letters_of_any_alphabet_is_reached(db: Database, identity: Identity, mail: MailServer) -> None:
    tell(db, identity, EVENT.model_copy(update={"email": "anna@bērziņi.example"}))
    send_all(db, identity)
    assert len(mail.mails("anna@xn--brzii-iza47a.example")) == 1


def test_a_closed_access_is_told_to_its_owner_and_to_staff(
    db: Database, identity: Identity, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFICATIONS_SECURITY_ADDRESS", "security@portal.example")
    settings.cache_clear()
    event = UserAccessClosed(
        user_id=USER, name="Anna", email="anna@radiolinks.example", language="en", address="192.0.2.7", note="Stolen"
    )
    tell(db, identity, event)
    send_all(db, identity)
    assert len(mail.mails("anna@radiolinks.example")) == 1
    (told,) = mail.mails("security@portal.example")
    assert "anna@radiolinks.example" in told["text"] and "Stolen" in told["text"]
