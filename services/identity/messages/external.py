"""Unified login: providers outside who vouch for people (S0-12, S1-08, S1-35, S1-64, S2-04, S3-14)."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import Done, Line, Message, Moment, Request
from services.identity.messages.kinds import Assurance, Email, Language, Secret, UserAgent
from services.identity.messages.sessions import ProviderName, SignedIn

ProviderId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]
Target = Annotated[str, StringConstraints(max_length=2000)]
Parameter = Annotated[str, StringConstraints(max_length=400_000)]
# `confirm`: somebody who is signed in proves once more, at the provider, that it is them.
LoginPurpose = Literal["sign_in", "link", "register", "confirm"]
Kept = Annotated[str, StringConstraints(max_length=300_000)]


class LoginProvider(Message):
    """A provider people may choose; `bank` ones stand apart. `required_assurance` is what they must reach there.

    `needs_contract`: it lets in only people whose client has a contract (S3-15).
    """

    provider: ProviderId
    kind: Literal["oidc", "wsfed"]
    name: ProviderName
    bank: bool
    idp_initiated: bool
    required_assurance: Assurance
    needs_contract: bool = False


class LoginProviders(Message):
    items: list[LoginProvider]


class ListLoginProviders(Request[LoginProviders], rpc="identity.list_login_providers"):
    """The providers of unified login, in the operator's order."""


class LoginStarted(Message):
    """Where to send the browser."""

    url: str


class StartLogin(Request[LoginStarted], rpc="identity.start_login", timeout=15.0):
    """Begin a login. `browser` is a secret in a cookie of that browser: only there the answer will be taken.

    `target` is a path on the portal to go to afterwards. `link` needs a session, whose user gets the login;
    `register` needs a contract number. `confirm` needs a session, makes the provider ask anew, and brings `kept` back.
    `issuer` is set when the provider's own site sent the person (S1-64).
    Errors: not_found, provider_unavailable, login_unsolicited, required.
    """

    provider: ProviderId
    browser: Secret
    purpose: LoginPurpose = "sign_in"
    target: Target = "/"
    contract_no: Line | None = None
    issuer: Line | None = None
    kept: Kept | None = Field(None, repr=False)


class LoginFinished(Message):
    """What came of an answer: a session, or what the person must still say (`ticket` leads to it).

    `email`: a first login, the account needs an address. `link`: yes to a link with one's account. `entry`: yes to
    signing in, after a provider's own site sent the person here. `confirmed`: the session of before, with another
    secret; `kept` is what was to be kept.
    """

    outcome: Literal["signed_in", "email", "link", "entry", "confirmed"]
    target: Target
    signed_in: SignedIn | None = None
    ticket: UUID | None = None
    kept: str | None = Field(None, repr=False)


class FinishLogin(Request[LoginFinished], rpc="identity.finish_login", timeout=30.0):
    """Take a provider's answer, as the browser brought it. `browser` is the secret of its cookie, a new
    one where there is none.

    Errors: login_refused (nothing is told of the reason), login_cancelled, login_expired, login_unsolicited,
    login_too_weak, login_unknown_person, login_no_match, login_no_contract, login_registration_refused,
    login_not_activated, user_blocked, provider_unavailable, login_other_person, login_not_anew, session_ended.
    """

    provider: ProviderId
    browser: Secret
    parameters: Annotated[dict[str, Parameter], Field(max_length=40, repr=False)]
    address: Line | None = None
    user_agent: UserAgent = ""


class LoginTicket(Message):
    """Who came and what is asked, shown to the browser that came with them. The code's end is hidden."""

    ticket: UUID
    waits_for: Literal["email", "link", "entry"]
    provider: ProviderId
    provider_name: ProviderName
    name: str
    person_code: str | None
    assurance: Assurance
    client_name: str | None
    email: str | None  # a suggestion
    target: Target


class GetLoginTicket(Request[LoginTicket], rpc="identity.get_login_ticket"):
    """Error login_expired, for another browser too."""

    ticket: UUID
    browser: Secret


class CompleteLogin(Request[SignedIn], rpc="identity.complete_login", timeout=10.0):
    """Finish a first login with an e-mail, or say yes to an entry from a provider's site.

    Errors: login_expired, email_malformed, email_taken, too_many, user_blocked.
    """

    ticket: UUID
    browser: Secret
    email: Email | None = None
    language: Language = "lv"
    address: Line | None = None
    user_agent: UserAgent = ""


class LinkedLogin(Message):
    """A way in beside the password. `provider` is None for a personal code given in an application (S1-30)."""

    login_id: UUID
    provider: str | None
    provider_name: ProviderName | None
    name: str
    person_code: str | None  # the end hidden
    assurance: Assurance | None
    how: Literal["first_login", "profile", "registration", "application"]
    linked_at: Moment
    last_used_at: Moment | None
    removable: bool  # the last way in stays


class LinkedLogins(Message):
    items: list[LinkedLogin]


class ListLinkedLogins(Request[LinkedLogins], rpc="identity.list_linked_logins"):
    """The caller's own linked logins."""


class ConfirmLink(Request[LinkedLogins], rpc="identity.confirm_link"):
    """Link who came to the caller's account. Errors login_expired, login_taken, login_linked_already."""

    ticket: UUID
    browser: Secret


class UnlinkLogin(Request[Done], rpc="identity.unlink_login"):
    """Take a linked login away. Errors not_found, login_last_way."""

    login_id: UUID
