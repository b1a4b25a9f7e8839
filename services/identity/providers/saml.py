"""A SAML 1.1 assertion: its signature, and only then its content, read from the very bytes that were signed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier
from signxml.exceptions import InvalidCertificate, InvalidInput, SignXMLException

from services.identity.providers.base import SKEW_SECONDS, Refused
from services.identity.providers.xml import only, parse, text_of

SAML = "{urn:oasis:names:tc:SAML:1.0:assertion}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
CLAIMS_2009 = "{http://schemas.xmlsoap.org/ws/2009/09/identity/claims}"
BEARER = "urn:oasis:names:tc:SAML:1.0:cm:bearer"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_TRANSFORMS = ("http://www.w3.org/2000/09/xmldsig#enveloped-signature", _EXCLUSIVE)
_SIGNATURES = frozenset(
    {
        SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1, SignatureMethod.SHA384_RSA_MGF1, SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
    }
)  # fmt: skip
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
# Only where the operator says that the provider signs so: latvija.lv did for years.
_OLD_SIGNATURES = _SIGNATURES | {SignatureMethod.RSA_SHA1}
_OLD_DIGESTS = _DIGESTS | {DigestAlgorithm.SHA1}
LONGEST_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Attribute:
    """One value of one attribute; `vouched` when the identity provider behind the sender stated it itself."""

    name: str
    value: str
    vouched: bool


@dataclass(frozen=True)
class Assertion:
    """What was signed."""

    assertion_id: str
    issuer: str
    ends: datetime
    subject: str
    method: str
    instant: datetime | None
    attributes: tuple[Attribute, ...]

    def values(self, name: str) -> list[str]:
        """Return the values of an attribute, those vouched for first; names are compared without regard to case."""
        found = [one for one in self.attributes if one.name.lower() == name.lower() and one.value]
        return [one.value for one in sorted(found, key=lambda one: not one.vouched)]


def signed_part(data: bytes, certificates: Sequence[x509.Certificate], old_algorithms: bool) -> etree._Element:
    """Return the assertion as it was signed by one of the certificates; nothing else of `data` may be looked at.

    The signature must stand in the assertion itself and cover it whole: another place is how signatures get wrapped
    around something they were not made for. Raises Refused.
    """
    root = parse(data)
    if root.tag != f"{SAML}Assertion":
        raise Refused(f"the token is {root.tag[:100]!r}")
    _check_shape(root)
    plain = etree.tostring(root)
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(
                plain,
                x509_cert=certificate,
                id_attribute="AssertionID",
                expect_config=SignatureConfiguration(
                    location="./",
                    expect_references=1,
                    signature_methods=_OLD_SIGNATURES if old_algorithms else _SIGNATURES,
                    digest_algorithms=_OLD_DIGESTS if old_algorithms else _DIGESTS,
                    ignore_ambiguous_key_info=True,  # its KeyInfo decides nothing: the certificate is ours
                ),
            )
        except InvalidCertificate as error:
            reason = f"certificate: {error}"
        except (SignXMLException, InvalidInput, ValueError, TypeError, KeyError, AttributeError) as error:
            # The library trips over some malformed signatures instead of refusing them; that is a refusal, too.
            reason = f"signature: {type(error).__name__}: {error}"
        else:
            signed = result[0].signed_xml if isinstance(result, list) else result.signed_xml
            if signed is None or signed.tag != f"{SAML}Assertion":
                raise Refused("the signature covers something else")
            return signed
    raise Refused(reason[:300] if certificates else "no certificate is configured")


def _check_shape(root: etree._Element) -> None:
    """Everything signxml would also accept but no provider sends."""
    if sum(1 for _ in root.iter(f"{SAML}Assertion")) != 1 or sum(1 for _ in root.iter(f"{DSIG}Signature")) != 1:
        raise Refused("there is more than one assertion or signature, or no signature")
    signature = only(root, f"{DSIG}Signature")
    reference = only(only(signature, f"{DSIG}SignedInfo"), f"{DSIG}Reference")
    own = root.get("AssertionID", "")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.:-]{0,254}", own) or reference.get("URI") != f"#{own}":
        raise Refused("the signature is not about this assertion")
    used = [one.get("Algorithm") for one in reference.iter(f"{DSIG}Transform")]
    if any(one not in _TRANSFORMS for one in used) or len(used) > len(_TRANSFORMS) or len(set(used)) != len(used):
        raise Refused("the signature transforms what it signs")
    method = only(only(signature, f"{DSIG}SignedInfo"), f"{DSIG}CanonicalizationMethod").get("Algorithm")
    if method != _EXCLUSIVE:
        raise Refused("the signature is canonicalised in another way")
    if sum(1 for one in root.iter() for name in ("AssertionID", "Id", "ID", "id") if one.get(name) == own) > 1:
        raise Refused("an id is given twice")


def read(signed: etree._Element, issuer: str, audience: str, now: datetime) -> Assertion:
    """Return the content of a signed assertion that is for us and good now. Raises Refused."""
    if (signed.get("MajorVersion"), signed.get("MinorVersion")) != ("1", "1"):
        raise Refused("the assertion is not SAML 1.1")
    if signed.get("Issuer") != issuer:
        raise Refused(f"the assertion is of {str(signed.get('Issuer'))[:200]!r}")
    ends = _check_conditions(only(signed, f"{SAML}Conditions"), audience, now)
    skew = timedelta(seconds=SKEW_SECONDS)
    made = _moment(signed.get("IssueInstant"))
    if made is None or made > now + skew:
        raise Refused("the assertion was made in the future")
    statement = only(signed, f"{SAML}AttributeStatement")
    subject = _subject(statement)
    proved = signed.findall(f"{SAML}AuthenticationStatement")
    if len(proved) > 1 or any(_subject(one) != subject for one in proved):
        raise Refused("the statements are about different people")
    # For information only: a widespread server states the end of its token here.
    instant = _moment(proved[0].get("AuthenticationInstant")) if proved else None
    if instant is not None and instant > now + skew:
        instant = None
    return Assertion(
        assertion_id=signed.get("AssertionID", ""),
        issuer=issuer,
        ends=ends,
        subject=subject,
        method=(proved[0].get("AuthenticationMethod", "") if proved else "")[:100],
        instant=instant,
        attributes=tuple(
            Attribute(
                one.get("AttributeName", "").rpartition("/")[2],
                text_of(value),
                bool(one.get("OriginalIssuer") or one.get(f"{CLAIMS_2009}OriginalIssuer")),
            )
            for one in statement.findall(f"{SAML}Attribute")
            for value in one.findall(f"{SAML}AttributeValue")
        ),
    )


def _check_conditions(conditions: etree._Element, audience: str, now: datetime) -> datetime:
    skew = timedelta(seconds=SKEW_SECONDS)
    begins, ends = _moment(conditions.get("NotBefore")), _moment(conditions.get("NotOnOrAfter"))
    if begins is None or ends is None:
        raise Refused("the assertion does not say when it holds")
    if ends - begins > LONGEST_LIFE:
        raise Refused("the assertion holds longer than a day")
    if now < begins - skew:
        raise Refused("the assertion is not valid yet")
    if now >= ends + skew:
        raise Refused("the assertion has expired")
    restrictions = conditions.findall(f"{SAML}AudienceRestrictionCondition")
    if not restrictions:
        raise Refused("the assertion does not say for whom it is")
    for restriction in restrictions:
        if audience not in [text_of(one) for one in restriction.findall(f"{SAML}Audience")]:
            raise Refused("the assertion is for somebody else")
    known = {f"{SAML}AudienceRestrictionCondition", f"{SAML}DoNotCacheCondition"}
    if any(one.tag not in known for one in conditions):
        raise Refused("the assertion has conditions we do not know")
    return ends


def _subject(statement: etree._Element) -> str:
    subject = only(statement, f"{SAML}Subject")
    confirmation = subject.find(f"{SAML}SubjectConfirmation")
    if confirmation is not None:
        methods = [text_of(one) for one in confirmation.findall(f"{SAML}ConfirmationMethod")]
        if BEARER not in methods:
            raise Refused("the assertion must be confirmed in another way")
    name = text_of(only(subject, f"{SAML}NameIdentifier"))
    if not name or len(name) > 255:
        raise Refused("the assertion names nobody")
    return name


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
