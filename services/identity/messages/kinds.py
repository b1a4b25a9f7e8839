"""The words identity's messages share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

Language = Literal["lv", "en"]
ClientKind = Literal["natural", "legal"]
UserKind = Literal["customer", "staff"]
# pending: made, not activated. discontinued: ended for good, the person stays known. deleted: nobody's name any more.
UserStatus = Literal["pending", "active", "blocked", "discontinued", "deleted"]
LinkPurpose = Literal["activation", "password_reset", "email_change", "email_proof", "email_undo", "compromise"]
Audience = Literal["customer", "staff"]
Assurance = Literal["low", "substantial", "high"]
SecondFactorGate = Literal["give", "enrol"]
SecondFactor = Literal["totp", "webauthn", "recovery"]
RepresentationRole = Literal["main", "additional"]
BlockReason = Literal[
    "suspicion",  # S1-33
    "unauthorised_use",  # S1-57
    "compromise_reported",  # S1-41
    "breach_of_terms",  # S1-58
    "false_data",  # S1-20
    "legal_basis_lost",  # S1-56
    "own_request",
    "other",
]
EndReason = Literal["own_request", "client_request", "mandate_expired", "legal_basis_lost", "breach_of_terms", "other"]
EndingReason = Literal[
    "false_data",
    "breach_of_terms",
    "unauthorised_use",
    "legal_basis_lost",
    "mandate_expired",
    "own_request",
    "client_request",
    "other",
]
ClientStage = Literal["prospect", "client"]  # a prospect has only asked so far (S1-04)
# How a client settles (S1-16): after an invoice, before the service is given, or somebody else pays.
Settlement = Literal["invoice", "prepayment", "payer"]
RegisteredService = Literal["permits", "contracts", "requests"]
ClientName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]
# Longer than the policy allows on purpose: too long is answered by the policy, not by the envelope.
PasswordText = Annotated[str, StringConstraints(max_length=1024)]
Password = Annotated[PasswordText, Field(repr=False)]
Secret = Annotated[str, StringConstraints(min_length=20, max_length=128), Field(repr=False)]
# Beside None the field itself must say `repr=False`: inside a union the annotation has no effect.
LinkSecretText = Annotated[str, StringConstraints(min_length=20, max_length=100)]
LinkSecret = Annotated[LinkSecretText, Field(repr=False)]
UserAgent = Annotated[str, Field(max_length=2000)]
