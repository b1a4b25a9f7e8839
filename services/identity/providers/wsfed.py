"""WS-Federation passive sign-in with a SAML 1.1 token, as Latvija.lv speaks it (domain facts, section 1.1).

The browser is sent to the provider with `wctx`, our state, and comes back with a POST of `wresult`. Both namespaces of
WS-Trust are understood; the token may be encrypted for us; nothing but the configured certificates can sign it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from pydantic import Field, model_validator

from chassis.days import now
from services.identity.domain.external import ExternalIdentity, citizen_level, person_codes, state_name
from services.identity.providers import saml
from services.identity.providers.base import SKEW_SECONDS, Answer, Provider, ProviderConfig, Refused, Secrets
from services.identity.providers.fetching import check_address
from services.identity.providers.xml import only, parse
from services.identity.providers.xmlenc import XENC, decrypted

_TRUST = ("http://docs.oasis-open.org/ws-sx/ws-trust/200512", "http://schemas.xmlsoap.org/ws/2005/02/trust")
SHORTEST_RSA = 2048
Run = Callable[..., Any]


class WsFedConfig(ProviderConfig):
    """A WS-Federation provider. Certificates are pinned; several, so that the provider can change its key."""

    kind: Literal["wsfed"]
    url: str = Field(description="Passive sign-in address of the provider")
    realm: str = Field(min_length=1, description="Our name there (wtrealm), and the audience of its tokens")
    audience: str = Field("", description="Audience of the tokens where it is not the realm")
    issuer: str = Field(min_length=1)
    certificate_files: tuple[str, ...] = Field(min_length=1)
    decryption_key_file: str = Field("", description="Our RSA key (PEM) for encrypted tokens")
    require_encryption: bool = False
    old_algorithms: bool = Field(False, description="Accept signatures with SHA-1, which the provider still makes")
    state_names: bool = Field(True, description="NameIdentifier is PK:, DP: or AU: as at Latvija.lv")
    person_code: str = "privatepersonalidentifier"
    given_name: str = "givenname"
    family_name: str = "surname"
    level: str = "citizenQAALevel"

    @model_validator(mode="after")
    def _sound(self) -> WsFedConfig:
        if self.require_encryption and not self.decryption_key_file:
            raise ValueError("require_encryption needs decryption_key_file")
        return self


class WsFedProvider(Provider):
    """One WS-Federation provider with its certificates and our key."""

    config: WsFedConfig

    def __init__(self, config: WsFedConfig, secure: bool, run: Run) -> None:
        super().__init__(config)
        check_address(config.url, secure)
        self._certificates = [
            certificate
            for file in config.certificate_files
            for certificate in x509.load_pem_x509_certificates(Path(file).read_bytes())
        ]
        self._key = _rsa_key(config.decryption_key_file) if config.decryption_key_file else None
        self._run = run

    def start(self, secrets: Secrets, return_to: str, language: str, *, anew: bool = False) -> str:
        query = {
            "wa": "wsignin1.0",
            "wtrealm": self.config.realm,
            "wreply": return_to,
            "wctx": secrets.state,
            "wct": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if anew:
            query["wfresh"] = "0"
        parts = urlsplit(self.config.url)
        joined = "&".join(part for part in (parts.query, urlencode(query, quote_via=quote)) if part)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))

    def state_of(self, parameters: Mapping[str, str]) -> str | None:
        return parameters.get("wctx") or None

    def finish(self, secrets: Secrets | None, return_to: str, parameters: Mapping[str, str]) -> Answer:
        if secrets is None and not self.config.idp_initiated:
            raise Refused("an answer nobody asked for", "identity.login_unsolicited")
        if parameters.get("wa") != "wsignin1.0" or not parameters.get("wresult"):
            raise Refused("no token came")
        # Canonicalising and verifying is work for the processor: in a thread, so that other calls go on.
        found: Answer = self._run(self._read, parameters["wresult"])
        return found

    def _read(self, wresult: str) -> Answer:
        token = _token(parse(wresult))
        if token.tag == f"{XENC}EncryptedData":
            if self._key is None:
                raise Refused("the token is encrypted and we have no key")
            data = decrypted(token, self._key)
        elif self.config.require_encryption:
            raise Refused("the token is not encrypted")
        else:
            data = etree.tostring(token, with_tail=False)
        signed = saml.signed_part(data, self._certificates, self.config.old_algorithms)
        assertion = saml.read(signed, self.config.issuer, self.config.audience or self.config.realm, now())
        ends = assertion.ends + timedelta(seconds=2 * SKEW_SECONDS)
        return Answer(self._identity(assertion), token_id=assertion.assertion_id, token_ends=ends)

    def _identity(self, assertion: saml.Assertion) -> ExternalIdentity:
        config = self.config
        stated = state_name(assertion.subject) if config.state_names else None
        if config.state_names and stated is None:
            raise Refused("the name of the person is of an unknown form")
        codes = person_codes(assertion.values(config.person_code), first=stated.person_code if stated else None)
        level = next(iter(assertion.values(config.level)), None)
        return ExternalIdentity(
            provider=config.id,
            subject=assertion.subject,
            person_codes=codes,
            given_name=next(iter(assertion.values(config.given_name)), "")[:100],
            family_name=next(iter(assertion.values(config.family_name)), "")[:100],
            assurance=citizen_level(level) if level is not None else config.default_assurance,
            company_reg_no=stated.company_reg_no if stated else None,
            principal=stated.principal if stated else None,
            auth_method=assertion.method,
            auth_time=assertion.instant,
        )


def _token(root: etree._Element) -> etree._Element:
    """Return the one token of a response, single or in a collection, in either namespace. Raises Refused."""
    for trust in _TRUST:
        if root.tag == f"{{{trust}}}RequestSecurityTokenResponseCollection":
            root = only(root, f"{{{trust}}}RequestSecurityTokenResponse")
        if root.tag == f"{{{trust}}}RequestSecurityTokenResponse":
            holder = only(root, f"{{{trust}}}RequestedSecurityToken")
            if len(holder) != 1:
                raise Refused(f"{len(holder)} tokens came")
            return holder[0]
    raise Refused(f"the answer is {str(root.tag)[:100]!r}")


def _rsa_key(file: str) -> RSAPrivateKey:
    key = load_pem_private_key(Path(file).read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey) or key.key_size < SHORTEST_RSA:
        raise ValueError(f"{file} holds no RSA key of {SHORTEST_RSA} bits or more")
    return key
