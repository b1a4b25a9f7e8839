"""Where billing keeps data about people: the books stay, what is not needed for them goes."""

# Conditions are put together from constants of this file.
# ruff: noqa: S608

from __future__ import annotations

from chassis.person_data import BLANK, PSEUDONYM, SCRUB, Declaration, Holding
from services.billing.store.tables import metadata

_CLIENT = "client_id = ANY(:clients)"
_INVOICE = "invoice_id IN (SELECT id FROM invoices WHERE client_id = ANY(:clients))"
_STARTED = "started_by = CAST(:user AS text)"
_PAYMENT = f"payment_id IN (SELECT id FROM payments WHERE {_CLIENT} OR {_STARTED})"
_BOOKS = "accounting"

PERSONAL = Declaration(
    metadata,
    (
        Holding(
            "invoices", _CLIENT, ("Rēķini", "Invoices"),
            plain="number series reference kind vat_category legal_basis supplier issued_by",
            # Name and address must stand on an accounting document; e-mail and telephone need not.
            erase={"customer": """customer || '{"email": "", "phone": ""}'"""},
            keep={"client_name": _BOOKS, "search": _BOOKS, "customer": _BOOKS},
        ),
        Holding(
            "invoice_lines", _INVOICE, ("Rēķinu rindas", "Invoice lines"),
            plain="code name_lv name_en unit_lv unit_en permit_no", reason=_BOOKS,
        ),
        Holding(
            "invoice_history", _INVOICE, ("Rēķinu vēsture", "History of invoices"),
            plain="what", erase={"by": SCRUB, "detail": SCRUB},
        ),
        Holding("invoice_documents", _INVOICE, ("Rēķinu faili", "Files of invoices"), hide="body", delete=True),
        Holding(
            "payments", f"{_CLIENT} OR {_STARTED}", ("Maksājumi", "Payments"),
            plain="state currency reference provider provider_ref redirect_url reason language started_by",
            keep={"client_name": _BOOKS, "search": _BOOKS},
        ),
        Holding("payment_parts", _PAYMENT, ("Maksājumu daļas", "Parts of payments"), plain="number", reason=_BOOKS),
        Holding(
            "payment_history", _PAYMENT, ("Maksājumu vēsture", "History of payments"),
            plain="what", erase={"by": SCRUB, "detail": SCRUB},
        ),
        Holding(
            "payment_notices", f"reference IN (SELECT reference FROM payments WHERE {_CLIENT})",
            ("Bankas paziņojumi", "Notices of the bank"),
            plain="provider provider_ref reference signature outcome", keep={"body": _BOOKS},
        ),
        Holding(
            "suspense", _CLIENT, ("Neattiecinātie maksājumi", "Money in suspense"),
            plain="provider provider_ref currency reason return_key",
            keep={"client_name": _BOOKS, "returned_by": "duty"},
        ),
        Holding("postings", _CLIENT, ("Virsgrāmatas ieraksti", "Ledger entries"), plain="account", reason=_BOOKS),
        Holding(
            "fee_basis", _CLIENT, ("Maksas aprēķina pamats", "Basis of fees"),
            plain="permit_no service_kind permit_kind", erase={"client_name": PSEUDONYM},
        ),
        Holding(
            "fee_run_clients", _CLIENT, ("Ikmēneša aprēķini", "Monthly calculations"),
            plain="outcome number", erase={"client_name": PSEUDONYM, "problem": BLANK},
        ),
        # Nobody's rows, but the office's, with the names of those who did something.
        Holding("price_lists", "false", ("Cenrāži", "Price lists"), export=False, plain="title legal_basis state",
                keep=dict.fromkeys(("created_by", "published_by"), "duty")),
        Holding("fee_runs", "false", ("Maksas aprēķini", "Runs of fees"), export=False, plain="state cursor",
                erase={"problem": SCRUB}, keep={"started_by": "duty"}),
    ),
    nobody={
        "price_items": "prices",
        "number_series": "numbers",
        "posting_sets": "heads of ledger entries: what and of which invoice or payment",
    },
    obligations={
        "invoice": "SELECT number FROM invoices WHERE client_id = ANY(:clients) AND open > 0 ORDER BY number",
        "payment": "SELECT reference FROM payments WHERE client_id = ANY(:clients) AND finished_at IS NULL",
    },
)  # fmt: skip
