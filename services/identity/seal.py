"""The operator's seal: signs what leaves the portal as evidence, so that anybody can prove it later.

Signatures are detached CMS (RFC 5652): `openssl cms` verifies them, and so does every tool for electronic signatures.
Why not a signature inside the PDF: docs/decisions/0037-evidence.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7

from chassis.errors import PortalError


class Seal:
    """A private key and its certificates, the seal's own first."""

    def __init__(self, pem: bytes) -> None:
        key: Any = load_pem_private_key(pem, password=None)
        if not isinstance(key, EllipticCurvePrivateKey | RSAPrivateKey):
            raise ValueError("the seal's key must be an elliptic curve or an RSA key")
        self._key = key
        self._own, *self._others = x509.load_pem_x509_certificates(pem)
        if self._own.public_key() != key.public_key():
            raise ValueError("the first certificate of the seal does not belong to its key")

    @property
    def certificates(self) -> bytes:
        """Return the certificates as PEM, the seal's own first; no key."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in (self._own, *self._others))

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the seal's certificate, in hex."""
        return self._own.fingerprint(hashes.SHA256()).hex()

    def sign(self, data: bytes) -> bytes:
        """Return the detached signature of `data` (DER), with the certificates in it."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(self._own, self._key, hashes.SHA256())
        for one in self._others:
            builder = builder.add_certificate(one)
        return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])


def load(file: str) -> Seal:
    """Return the seal in a file. Raises PortalError identity.no_seal for none; OSError, ValueError for a bad one."""
    if not file:
        raise PortalError("identity.no_seal")
    return Seal(Path(file).read_bytes())
