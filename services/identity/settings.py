"""The settings of identity, from the environment."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Literal

from pydantic import AliasChoices, Field

from chassis.imports.settings import ImportNumbers
from chassis.settings import profile, secret
from services.identity.domain.lockout import LockPolicy
from services.identity.domain.passwords import PasswordPolicy
from services.identity.domain.sessions import SessionLimits
from services.identity.domain.suspicion import SuspicionPolicy


class IdentitySettings(ImportNumbers, prefix="IDENTITY_"):
    """Numbers of C1, C2, C8 and C13, the cost of hashing, and the signing key."""

    public_url: str = Field(
        "http://127.0.0.1:8080",
        description="Address people open; identity providers send them back there",
        validation_alias=AliasChoices("PUBLIC_URL", "IDENTITY_PUBLIC_URL"),
    )
    providers_file: str = Field("", description="JSON file with the providers of unified login; empty: none.")
    login_minutes: int = Field(10, ge=2, le=60, description="Minutes a login by a provider may take.")
    signing_key_file: str = Field(
        "", description="Root key (Ed25519, PEM): vouches for the keys that sign tokens, and encrypts them at rest."
    )
    key_rotation_days: int = Field(
        30, ge=0, le=365, description="Days after which the next key signs; 0 rotates only by hand."
    )
    token_seconds: int = Field(300, ge=30, le=300, description="Life of a signed token in seconds.")
    link_key: str = secret(
        "local-only-identity-link-key", "Key the secrets of one-time links are derived with; at least 16 characters."
    )
    link_activation_hours: int = Field(24, ge=1, le=168, description="Hours an activation link holds (S3-33).")
    link_reset_minutes: int = Field(60, ge=5, le=1440, description="Minutes a link for a new password holds (C3).")
    link_undo_hours: int = Field(
        168, ge=24, le=720, description="Hours a link holds by which the former e-mail of an account is taken back."
    )
    link_email_hours: int = Field(24, ge=1, le=168, description="Hours a link that confirms a new e-mail holds.")
    links_per_hour: int = Field(5, ge=1, le=100, description="Links a user may ask for in an hour.")
    password_shortest: int = Field(8, ge=8, le=64, description="Fewest characters of a password.")
    password_longest: int = Field(128, ge=64, le=1024, description="Most characters of a password.")
    password_remind_days: int = Field(90, ge=1, le=3650, description="Days after which a new password is suggested.")
    password_enforce: bool = Field(False, description="Whether the change after those days is a duty (C2).")
    lock_tries: int = Field(5, ge=1, le=100, description="Consecutive wrong passwords that lock an account.")
    lock_minutes: int = Field(15, ge=1, le=1440, description="Minutes of the first lock; every further one doubles.")
    lock_longest_minutes: int = Field(1440, ge=1, le=10080, description="Minutes of the longest lock.")
    suspicion_accounts: int = Field(
        20, ge=2, description="Accounts tried wrongly from one address that have it held (S1-33)."
    )
    suspicion_networks: int = Field(
        5, ge=2, description="Networks with wrong passwords for one account that have its password held (S1-33)."
    )
    suspicion_minutes: int = Field(60, ge=1, le=1440, description="Minutes within which those come together.")
    hold_minutes: int = Field(60, ge=1, le=1440, description="Minutes of the first hold; every further one doubles.")
    hold_longest_minutes: int = Field(1440, ge=1, le=10080, description="Minutes of the longest hold.")
    never_held: str = Field(
        "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 ::1/128 fc00::/7 fe80::/10",
        description="Networks whose addresses are never held: proxies and offices, separated by spaces.",
    )
    registration: Literal["off", "natural", "all"] = Field(
        "off", description="Who may register themselves (C5): nobody, natural persons, or companies, too."
    )
    registration_needs_contract: bool = Field(
        True, description="Whoever registers must name a contract in force (S2-08); off: client number or code suffice."
    )
    registrations_per_address: int = Field(
        20, ge=1, description="Attempts to register from one network address before it waits an hour, then longer."
    )
    registration_answer_ms: int = Field(
        700, ge=0, le=10_000, description="Attempts to register are answered after this many milliseconds, all alike."
    )
    application_guesses_per_address: int = Field(
        10, ge=1, description="Wrong codes of applications from one network address before it waits, longer each time."
    )
    application_days: int = Field(90, ge=1, le=3650, description="Days the signed original of an application may take.")
    application_keep_days: int = Field(
        540, ge=1, le=3650, description="Days a refused or lapsed application is kept; an approved one stays (C13)."
    )
    original_mb: int = Field(12, ge=1, le=100, description="Largest file of a signed original in MiB.")
    help_phone: str = Field("67332179", description="Telephone named where a registration is refused (S3-20).")
    operator_name: str = Field("VAS “Elektroniskie sakari”", description="Operator as named on forms to be signed.")
    operator_reg_no: str = Field("40003021907", description="Operator's registration number on forms to be signed.")
    operator_address: str = Field("Eksporta iela 5, Rīga, LV-1010", description="Operator's address on such forms.")
    operator_official_email: str = Field("vases@vases.lv", description="E-mail for signed documents, on such forms.")
    customer_idle_minutes: int = Field(30, ge=1, le=1440, description="Idle limit of a customer's session in minutes.")
    customer_absolute_hours: int = Field(
        12, ge=1, le=168, description="Absolute limit of a customer's session in hours."
    )
    staff_idle_minutes: int = Field(15, ge=1, le=1440, description="Idle limit of a staff session in minutes.")
    staff_absolute_hours: int = Field(8, ge=1, le=24, description="Absolute limit of a staff session in hours.")
    basis_grace_days: int = Field(
        180, ge=0, le=3650, description="Days a client without permit, project or contract keeps access (S1-56)."
    )
    idle_user_days: int = Field(
        30, ge=0, le=3650, description="Days after which a user who acts for nobody loses access (S1-56)."
    )
    export_days: int = Field(7, ge=1, le=90, description="Days a copy of one's own data can be downloaded (B-15).")
    audit_months: int = Field(
        18, ge=1, le=240, description="Months after which audit records lose what names a person (C13)."
    )
    audit_export_rows: int = Field(
        5_000, ge=100, le=50_000, description="Most records in one signed export of the audit trail (S1-65)."
    )
    audit_export_days: int = Field(
        30, ge=1, le=365, description="Days the file of an export of the audit trail can be downloaded."
    )
    seal_file: str = Field(
        "", description="Key and certificates of the operator's seal (PEM, P-256 or RSA); signs exports of evidence."
    )
    sessions_per_user: int = Field(
        100, ge=1, le=1000, description="Open sessions of one person; beyond, the one used least recently ends."
    )
    staff_second_factor: Literal["", "required", "optional"] = Field(
        "", description="Whether staff must have a second factor; empty: required, in the local profile optional."
    )
    factor_key: str = secret(
        "local-only-second-factor-key", "Key under which the secrets of authenticator applications are kept."
    )
    portal_name: str = Field(
        "Klientu portāls", description="Name of the portal in authenticator applications and security keys."
    )
    # RFC 9106 and the OWASP sheet allow 19 MiB with two passes: about 25 ms here, so that two cores carry 20 logins a
    # second; raise it where there is more to spend, hashes are renewed at the next login.
    argon2_memory_kib: int = Field(19_456, ge=8_192, le=1_048_576, description="Argon2id memory in KiB.")
    argon2_passes: int = Field(2, ge=1, le=20, description="Argon2id passes over the memory.")
    argon2_lanes: int = Field(1, ge=1, le=8, description="Argon2id lanes.")
    hashing_threads: int = Field(2, ge=1, le=16, description="Passwords hashed at the same time, each in a thread.")

    @property
    def password_policy(self) -> PasswordPolicy:
        """The password policy of C1."""
        return PasswordPolicy(shortest=self.password_shortest, longest=self.password_longest)

    def link_life(self, purpose: str) -> timedelta:
        """Return how long a link of a purpose holds."""
        if purpose == "password_reset":
            return timedelta(minutes=self.link_reset_minutes)
        if purpose == "email_undo":
            return timedelta(hours=self.link_undo_hours)
        return timedelta(hours=self.link_email_hours if purpose.startswith("email_") else self.link_activation_hours)

    @property
    def lock_policy(self) -> LockPolicy:
        """The lock policy of C8."""
        return LockPolicy(
            tries=self.lock_tries,
            base=timedelta(minutes=self.lock_minutes),
            longest=timedelta(minutes=self.lock_longest_minutes),
        )

    @property
    def suspicion_policy(self) -> SuspicionPolicy:
        """What makes wrong passwords suspicious, and for how long (S1-33)."""
        return SuspicionPolicy(
            accounts=self.suspicion_accounts,
            networks=self.suspicion_networks,
            window=timedelta(minutes=self.suspicion_minutes),
            base=timedelta(minutes=self.hold_minutes),
            longest=timedelta(minutes=self.hold_longest_minutes),
            never=tuple(self.never_held.split()),
        )

    @property
    def staff_must_have_factor(self) -> bool:
        """Tell whether every staff member must have a second factor."""
        if self.staff_second_factor:
            return self.staff_second_factor == "required"
        return profile() != "local"

    def limits(self, audience: str) -> SessionLimits:
        """Return the session limits of `customer` or `staff` (C13)."""
        if audience == "staff":
            return SessionLimits(timedelta(minutes=self.staff_idle_minutes), timedelta(hours=self.staff_absolute_hours))
        return SessionLimits(
            timedelta(minutes=self.customer_idle_minutes), timedelta(hours=self.customer_absolute_hours)
        )


@lru_cache(maxsize=1)
def settings() -> IdentitySettings:
    """Return this process's settings. Raises pydantic.ValidationError for a wrong environment."""
    return IdentitySettings()
