"""What can be set in permits."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field

from chassis.settings import Settings


class PermitsSettings(Settings, prefix="PERMITS_"):
    """Read once per process by `settings()`."""

    import_max_mb: int = Field(512, ge=1, le=4096, description="Largest register file that is taken, in MB.")
    import_problems: int = Field(
        10_000, ge=100, le=1_000_000, description="Problems of one import kept for its report; all are counted."
    )
    import_lease_seconds: float = Field(
        15, ge=1, le=600, description="After how many seconds of silence another process takes over an import."
    )
    import_upload_hours: float = Field(
        24, ge=0.1, le=720, description="After how many hours an upload that never ended is closed."
    )
    import_keep_days: int = Field(90, ge=1, le=3660, description="How long the file of a finished import is kept.")
    validity_years: int = Field(5, ge=1, le=50, description="Validity of an issued permit whose request names no end.")
    expiring_batch: int = Field(200, ge=1, le=5000, description="Reminders of one turn of the expiry timer.")


@lru_cache(maxsize=1)
def settings() -> PermitsSettings:
    """Return the settings of this process. Raises pydantic.ValidationError for a wrong environment."""
    return PermitsSettings()
