"""What an operator may set about requests."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field

from chassis.settings import Settings


class RequestsSettings(Settings, prefix="REQUESTS_"):
    draft_days: int = Field(90, ge=1, le=3650, description="Days after its last change when a draft is removed.")
    attachment_mb: int = Field(10, ge=1, le=100, description="Largest attachment in MB.")
    attachment_count: int = Field(10, ge=1, le=100, description="Most attachments one case may have.")
    permit_wait_minutes: float = Field(
        10, ge=0.01, le=10080, description="Minutes an approved case may wait for its outcome before staff are told."
    )


@lru_cache(maxsize=1)
def settings() -> RequestsSettings:
    """Return this process's settings. Raises pydantic.ValidationError for a wrong environment."""
    return RequestsSettings()
