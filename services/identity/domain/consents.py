"""The words of consents. A changed word is another text with another hash, to which nobody has consented yet."""

from __future__ import annotations

import hashlib

TEXTS: dict[str, tuple[str, str]] = {
    "data_processing": (
        "Piekrītu, ka portāla uzturētājs (pārzinis) apstrādā manus personas datus privātuma paziņojumā nosauktajiem "
        "mērķiem un ka mani dati tiek tam nodoti.",
        "I agree that the operator of the portal (the controller) processes my personal data for the purposes named in "
        "the privacy notice and that my data are handed over to it.",
    ),
    "electronic_documents": (
        "Piekrītu, ka elektroniskā veidā saņemtajiem norēķinu dokumentiem ir tāds pats juridisks spēks kā papīra "
        "formātā sagatavotiem dokumentiem.",
        "I agree that settlement documents received electronically have the same legal force as documents on paper.",
    ),
}
# Consent to processing comes with the terms (S1-24, S3-22) and ends with the use of the portal.
WITHDRAWABLE = frozenset({"electronic_documents"})


def text_hash(kind: str) -> str:
    """Return the SHA-256 (hex) of both language versions of a consent. Raises KeyError for an unknown kind."""
    return hashlib.sha256("\n".join(TEXTS[kind]).encode()).hexdigest()
