"""Providers by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from services.billing.providers.base import Provider
from services.billing.providers.sandbox_bank import SandboxBank
from services.billing.settings import settings


def _sandbox_bank() -> Provider:
    config = settings()
    return SandboxBank(config.bank_url, config.bank_api_key, config.bank_seconds)


PROVIDERS: dict[str, Callable[[], Provider]] = {"sandbox_bank": _sandbox_bank}


@cache
def provider(name: str) -> Provider:
    """Return a provider. Raises KeyError for a name nobody registered."""
    return PROVIDERS[name]()
