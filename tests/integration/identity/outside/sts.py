"""A WS-Federation provider that lies on demand: makes, signs, encrypts and bends SAML 1.1 tokens."""

from __future__ import annotations

import base64
import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import CanonicalizationMethod, XMLSigner, methods

ISSUER, REALM = "http://www.latvija.lv/sts", "urn:portal:test"
TRUST_2005, TRUST_2012 = (
    "http://schemas.xmlsoap.org/ws/2005/02/trust",
    "http://docs.oasis-open.org/ws-sx/ws-trust/200512",
)
SAML = "urn:oasis:names:tc:SAML:1.0:assertion"
IDENTITY = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
XENC, DSIG = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2000/09/xmldsig#"


class Pair:
    """A key with its certificate."""

    def __init__(self, days: int = 30, begins: int = -1) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sts")])
        today = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + timedelta(days=begins))
            .not_valid_after(today + timedelta(days=days))
            .sign(self.key, hashes.SHA256())
        )

    def write(self, folder: Path, name: str) -> tuple[str, str]:
        """Write key and certificate; return their paths."""
        key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return str(key), str(certificate)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def assertion(
    *,
    subject: str = "PK:16117519997",
    codes: tuple[str, ...] = ("16117519997",),
    former: tuple[str, ...] = (),
    given_name: str = "Žanis",
    surname: str = "Šķēle",
    level: str = "4",
    issuer: str = ISSUER,
    audience: str | None = REALM,
    begins: timedelta = timedelta(seconds=-1),
    ends: timedelta = timedelta(hours=4),
    made: timedelta = timedelta(0),
    assertion_id: str | None = None,
    minor: str = "1",
    more: str = "",
) -> etree._Element:
    """An assertion as Latvija.lv makes it, not yet signed."""
    moment = datetime.now(UTC)

    def attribute(name: str, value: str, space: str = IDENTITY, original: bool = True) -> str:
        vouched = (
            'a:OriginalIssuer="TESTidp" xmlns:a="http://schemas.xmlsoap.org/ws/2009/09/identity/claims"'
            if original
            else ""
        )
        return (
            f'<saml:Attribute AttributeName="{name}" AttributeNamespace="{space}" {vouched}>'
            f"<saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
        )

    who = (
        f'<saml:Subject><saml:NameIdentifier Format="urn:ivis:100001:name.id-viss">{subject}</saml:NameIdentifier>'
        "<saml:SubjectConfirmation><saml:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:bearer"
        "</saml:ConfirmationMethod></saml:SubjectConfirmation></saml:Subject>"
    )
    restriction = (
        f"<saml:AudienceRestrictionCondition><saml:Audience>{audience}</saml:Audience>"
        "</saml:AudienceRestrictionCondition>"
        if audience is not None
        else ""
    )
    text = (
        f'<saml:Assertion xmlns:saml="{SAML}" MajorVersion="1" MinorVersion="{minor}"'
        f' AssertionID="{assertion_id or "_" + str(uuid.uuid4())}" Issuer="{issuer}"'
        f' IssueInstant="{iso(moment + made)}">'
        f'<saml:Conditions NotBefore="{iso(moment + begins)}" NotOnOrAfter="{iso(moment + ends)}">{restriction}'
        f"</saml:Conditions><saml:AttributeStatement>{who}"
        + attribute("givenname", given_name)
        + attribute("surname", surname)
        + "".join(attribute("privatepersonalidentifier", code, original=False) for code in former)
        + "".join(attribute("privatepersonalidentifier", code) for code in codes)
        + attribute("citizenQAALevel", level, "http://ivis.eps.gov.lv/schema/identity/claims", original=False)
        + more
        + "</saml:AttributeStatement>"
        f'<saml:AuthenticationStatement AuthenticationMethod="SWEDBANK" AuthenticationInstant="{iso(moment)}">{who}'
        "</saml:AuthenticationStatement></saml:Assertion>"
    )
    return etree.fromstring(text)


def signed(element: etree._Element, pair: Pair, **how: Any) -> etree._Element:
    """Sign an assertion with a reference to its id."""
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm=how.pop("signature_algorithm", "rsa-sha256"),
        digest_algorithm=how.pop("digest_algorithm", "sha256"),
        c14n_algorithm=how.pop("c14n_algorithm", CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0),
    )
    return signer.sign(
        element,
        key=pair.key,
        cert=[pair.certificate],
        reference_uri=how.pop("reference_uri", element.get("AssertionID")),
        id_attribute="AssertionID",
        **how,
    )


def encrypted(element: etree._Element, key: rsa.RSAPublicKey, *, gcm: bool = True, oaep: bool = True) -> etree._Element:
    """Encrypt an element for the holder of a key."""
    plain, content_key = etree.tostring(element), os.urandom(32)
    if gcm:
        vector = os.urandom(12)
        sealed = vector + AESGCM(content_key).encrypt(vector, plain, None)
        method = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    else:
        vector, fill = os.urandom(16), 16 - len(plain) % 16
        encryptor = Cipher(algorithms.AES(content_key), modes.CBC(vector)).encryptor()
        sealed = vector + encryptor.update(plain + bytes(fill - 1) + bytes([fill])) + encryptor.finalize()
        method = f"{XENC}aes256-cbc"
    if oaep:
        scheme: Any = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
        key_method = f"{XENC}rsa-oaep-mgf1p"
    else:
        scheme, key_method = padding.PKCS1v15(), f"{XENC}rsa-1_5"
    wrapped = key.encrypt(content_key, scheme)
    return etree.fromstring(
        f'<xenc:EncryptedData xmlns:xenc="{XENC}" Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{method}"/>'
        f'<KeyInfo xmlns="{DSIG}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{key_method}"/>'
        f"<xenc:CipherData><xenc:CipherValue>{base64.b64encode(wrapped).decode()}</xenc:CipherValue></xenc:CipherData>"
        "</xenc:EncryptedKey></KeyInfo><xenc:CipherData><xenc:CipherValue>"
        f"{base64.b64encode(sealed).decode()}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"
    )


def response(*tokens: etree._Element, trust: str = TRUST_2012, collection: bool = True) -> str:
    """The wresult around tokens."""
    inner = "".join(
        f"<t:RequestSecurityTokenResponse><t:RequestedSecurityToken>{etree.tostring(token).decode()}"
        "</t:RequestedSecurityToken></t:RequestSecurityTokenResponse>"
        for token in tokens
    )
    if collection:
        return (
            f'<t:RequestSecurityTokenResponseCollection xmlns:t="{trust}">{inner}'
            "</t:RequestSecurityTokenResponseCollection>"
        )
    return inner.replace("<t:RequestSecurityTokenResponse>", f'<t:RequestSecurityTokenResponse xmlns:t="{trust}">', 1)
