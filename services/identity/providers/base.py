"""The words every provider speaks: configured, it starts a login and later reads the answer (the port of S0-12).

A provider never opens a session and never touches the database: it says where to send the browser, and turns what the
browser brings back into an `ExternalIdentity` or a refusal. What it wants looked up or remembered is in `Answer`.
"""

from __future__ import annotations

import abc
import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.errors import PortalError
from services.identity.domain.external import ExternalIdentity

Assurance = Literal["low", "substantial", "high"]
ProviderId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]
# How far our clock and the provider's may be apart, in seconds.
SKEW_SECONDS = 30


class Words(BaseModel):
    """A name in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    lv: str = Field(min_length=1, max_length=80)
    en: str = Field(min_length=1, max_length=80)


class ProviderConfig(BaseModel):
    """What an operator settles about a provider, whatever its protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: ProviderId
    kind: str
    name: Words
    bank: bool = Field(False, description="Internet bank: name and code must both agree with the register (S1-35)")
    needs_contract: bool = Field(False, description="Lets in only people whose client has a contract (S3-15)")
    idp_initiated: bool = Field(False, description="People may come from the provider's own site (S1-64, S3-16)")
    required_assurance: Assurance = Field("low", description="Weaker identifications are refused")
    default_assurance: Assurance = Field("low", description="What an answer without a known level is worth")
    may_create: bool = Field(True, description="A first login may create the account of a natural person (S0-12)")


@dataclass(frozen=True)
class Secrets:
    """The two secrets of one login: `state` travels by the browser's address bar, `browser` stays in its cookie.

    What must not be guessed from the address bar follows from both, so nothing else needs to be kept.
    """

    state: str
    browser: str

    def derived(self, purpose: str) -> str:
        """Return 256 bits (43 characters, base64url) for a purpose such as `nonce`; the same every time."""
        digest = hmac.digest(self.browser.encode(), f"{purpose}:{self.state}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class Answer:
    """What a verified answer says. A token must not be accepted twice: `token_id` is remembered until `token_ends`."""

    identity: ExternalIdentity
    token_id: str | None = None
    token_ends: datetime | None = None


class Provider(abc.ABC):
    """One configured provider."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self.id = config.id

    @abc.abstractmethod
    def start(self, secrets: Secrets, return_to: str, language: str, *, anew: bool = False) -> str:
        """Return the address the browser is sent to; it comes back to `return_to`. Raises PortalError.

        `anew` asks that the person prove who they are now, whatever session the provider has with them.
        """

    @abc.abstractmethod
    def state_of(self, parameters: Mapping[str, str]) -> str | None:
        """Return the state an answer carries, None when it answers nothing we asked."""

    @abc.abstractmethod
    def finish(self, secrets: Secrets | None, return_to: str, parameters: Mapping[str, str]) -> Answer:
        """Return who came. `secrets` is None for an answer nobody asked for, which only some providers may give.

        Raises PortalError identity.login_refused, login_cancelled, login_unsolicited or provider_unavailable.
        """

    def issuer_is(self, issuer: str) -> bool:
        """Tell whether a site that sends people here to sign in is this provider's."""
        return False


class Refused(PortalError):
    """The answer does not prove what it should. `why` is for the log and the audit trail, never for the browser."""

    def __init__(self, why: str, code: str = "identity.login_refused") -> None:
        super().__init__(code)
        self.why = why
