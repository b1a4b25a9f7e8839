"""What an operator may set about messages and how they are sent."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field

from chassis.settings import Settings


class NotificationsSettings(Settings, prefix="NOTIFICATIONS_"):
    public_url: str = Field(
        "http://127.0.0.1:8080", validation_alias="PUBLIC_URL", description="Address of the portal, for links in mail."
    )
    smtp_url: str = Field(
        "smtp://127.0.0.1:1025",
        description="Mail server: smtp://[user:password@]host:port, or smtps:// for TLS from the first byte.",
        json_schema_extra={"secret": True},
    )
    smtp_starttls: str = Field(
        "if_offered", pattern="^(if_offered|required|never)$", description="Whether to turn to TLS: STARTTLS."
    )
    smtp_timeout: float = Field(10, ge=1, le=60, description="Seconds to wait for any answer of the mail server.")
    from_address: str = Field("portals@portal.example", description="Address messages come from.")
    from_name_lv: str = Field("Portāls", description="Name messages in Latvian come from.")
    from_name_en: str = Field("Portal", description="Name messages in English come from.")
    security_address: str = Field(
        "", description="Who among staff is told of compromised accounts and suspicious sign-ins; empty: nobody."
    )
    reply_to: str = Field("", description="Address answers go to; empty: the sender's.")
    sms_url: str = Field("", description="Text message provider: POST of JSON {to, text, reference}; empty: none.")
    sms_token: str = Field(
        "", description="Bearer token for the text message provider.", json_schema_extra={"sensitive": True}
    )
    sms_timeout: float = Field(8, ge=1, le=60, description="Seconds to wait for the text message provider.")
    sms_sender: str = Field("Portals", max_length=11, description="Sender's name on text messages.")
    give_up_hours: float = Field(48, ge=0.01, le=240, description="Hours after which a message is not tried again.")
    lease_seconds: int = Field(
        20, ge=5, le=600, description="Seconds a process has to send a message before another may take it."
    )
    keep_days: int = Field(540, ge=30, le=3650, description="Days messages and deliveries are kept.")


@lru_cache(maxsize=1)
def settings() -> NotificationsSettings:
    """Return this process's settings. Raises pydantic.ValidationError for a wrong environment."""
    return NotificationsSettings()
