"""Every event of the others that concerns a client becomes a message whose every word is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import pytest

from chassis.messages import Event
from services.billing import messages as billing
from services.identity import messages as identity
from services.notifications.domain import factor_texts
from services.notifications.domain.kinds import KINDS
from services.notifications.settings import settings
from services.notifications.usecases.compose import compose
from services.notifications.usecases.facts import FACTS, Facts
from services.permits import messages as permits
from services.requests import messages as requests

ID, NOW, DAY = UUID(int=7), datetime(2026, 11, 21, 12, tzinfo=UTC), date(2026, 12, 21)
CASE = {
    "case_id": ID, "case_no": "P-2026-000017", "client_id": ID, "form": "fixed_link", "form_version": 1,
    "title": {"lv": "Jauna atļauja", "en": "New permit"},
    "contact": {"name": "Anna", "email": "anna@radiolinks.example", "phone": "+37120000001"},
}  # fmt: skip
USER = {"user_id": ID, "name": "Anna Kalniņa", "email": "anna@radiolinks.example", "language": "en"}
APPLICATION = {
    "application_id": ID, "number": "P-2026-00017", "client_name": "SIA Ābols", "user_name": "Anna Kalniņa",
    "email": "info@abols.example", "language": "lv",
}  # fmt: skip
WORDS: dict[type[Event], dict[str, Any]] = {
    requests.CaseSubmitted: {**CASE, "submitted_at": NOW, "due_date": DAY},
    requests.CaseInformationRequested: {**CASE, "text": "Kāda antena?\nKur masts?"},
    requests.CaseApproved: {
        **CASE, "data": {}, "conditions": "Ievērot EIRP.", "decided_by": ID, "decided_at": NOW,
    },
    requests.CaseRefused: {**CASE, "reason": "Kanāls aizņemts.", "decided_by": ID},
    requests.CaseCompleted: {**CASE, "permit_id": ID, "permit_no": "RL-1"},
    requests.CaseWithdrawn: {**CASE},
    permits.PermitIssued: {
        "permit_id": ID, "permit_no": "RL-1", "client_id": ID, "service_kind": "fixed", "permit_kind": "use",
        "valid_to": DAY,
    },
    permits.PermitExpiring: {
        "permit_id": ID, "permit_no": "RL-1", "client_id": ID, "service_kind": "fixed", "valid_to": DAY,
        "days_before": 30,
    },
    billing.InvoiceIssued: {
        "invoice_id": ID, "number": "R-1", "client_id": ID, "kind": "monthly", "total": Decimal("1234.5"),
        "due_date": DAY,
    },
    billing.InvoiceOverdue: {
        "invoice_id": ID, "number": "R-1", "client_id": ID, "open": Decimal("10"), "due_date": DAY,
    },
    billing.PaymentSettled: {
        "payment_id": ID, "client_id": ID, "amount": Decimal("46.85"),
        "invoices": [
            {"invoice_id": ID, "number": "R-1", "amount": "10"}, {"invoice_id": ID, "number": "R-2", "amount": "36.85"},
        ],
    },
    identity.UserLocked: {**USER, "locked_until": NOW, "address": "192.0.2.7"},
    identity.UserBlocked: {**USER, "reason": "other"},
    identity.UserUnblocked: USER,
    identity.UnusualSignIn: {**USER, "at": NOW, "device": "Firefox, Windows", "address": "192.0.2.7"},
    identity.UserHeld: {**USER, "until": NOW, "networks": 5},
    identity.AddressHeld: {"hold_id": ID, "address": "203.0.113.9", "until": NOW, "accounts": 20},
    identity.PasswordOld: {**USER, "changed_on": DAY, "days": 90, "enforced": True},
    identity.AccessEnding: {
        **USER, "client_id": ID, "client_name": "SIA Radio Links", "reason": "mandate_expired",
        "ends_on": date(2026, 12, 1),
    },
    identity.UserDiscontinued: {**USER, "kind": "customer", "reason": "legal_basis_lost"},
    identity.UserCredentialsChanged: {**USER, "what": "password", "address": None},
    identity.ApplicationSubmitted: {**APPLICATION, "wait_until": DAY},
    identity.ApplicationApproved: {**APPLICATION, "client_id": ID, "user_id": ID},
    identity.ApplicationRefused: {**APPLICATION, "reason": "Paraksts nav derīgs.\nLūdzu, parakstiet vēlreiz."},
    identity.ApplicationLapsed: APPLICATION,
    identity.RepresentationGranted: {
        "representation_id": ID, "client_id": ID, "user_id": ID, "user_name": "Anna Kalniņa",
        "user_email": "anna@radiolinks.example", "role": "main", "how": "application",
    },
    identity.RepresentationGiven: {
        **USER, "representation_id": ID, "client_id": ID, "client_name": 'SIA "Radio Links"', "role": "additional",
        "valid_from": DAY, "valid_to": DAY, "pending": True,
    },
    identity.RepresentationChanged: {
        **USER, "representation_id": ID, "client_id": ID, "client_name": 'SIA "Radio Links"', "valid_from": DAY,
    },
    identity.RepresentationEnded: {
        **USER, "representation_id": ID, "client_id": ID, "client_name": 'SIA "Radio Links"',
        "reason": "client_request",
    },
    identity.UserAccessClosed: {**USER, "address": "192.0.2.7", "note": "Nozagts telefons"},
    identity.TermsAnnounced: {**USER, "terms_id": ID, "title": "Noteikumi", "valid_from": DAY},
    identity.LinkIssued: {**USER, "link_id": ID, "purpose": "activation", "expires_at": NOW},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PROFILE", "local")
    monkeypatch.setenv("PUBLIC_URL", "https://portal.example/")
    monkeypatch.setenv("NOTIFICATIONS_SECURITY_ADDRESS", "security@portal.example")
    settings.cache_clear()
    yield
    settings.cache_clear()


def facts(event: type[Event], **more: Any) -> Facts:
    data = {**WORDS[event], **more}
    if event is identity.UserBlocked:
        data["reason"] = get_args(identity.BlockReason)[0]
    found = FACTS[event](event.model_validate(data))
    assert found is not None
    return found


def test_every_event_class_is_tried_here() -> None:
    assert set(WORDS) == set(FACTS)


@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("event", list(FACTS), ids=lambda e: e.__name__)
def test_an_event_becomes_a_whole_message(event: type[Event], language: str) -> None:
    found = facts(event)
    made = compose(found.kind, language, found.path, {"client_name": "SIA Radio Links", **found.values})
    for text in (made.subject, made.body, made.sms, made.html):
        assert "{{" not in text and "None" not in text and "{'" not in text and ".." not in text.replace("...", "")
    assert made.sms.endswith(f"https://portal.example{found.path}")
    assert f'href="https://portal.example{found.path}"' in made.html
    assert f'<html lang="{language}">' in made.html
    assert KINDS[found.kind].name == found.kind


@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("what", sorted(factor_texts.HEADLINES))
def test_every_change_of_a_second_factor_has_its_own_words(what: str, language: str) -> None:
    found = facts(identity.UserCredentialsChanged, what=what, device="Zilā atslēga")
    made = compose(found.kind, language, found.path, found.values)
    assert made.subject and "{" not in made.subject + made.body and ".." not in made.body
    assert ("Zilā atslēga" in made.body) == what.startswith("key_")


def test_a_lock_says_what_was_wrong() -> None:
    found = facts(identity.UserLocked, what="second_factor")
    assert "otrais faktors" in compose(found.kind, "lv", found.path, found.values).body
    assert "parole" not in compose(found.kind, "lv", found.path, found.values).body.split("slēgta")[0]


def test_a_free_form_answer_is_told_as_an_answer() -> None:
    found = facts(requests.CaseCompleted, permit_id=None, permit_no=None, answer="Jā, drīkst.")
    assert found.kind == "case_answered"
    assert "> Jā, drīkst." in compose(found.kind, "lv", found.path, found.values).body


def test_a_concluded_contract_is_told_as_one() -> None:
    found = facts(requests.CaseCompleted, permit_id=None, permit_no=None, contract_id=ID, contract_no="L-500001")
    assert found.kind == "contract_concluded" and found.path == f"/contracts/{ID}" and found.contracts == {ID}
    assert "Līgums L-500001 ir noslēgts" in compose(found.kind, "lv", found.path, found.values).subject
    approved = facts(requests.CaseApproved, outcome="contract")
    for language, word, other in (("lv", "Līgums tiek", "Atļauja tiek"), ("en", "contract is", "permit is")):
        body = compose(approved.kind, language, approved.path, approved.values).body
        assert word in body and other not in body


def test_a_permit_that_ends_a_case_is_told_once_not_twice() -> None:
    data = {**WORDS[permits.PermitIssued], "case_id": ID}
    assert FACTS[permits.PermitIssued](permits.PermitIssued.model_validate(data)) is None


def test_conditions_stand_in_the_message_only_when_there_are_some() -> None:
    with_some = facts(requests.CaseApproved)
    without = facts(requests.CaseApproved, conditions="")
    assert "nosacījumi" in compose("case_approved", "lv", "/x", with_some.values).body
    assert "nosacījumi" not in compose("case_approved", "lv", "/x", without.values).body


def test_a_link_in_somebodys_words_cannot_break_out_of_the_subject() -> None:
    evil = {**facts(requests.CaseRefused).values, "case_no": "P-1\r\nBcc: everybody@example.com"}
    made = compose("case_refused", "lv", "/x", evil)
    assert "\n" not in made.subject and "\r" not in made.subject
    assert not re.search(r"[\r\n]", made.sms)


def test_money_and_days_look_latvian() -> None:
    found = facts(billing.InvoiceIssued)
    made = compose(found.kind, "lv", found.path, {"client_name": "SIA", **found.values})
    assert made.subject == "Rēķins R-1: 1 234,50 €, apmaksāt līdz 21.12.2026."
    assert facts(billing.InvoiceIssued).to_invoices and not facts(requests.CaseApproved).to_invoices


@pytest.mark.parametrize("what", sorted(set(get_args(identity.CredentialChange)) - set(factor_texts.HEADLINES)))
@pytest.mark.parametrize("language", ["lv", "en"])
def test_every_change_of_a_credential_is_told_in_words_of_its_own(what: str, language: str) -> None:
    made, others = (
        compose(found.kind, language, found.path, found.values)
        for found in (
            facts(identity.UserCredentialsChanged, what=what, provider="Banka"),
            facts(identity.UserCredentialsChanged, what="email_asked" if what == "password" else "password"),
        )
    )
    assert made.subject != others.subject and made.body != others.body
    assert "Banka" in made.subject
