"""OpenID Connect: authorization code with PKCE, after OpenID Connect Core 1.0, RFC 7636, RFC 9207 and RFC 9700.

PyJWT checks signatures; every other check stands here in the open (docs/decisions/0032). What a check refuses is
logged, and the browser learns one sentence.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pydantic import Field, model_validator

from services.identity.providers import fetching
from services.identity.providers.base import Answer, Provider, ProviderConfig, Refused, Secrets
from services.identity.providers.id_token import ALGORITHMS, Expected, verified
from services.identity.providers.jwks import Kept
from services.identity.providers.oidc_claims import OidcClaims, identity_of

LONGEST_CODE = 4096


class OidcConfig(ProviderConfig):
    """An OpenID provider. Its description is read from `<issuer>/.well-known/openid-configuration`."""

    kind: Literal["oidc"]
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: str = Field("", repr=False)
    token_auth: Literal["client_secret_basic", "client_secret_post", "none"] | None = None
    scopes: str = "openid profile"
    algorithms: tuple[str, ...] = ALGORITHMS
    acr_values: str = ""
    assurance: dict[str, Literal["low", "substantial", "high"]] = {}
    max_age: int | None = Field(None, ge=0, description="Seconds after which the provider must ask the person again")
    prompt: str = ""
    claims: OidcClaims = OidcClaims()
    userinfo: bool = True

    @model_validator(mode="after")
    def _sound(self) -> OidcConfig:
        if "openid" not in self.scopes.split():
            raise ValueError("scopes must hold openid")
        if strange := set(self.algorithms) - set(ALGORITHMS):
            raise ValueError(f"algorithms {sorted(strange)} are not accepted: only signatures with a public key are")
        if not self.client_secret and self.token_auth != "none":  # noqa: S105 - the name of a method, no secret
            raise ValueError("client_secret is missing (token_auth none for a public client)")
        return self


class OidcProvider(Provider):
    """One OpenID provider with its description and keys."""

    config: OidcConfig

    def __init__(self, config: OidcConfig, secure: bool = True) -> None:
        super().__init__(config)
        self._secure = secure
        fetching.check_address(config.issuer, secure)
        self._metadata = Kept(self._fetch_metadata)
        self._keys = Kept(lambda: fetching.get_json(self._address("jwks_uri")))

    def issuer_is(self, issuer: str) -> bool:
        return issuer == self.config.issuer

    def start(self, secrets: Secrets, return_to: str, language: str, *, anew: bool = False) -> str:
        config = self.config
        challenge = hashlib.sha256(secrets.derived("verifier").encode()).digest()
        query = {
            "response_type": "code",
            "client_id": config.client_id,
            "redirect_uri": return_to,
            "scope": config.scopes,
            "state": secrets.state,
            "nonce": secrets.derived("nonce"),
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        if config.acr_values:
            query["acr_values"] = config.acr_values
        # max_age makes auth_time a duty of the provider (Core 3.1.2.1); prompt alone it could pass over in silence.
        if anew or config.max_age is not None:
            query["max_age"] = "0" if anew else str(config.max_age)
        if anew or config.prompt:
            query["prompt"] = "login" if anew else config.prompt
        parts = urlsplit(self._address("authorization_endpoint"))
        joined = "&".join(part for part in (parts.query, urlencode(query, quote_via=quote)) if part)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))

    def state_of(self, parameters: Mapping[str, str]) -> str | None:
        return parameters.get("state") or None

    def finish(self, secrets: Secrets | None, return_to: str, parameters: Mapping[str, str]) -> Answer:
        if secrets is None:
            raise Refused("an answer nobody asked for", "identity.login_unsolicited")
        self._check_issuer(parameters)
        if "error" in parameters:
            cancelled = parameters["error"] in ("access_denied", "login_required", "interaction_required")
            code = "identity.login_cancelled" if cancelled else "identity.login_refused"
            raise Refused(f"the provider says {parameters['error'][:100]!r}", code)
        code = parameters.get("code", "")
        if not code or len(code) > LONGEST_CODE:
            raise Refused("no code")
        tokens = self._exchange(code, secrets, return_to)
        access_token = self._access_token(tokens)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise Refused("no id_token")
        expected = Expected(
            issuer=self.config.issuer,
            client_id=self.config.client_id,
            nonce=secrets.derived("nonce"),
            algorithms=self.config.algorithms,
            access_token=access_token,
            max_age=self.config.max_age,
        )
        claims = verified(id_token, self._keys, expected)
        return Answer(identity_of(self.config, self._with_userinfo(claims, access_token)))

    def _check_issuer(self, parameters: Mapping[str, str]) -> None:
        """RFC 9207: an answer of another provider must not be taken to this one's token endpoint (mix-up)."""
        stated = parameters.get("iss")
        promised = self._metadata.get().get("authorization_response_iss_parameter_supported") is True
        if stated is None and not promised:
            return
        if stated != self.config.issuer:
            raise Refused(f"the answer comes from {str(stated)[:200]!r}")

    def _exchange(self, code: str, secrets: Secrets, return_to: str) -> dict[str, Any]:
        config = self.config
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_to,
            "code_verifier": secrets.derived("verifier"),
        }
        way = self._token_auth()
        basic = None
        if way == "client_secret_basic":
            # RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
            pair = f"{quote(config.client_id, safe='')}:{quote(config.client_secret, safe='')}"
            basic = base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = config.client_id
            if way == "client_secret_post":
                form["client_secret"] = config.client_secret
        found = fetching.post_form(self._address("token_endpoint"), form, basic=basic)
        if "error" in found:
            raise Refused(f"the token endpoint says {str(found['error'])[:100]!r}")
        return found

    def _token_auth(self) -> str:
        if self.config.token_auth:
            return self.config.token_auth
        # Without a list the standard's default is basic.
        offered = self._metadata.get().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    @staticmethod
    def _access_token(tokens: dict[str, Any]) -> str:
        access_token = tokens.get("access_token")
        if not isinstance(access_token, str) or not access_token or not access_token.isascii():
            raise Refused("no access_token")
        if str(tokens.get("token_type", "")).lower() != "bearer":
            raise Refused(f"token_type is {str(tokens.get('token_type'))[:40]!r}")
        return access_token

    def _with_userinfo(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """Add what the provider tells of the person at its userinfo endpoint; the signed token's word comes first."""
        if not self.config.userinfo or not self._metadata.get().get("userinfo_endpoint"):
            return claims
        told = fetching.get_json(self._address("userinfo_endpoint"), bearer=access_token)
        if told.get("sub") != claims["sub"]:
            raise Refused("userinfo is about somebody else")
        return told | claims

    def _address(self, name: str) -> str:
        value = self._metadata.get().get(name)
        if not isinstance(value, str):
            raise fetching.Unavailable(f"the provider's description has no {name}")
        return fetching.check_address(value, self._secure)

    def _fetch_metadata(self) -> dict[str, Any]:
        # Discovery 4.1: a slash at the end of the issuer is taken away before the path is put behind it.
        found = fetching.get_json(self.config.issuer.removesuffix("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.config.issuer:
            raise Refused(f"the description is of {str(found.get('issuer'))[:200]!r}", "identity.provider_unavailable")
        return found
