"""One-time links: asked for, looked at, and rendered for the mail that carries them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import Done, Line, Message, Moment, Request
from services.identity.messages.kinds import Audience, Email, Language, LinkPurpose, LinkSecret

LinkState = Literal["open", "used", "expired", "replaced", "unknown"]


class LinkView(Message):
    """What a link's page shows. Nothing but `state` for whoever does not hold the secret."""

    state: LinkState
    purpose: LinkPurpose | None = None
    audience: Audience | None = None
    email: str | None = None
    name: str | None = None
    language: Language | None = None
    sets_password: bool = False
    expires_at: Moment | None = None


class LookAtLink(Request[LinkView], rpc="identity.look_at_link"):
    """What a link is for and whether it still works. Looking never uses it up (B-02)."""

    token: LinkSecret


class LinkToken(Message):
    token: str = Field(repr=False)


class TradeCode(Request[LinkToken], rpc="identity.trade_code"):
    """Trade the code typed from a mail for the link's secret; five guesses a link. Error code_wrong (B-02)."""

    email: Email
    code: Annotated[str, StringConstraints(max_length=40), Field(repr=False)]
    address: Line | None = None


class RequestLink(Request[Done], rpc="identity.request_link"):
    """Ask for a new link by user name: for a new password, or to activate an account (S1-34, S3-32, S3-34).

    The answer, and the time it takes, is the same whoever it is.
    """

    email: Email
    audience: Audience = "customer"
    about: Literal["access", "compromise"] = "access"  # compromise: to close the access at once (S1-41)
    address: Line | None = None


class MailedLink(Message):
    """What the mail carries. Kept nowhere: it is asked for each time a mail is sent."""

    state: LinkState
    token: str = Field("", repr=False)
    code: str = Field("", repr=False)


class GetLink(Request[MailedLink], rpc="identity.get_link"):
    """The secret and the code of an open link, for notifications at the moment of sending. Error not_found."""

    link_id: UUID
