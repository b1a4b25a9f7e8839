"""Which columns of all services are left out of the document of a person's own data, and which are amounts or numbers.

A name may be `column` or `table.column`.
"""

from __future__ import annotations

from services.identity.documents.person_labels import LABELS

# For machines: in data.json, not in the document.
TECHNICAL = frozenset((
    "aaguid", "about_id", "acted_for", "actor", "actor_id", "added_by", "approvals.asked_by", "assignee", "attempts",
    "audit_exports.asked_by", "audit_exports.filter", "backed_up", "blob_id", "by_user", "bytes_read",
    "cases.started_by", "chain", "checks", "claimed_until", "clients", "code_tries", "content_hash",
    "correlation_id", "credential_id", "decided_by", "delivery_id", "device", "disclosure", "email_key", "ends_on",
    "fee_run_id", "first_chain", "first_seq", "gate", "generation", "holder_client_id", "holder_sort", "html", "id",
    "imports.attempts", "imports.started_by", "known_places.device", "last_chain", "last_seq", "last_step",
    "layout", "lease_owner", "lease_until", "link", "link_id", "login_attempts.identity", "login_attempts.target",
    "marks", "messages.kind", "next_poll_at", "next_try_at", "payment_notices.body",
    "payment_notices.signature", "payments.started_by", "pending", "polls", "position", "price_list_id",
    "provider_ref", "received", "recorded_by", "redirect_url", "register_code", "report", "return_key", "scope_id",
    "search", "search_text", "seen_by", "seq", "sequence", "services_asked_at", "session", "session_id", "set_id",
    "sha256", "sign_count", "sort_key", "subject", "submitted_by_id", "sure", "terms_id", "text_sha256",
    "timeline.attachments", "transports", "tries", "until_chain", "until_seq", "user_id", "version",
))  # fmt: skip

# Amounts in euros, and other numbers with places after the comma.
EUROS = frozenset((
    "amount", "applied", "credit", "debit", "invoice_history.detail", "net", "open", "paid",
    "payment_history.detail", "total", "unit_price", "vat",
))  # fmt: skip
NUMBERS = frozenset((
    "azimuth_deg", "bandwidth_khz", "consumption", "eirp_dbm", "freq_max_mhz", "freq_mhz", "freq_min_mhz",
    "gain_dbi", "ground_m", "height_m", "lat", "lon", "quantity", "readings.value", "rx_freq_mhz", "structure_m",
    "tolerance", "tx_power_dbm", "vat_rate",
))  # fmt: skip


def technical(table: str, column: str) -> bool:
    """Tell whether a column stays in data.json alone."""
    own = f"{table}.{column}"
    return own in TECHNICAL or (column in TECHNICAL and own not in LABELS)


def either(names: frozenset[str], table: str, column: str) -> bool:
    """Tell whether a set of columns holds this one, by its own name or by that of its table too."""
    return column in names or f"{table}.{column}" in names
