"""Events as the other services tell them, with defaults."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from chassis.days import now, riga_today
from chassis.ids import new_id
from services.billing.messages import InvoiceIssued
from services.identity.messages import UserLocked
from services.permits.messages import PermitExpiring
from services.requests.messages import CaseRefused, CaseSubmitted
from tests.integration.notifications.conftest import ANNA, CLIENT

TITLE = {"lv": "Jauna atļauja fiksēto sakaru līnijai", "en": "New permit for a fixed link"}


def case(**changed: Any) -> dict[str, Any]:
    contact = {"name": "Anna", "email": "anna@radiolinks.example", "phone": "+37120000001", "language": "lv"}
    return {"case_id": new_id(), "case_no": "P-2026-000017", "client_id": CLIENT, "form": "fixed_link",
            "form_version": 1, "title": TITLE, "contact": contact, **changed}  # fmt: skip


def submitted(**changed: Any) -> CaseSubmitted:
    return CaseSubmitted.model_validate(
        {**case(), "submitted_at": now(), "due_date": riga_today() + timedelta(days=28), **changed}
    )


def refused(reason: str = "Kanāls ir aizņemts.", **changed: Any) -> CaseRefused:
    return CaseRefused.model_validate({**case(), "reason": reason, "decided_by": new_id(), **changed})


def invoice(**changed: Any) -> InvoiceIssued:
    data = {"invoice_id": new_id(), "number": "R-1", "client_id": CLIENT, "kind": "monthly",
            "total": Decimal("36.85"), "due_date": date(2026, 12, 21)}  # fmt: skip
    return InvoiceIssued.model_validate({**data, **changed})


def expiring(**changed: Any) -> PermitExpiring:
    data = {"permit_id": new_id(), "permit_no": "RL-1", "client_id": CLIENT, "service_kind": "fixed",
            "valid_to": date(2026, 12, 21), "days_before": 30}  # fmt: skip
    return PermitExpiring.model_validate({**data, **changed})


def locked(**changed: Any) -> UserLocked:
    data = {"user_id": ANNA.user, "name": "Anna Kalniņa", "email": "anna@radiolinks.example", "language": "lv",
            "locked_until": now() + timedelta(minutes=15)}  # fmt: skip
    return UserLocked.model_validate({**data, **changed})
