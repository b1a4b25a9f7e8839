"""Settings come from the environment only, are checked at start, and say what they mean.

Outside the local profile there is no default secret: a field marked `secret=True` must then be given.
"""

from __future__ import annotations

import os
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Profile = Literal["local", "production"]

# Every settings class, for the generated table in docs/settings.md.
SETTINGS: list[type[Settings]] = []


def profile() -> Profile:
    """Return the profile this process runs in; anything but `local` counts as production."""
    return "local" if os.environ.get("PROFILE") == "local" else "production"


def secret(default: str, description: str) -> Any:
    """Return a field whose default works in the local profile only."""
    return Field(default=default, description=description, json_schema_extra={"secret": True})


class Settings(BaseSettings):
    """Base of a service's settings: `class BillingSettings(Settings, prefix="BILLING_")`; every field described."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    @classmethod
    def __pydantic_init_subclass__(cls, prefix: str = "", **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.model_config = SettingsConfigDict(**{**cls.model_config, "env_prefix": prefix})
        for name, field in cls.model_fields.items():
            if not field.description:
                raise TypeError(f"{cls.__name__}.{name} needs a description")
        SETTINGS.append(cls)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # `prefix` is read above, once the model is complete.
        super().__init_subclass__()

    @model_validator(mode="after")
    def _no_default_secrets(self) -> Settings:
        if profile() == "local":
            return self
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and extra.get("secret") and getattr(self, name) == field.default:
                prefix = type(self).model_config.get("env_prefix", "")
                raise ValueError(f"{prefix}{name.upper()} must be set outside the local profile")
        return self


def database_url(service: str) -> str:
    """Return the DSN of a service's database: DATABASE_URL_<SERVICE>, else DATABASE_URL. Raises KeyError for none."""
    url = os.environ.get(f"DATABASE_URL_{service.upper()}") or os.environ["DATABASE_URL"]
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)
