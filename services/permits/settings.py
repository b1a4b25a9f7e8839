"""What can be set in permits."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field

from chassis.imports.settings import ImportNumbers


class PermitsSettings(ImportNumbers, prefix="PERMITS_"):
    """Read once per process by `settings()`."""

    validity_years: int = Field(5, ge=1, le=50, description="Validity of an issued permit whose request names no end.")
    expiring_batch: int = Field(200, ge=1, le=5000, description="Reminders of one turn of the expiry timer.")


@lru_cache(maxsize=1)
def settings() -> PermitsSettings:
    """Return the settings of this process. Raises pydantic.ValidationError for a wrong environment."""
    return PermitsSettings()
