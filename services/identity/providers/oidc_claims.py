"""From the claims of an OpenID provider to an ExternalIdentity; the names of the claims are configuration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from services.identity.domain.external import ExternalIdentity, person_codes

if TYPE_CHECKING:
    from services.identity.providers.oidc import OidcConfig


class OidcClaims(BaseModel):
    """Which claim holds what; an empty name means that the provider does not tell it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    person_code: str = "serial_number"
    former_codes: str = ""
    given_name: str = "given_name"
    family_name: str = "family_name"
    company_reg_no: str = ""
    email: str = "email"


def identity_of(config: OidcConfig, claims: dict[str, Any]) -> ExternalIdentity:
    """Return who the claims are about; what has a strange type counts as not told."""
    names = config.claims
    codes = person_codes(_texts(claims, names.former_codes), first=next(_texts(claims, names.person_code), None))
    acr = claims.get("acr")
    proved = claims.get("auth_time")
    return ExternalIdentity(
        provider=config.id,
        subject=claims["sub"],
        person_codes=codes,
        given_name=next(_texts(claims, names.given_name), "")[:100],
        family_name=next(_texts(claims, names.family_name), "")[:100],
        assurance=config.assurance.get(acr if isinstance(acr, str) else "", config.default_assurance),
        company_reg_no=next(_texts(claims, names.company_reg_no), None),
        auth_method=" ".join(_texts(claims, "amr"))[:100],
        auth_time=datetime.fromtimestamp(proved, UTC) if type(proved) is int and 0 <= proved < 2**33 else None,
        email=_email(claims, names.email),
    )


def _texts(claims: dict[str, Any], name: str) -> Iterator[str]:
    value = claims.get(name) if name else None
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one.strip():
            yield one.strip()


def _email(claims: dict[str, Any], name: str) -> str | None:
    """Return the address to suggest; one the provider says it did not verify is not."""
    address = next(_texts(claims, name), None)
    return None if address is None or claims.get("email_verified") is False or len(address) > 254 else address
