"""What can be set about imports; a service's settings take it in: `class PermitsSettings(ImportSettings, prefix=…)`."""

from __future__ import annotations

from pydantic import Field

from chassis.settings import Settings


class ImportNumbers(Settings):
    """Limits and times of imports."""

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
    import_keep_days: float = Field(90, ge=0, le=3660, description="How long the file of a finished import is kept.")
