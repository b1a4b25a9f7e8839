"""Which providers there are: read once from the JSON file IDENTITY_PROVIDERS_FILE; a wrong one stops the start.

{"providers": [{"id": "latvija", "kind": "wsfed", "name": {"lv": "Latvija.lv", "en": "Latvija.lv"}, ...}]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.errors import PortalError
from services.identity.providers.base import Provider
from services.identity.providers.oidc import OidcConfig, OidcProvider
from services.identity.providers.wsfed import Run, WsFedConfig, WsFedProvider

AnyConfig = Annotated[OidcConfig | WsFedConfig, Field(discriminator="kind")]


class ProvidersFile(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    providers: tuple[AnyConfig, ...] = ()


class Registry:
    """The providers by id, in the order of the file, which is the order in which people see them."""

    def __init__(self, providers: Iterable[Provider] = ()) -> None:
        self._known: dict[str, Provider] = {}
        for provider in providers:
            if provider.id in self._known:
                raise ValueError(f"provider {provider.id} is configured twice")
            self._known[provider.id] = provider

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._known.values())

    def get(self, provider_id: str) -> Provider:
        """Return a provider. Raises PortalError not_found."""
        found = self._known.get(provider_id)
        if found is None:
            raise PortalError("not_found")
        return found

    def name(self, provider_id: str | None, language: str) -> str:
        """Return what people call a provider; its id when it is no longer configured."""
        found = self._known.get(provider_id or "")
        return getattr(found.config.name, language) if found else provider_id or ""


def from_file(path: str, *, secure: bool, run: Run) -> Registry:
    """Read the providers; an empty path means none. Raises ValueError naming file, provider and field."""
    if not path:
        return Registry()
    try:
        found = ProvidersFile.model_validate_json(Path(path).read_bytes())
    except OSError as error:
        raise ValueError(f"IDENTITY_PROVIDERS_FILE: {error}") from error
    except ValidationError as error:
        raise ValueError(f"IDENTITY_PROVIDERS_FILE {path}: {error}") from error
    return Registry(make(config, secure=secure, run=run) for config in found.providers)


def make(config: OidcConfig | WsFedConfig, *, secure: bool, run: Run) -> Provider:
    """Return the provider of a configuration. Raises ValueError for a certificate or key that cannot be read."""
    try:
        if isinstance(config, OidcConfig):
            return OidcProvider(config, secure)
        return WsFedProvider(config, secure, run)
    except (OSError, PortalError) as error:
        raise ValueError(f"provider {config.id}: {getattr(error, 'why', error)}") from error
