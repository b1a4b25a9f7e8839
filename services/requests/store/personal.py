"""Where requests keeps data about people: drafts go, decisions stay without the person."""

# Conditions are put together from constants of this file.

from __future__ import annotations

from chassis.person_data import BLANK, EMPTY, NULL, PSEUDONYM, SCRUB, Declaration, Holding
from chassis.tables import chassis_tables
from services.requests.store.tables import metadata

chassis_tables(metadata)

_DRAFTS = "SELECT id FROM cases WHERE client_id = ANY(:clients) AND status = 'draft'"
_CASES = "SELECT id FROM cases WHERE client_id = ANY(:clients)"
_ACTED = "contact ->> 'user_id' = CAST(:user AS text) OR started_by = :user"
_ALL = "form status ball clock case_no summary permit_no contract_no attention"

PERSONAL = Declaration(
    metadata,
    (
        Holding("timeline", f"case_id IN ({_DRAFTS})", ("Melnrakstu gaita", "Course of drafts"), delete=True,
                export=False),
        Holding(
            "attachments", f"case_id IN ({_DRAFTS})", ("Melnrakstu pielikumi", "Attachments of drafts"),
            file="blob_id", delete=True,
        ),
        Holding("cases", f"id IN ({_DRAFTS})", ("Melnraksti", "Drafts"), delete=True),
        Holding(
            "attachments", f"case_id IN ({_CASES} AND status <> 'draft')", ("Pielikumi", "Attachments"),
            plain="document media_type sha256", file="blob_id",
            erase={"name": PSEUDONYM, "added_by_name": SCRUB}, reason="decision",
        ),
        Holding(
            "attachments", f"added_by = :user AND case_id NOT IN ({_CASES})",
            ("Citu klientu vārdā pievienotie faili", "Files added for other clients"), export=False,
            erase={"added_by_name": PSEUDONYM, "name": SCRUB}, reason="other_client",
        ),
        Holding(
            "timeline", f"case_id IN ({_CASES}) AND NOT internal", ("Pieprasījumu gaita", "Course of requests"),
            plain="action actor_kind status", erase={"actor_name": SCRUB, "text": BLANK, "params": EMPTY},
        ),
        # What staff noted about the person is data about them; who of staff noted it is not.
        Holding(
            "timeline", f"case_id IN ({_CASES}) AND internal", ("Darbinieku piezīmes", "Notes of staff"),
            plain="action actor_kind status", hide="actor_name actor_id",
            erase={"actor_name": SCRUB, "text": BLANK, "params": EMPTY},
        ),
        Holding(
            "timeline", f"actor_id = :user AND case_id NOT IN ({_CASES})",
            ("Citu klientu vārdā darītais", "What was done for other clients"),
            erase={"actor_name": PSEUDONYM, "text": SCRUB, "params": SCRUB}, reason="other_client",
        ),
        # What was confirmed is proved by its hash; the request itself, which the document repeats, is gone.
        Holding(
            "confirmations", f"case_id IN ({_CASES})", ("Apliecinājumi", "Confirmations"),
            plain="kind assurance sha256 statement",
            erase={"user_name": PSEUDONYM, "address": NULL, "document": EMPTY}, reason="agreement",
        ),
        Holding(
            "confirmations", f"user_id = :user AND case_id NOT IN ({_CASES})",
            ("Citu klientu vārdā apliecinātais", "What was confirmed for other clients"),
            erase={"user_name": PSEUDONYM, "address": NULL, "document": SCRUB}, reason="other_client",
        ),
        Holding(
            "cases", f"({_ACTED}) AND client_id <> ALL(:clients)",
            ("Klientu vārdā iesniegtie pieprasījumi", "Requests submitted for clients"), export=False,
            reason="other_client",
            erase={"contact": SCRUB, "search": SCRUB, "data": SCRUB, "summary": SCRUB, "question": SCRUB,
                   "conditions": SCRUB, "refusal_reason": SCRUB},
        ),
        Holding(
            "cases", "client_id = ANY(:clients)", ("Pieprasījumi", "Requests"), plain=_ALL,
            erase={"client_name": PSEUDONYM, "contact": EMPTY, "data": EMPTY, "search": "lower(coalesce(case_no, ''))",
                   "summary": BLANK, "question": NULL, "conditions": SCRUB, "refusal_reason": SCRUB},
            keep={"assignee_name": "duty"}, reason="decision",
        ),
        Holding(
            "case_invoices", f"case_id IN ({_CASES})", ("Pieprasījumu rēķini", "Invoices of requests"),
            plain="number", reason="accounting",
        ),
    ),
    nobody={
        "form_versions": "definitions of forms",
        "clock_pauses": "days only",
        "case_numbers": "numbers",
    },
    obligations={
        "case": "SELECT case_no FROM cases WHERE client_id = ANY(:clients) AND case_no IS NOT NULL"
        " AND status NOT IN ('completed', 'refused', 'withdrawn') ORDER BY case_no"
    },
)  # fmt: skip
