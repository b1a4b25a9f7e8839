"""Settings of the gateway, read once per process from the environment."""

from __future__ import annotations

import os
from functools import lru_cache
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field

from chassis.settings import Settings, secret


class GatewaySettings(Settings, prefix="GATEWAY_"):
    """Everything about the frame that an operator may decide."""

    public_url: str = Field(
        "http://127.0.0.1:8080",
        description="Address people open; its scheme decides on Secure cookies and HSTS",
        validation_alias=AliasChoices("PUBLIC_URL", "GATEWAY_PUBLIC_URL"),
    )
    secret_key: str = secret("local-only-gateway-secret", "Key of CSRF tokens and notices; at least 16 characters")
    trusted_proxies: int = Field(0, ge=0, le=5, description="Proxies in front, believed in X-Forwarded-For and -Proto")
    form_origins: str = Field("", description="Origins a form may lead to (the bank), separated by spaces")
    session_cache: int = Field(20_000, ge=100, description="Sessions kept in memory per process")
    sign_in_per_minute: int = Field(
        20, ge=1, description="Links, codes and logins by providers per address, minute and process"
    )
    refusal_ms: int = Field(
        300, ge=50, le=5000, description="Refused sign-ins are answered whole multiples of this after they came"
    )
    refusals_per_second: float = Field(
        20, gt=0, le=1000, description="Refused sign-ins answered per address, second and process; others wait"
    )
    strength_per_minute: int = Field(120, ge=1, description="Passwords judged while typing, per address and minute")
    changes_per_minute: int = Field(240, ge=1, description="Changing requests per session or address, minute, process")
    machine_tokens_per_minute: int = Field(60, ge=1, description="Tokens asked for per address, minute and process")
    machine_per_minute: int = Field(600, ge=1, description="Requests per machine client, minute and process")
    max_body_kib: int = Field(1024, ge=16, description="Largest request body in KiB, unless a route takes files")
    access_log: bool = Field(True, description="One JSON line per request on standard output")
    staff_contact: str = Field("", description="Who helps staff; shown on the staff sign-in page")

    portal_name_lv: str = Field("Klientu portāls", description="Name of the portal in Latvian")
    portal_name_en: str = Field("Client portal", description="Name of the portal in English")
    operator_name: str = Field("VAS “Elektroniskie sakari”", description="Operator as named in the footer")
    operator_reg_no: str = Field("40003021907", description="Operator's registration number")
    operator_address: str = Field("Eksporta iela 5, Rīga, LV-1010", description="Operator's registered address")
    operator_phone: str = Field("67332179", description="Help telephone")
    operator_email: str = Field("info@vases.lv", description="Help e-mail")
    operator_official_email: str = Field("vases@vases.lv", description="E-mail for signed documents")
    working_hours_lv: str = Field("darbdienās 8.30–17.00", description="Working hours of the help, in Latvian")
    working_hours_en: str = Field("on working days 8.30–17.00", description="Working hours of the help, in English")
    switched_off: str = Field(
        "", description="Parts that are off, separated by spaces: payments requests contracts registration applications"
    )
    notice_lv: str = Field("", description="Maintenance notice on every page, in Latvian; empty shows none")
    notice_en: str = Field("", description="Maintenance notice on every page, in English")

    @property
    def secure(self) -> bool:
        """Tell whether people reach the portal over TLS."""
        return self.public_url.startswith("https://")

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the portal, as a browser sends them in `Origin`."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def form_targets(self) -> tuple[str, ...]:
        """Return the origins outside the portal that forms may lead to."""
        bank = urlsplit(os.environ.get("BILLING_BANK_URL", ""))
        found = self.form_origins.split() + ([f"{bank.scheme}://{bank.netloc}"] if bank.netloc else [])
        return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1)
def settings() -> GatewaySettings:
    """Return the settings of this process."""
    return GatewaySettings()
