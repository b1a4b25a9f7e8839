"""Passwords and the user name: chosen by a one-time link, judged while typing, changed, closed in an emergency."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import Done, Line, Message, Request
from services.identity.messages.kinds import (
    Audience,
    Email,
    LinkSecret,
    LinkSecretText,
    Password,
    PasswordText,
    UserAgent,
)
from services.identity.messages.sessions import SessionsEnded, SignedIn

PasswordAdvice = Literal["own_data", "common_word", "row", "longer", "both_cases", "digit", "symbol"]


class PasswordRules(Message):
    """The numbers of the policy in force (C1, C2); `enforced` makes the change after `remind_days` a duty."""

    shortest: int
    longest: int
    letter: bool
    digit: bool
    remind_days: int
    enforced: bool


class GetPasswordRules(Request[PasswordRules], rpc="identity.get_password_rules"):
    """What a password must be."""


class PasswordStrength(Message):
    """`score` 0 to 4; `faults` are error codes that forbid it, `advice` what would make it stronger (S3-30)."""

    score: int
    faults: list[str]
    advice: list[PasswordAdvice]


class JudgePassword(Request[PasswordStrength], rpc="identity.judge_password"):
    """How strong a password would be, for the caller or for the holder of a link; it is kept nowhere."""

    password: Password
    token: LinkSecretText | None = Field(None, repr=False)


class UseLink(Request[SignedIn], rpc="identity.use_link", timeout=10.0):
    """Use an activation link or one for a new password up, and come in (S3-19, S1-34, C8).

    Errors link_dead, password_*, required (no password where one is to be set).
    """

    token: LinkSecret
    new_password: PasswordText | None = Field(None, repr=False)
    address: Line | None = None
    user_agent: UserAgent = ""


class ChangeEmail(Request[Done], rpc="identity.change_email", timeout=10.0):
    """Ask for another user name: a link goes to the new address, a notice to the old one (S1-06, S1-43).

    `password` is asked of whoever has one. The answer is the same when the address is taken. Errors password_wrong,
    email_malformed, email_same.
    """

    email: Email
    password: Password = ""


class EmailConfirmed(Message):
    email: str
    audience: Audience


class ConfirmEmail(Request[EmailConfirmed], rpc="identity.confirm_email"):
    """Use the link up that was sent to an address: it is the user name now. Errors link_dead, email_taken.

    Of an address that was only typed (`email_unproven`) the link counts in its user's own session: whoever else reads
    the mail must not vouch for a stranger. Error email_proof_elsewhere.
    """

    token: LinkSecret


class SendEmailProof(Request[Done], rpc="identity.send_email_proof"):
    """Send the link once more that proves one's own typed address. Errors email_proven, too_many."""


class CloseAccess(Request[SessionsEnded], rpc="identity.close_access"):
    """My access is compromised: every session and the password end at once, staff are told (S1-41).

    With the secret of a link sent for it, or by whoever is signed in. A link for a new password follows by e-mail.
    """

    token: LinkSecretText | None = Field(None, repr=False)
    note: Line = ""
    address: Line | None = None


class SendLink(Request[Done], rpc="identity.send_link"):
    """Staff send the user a new link, on a written request for one (S1-34). Error wrong_access_state."""

    user_id: UUID
    note: Line | None = None


class DemandPasswordChange(Request[Done], rpc="identity.demand_password_change"):
    """Staff demand a new password: until then the user can do nothing else (S1-39). Error no_password."""

    user_id: UUID
    note: Line | None = None
