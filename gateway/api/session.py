"""/api/v1/session: sign in for programs; the answer's secret goes into `Authorization: Bearer`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import any_of, half_open, public, signed_in
from chassis.errors import PortalError
from chassis.messages import Message, Moment
from gateway import refusals
from gateway import session as sessions
from gateway.api._frame import Body, api
from gateway.bus import call
from gateway.work import current
from services.identity.messages import (
    AcceptTerms,
    Assurance,
    SecondFactor,
    SecondFactorGate,
    SignedIn,
    SignOut,
)

bp = Blueprint("api_session", __name__)


class Credentials(Body):
    """What a person signs in with."""

    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})
    audience: Literal["customer", "staff"] = "customer"


class Person(Message):
    """Who is signed in, for whom they act, and what they may do."""

    session_id: UUID
    user_id: UUID
    kind: Literal["customer", "staff"]
    name: str
    email: str
    language: Literal["lv", "en"]
    client_id: UUID | None
    client_name: str | None
    rights: list[str]
    roles: list[str]
    terms_to_accept: UUID | None = Field(None, description="Version of the terms to accept before anything else")
    gate: SecondFactorGate | None = Field(
        None, description="The second factor to `give` (POST /session/second-factor) or `enrol` before anything else"
    )
    method: str = Field("", description="How the person signed in: password, or a provider")
    assurance: Assurance | None = None
    second_factor: SecondFactor | None = None
    stepped_up_at: Moment | None = Field(None, description="When the person last proved that it is them")


class NewSession(Message):
    """A session: send `secret` as `Authorization: Bearer <secret>`; it is shown this once."""

    secret: str
    ends_at: Moment
    person: Person


def _person() -> Person:
    entry = current().entry
    if entry is None:
        raise PortalError("unauthenticated")
    claims = entry.claims
    return Person.model_validate(claims.model_dump(include=set(Person.model_fields)))


def new_session(signed_in: SignedIn) -> NewSession:
    """Return the answer for a session that was opened or got a new secret, and remember it."""
    claims = signed_in.session.claims
    sessions.cache.put(signed_in.secret, signed_in.session)
    person = Person.model_validate(claims.model_dump(include=set(Person.model_fields)))
    return NewSession(secret=signed_in.secret, ends_at=signed_in.ends_at, person=person)


@api(bp, "POST", "/session", allow=public, body=Credentials, reply=NewSession, status=201, tag="Session",
     summary="Sign in", errors=("identity.sign_in_refused", "identity.address_held", "identity.user_blocked",
                                     "too_many"))
def open_session(body: Credentials) -> NewSession:
    """Five wrong passwords close the account for a while; the answer, and its moment, is the same for people who do
    not exist."""
    return new_session(refusals.sign_in(body.email, body.password, body.audience))


@api(bp, "GET", "/session", allow=any_of(signed_in, half_open), pending=True, reply=Person, tag="Session",
     summary="Who is signed in")
def show_session() -> Person:
    return _person()


@api(bp, "DELETE", "/session", allow=any_of(signed_in, half_open), pending=True, reply=None, status=204, tag="Session",
     summary="Sign out")
def close_session() -> None:
    work = current()
    call(SignOut())
    if work.entry is not None:
        sessions.cache.drop(work.entry.claims.session_id)


class Acceptance(Body):
    """Which version of the terms is accepted."""

    terms_id: UUID


@api(bp, "POST", "/session/terms", allow=signed_in, pending=True, body=Acceptance, reply=NewSession, status=201,
     tag="Session", summary="Accept the terms of use", errors=("identity.terms_superseded", "not_found"))
def accept_terms(body: Acceptance) -> NewSession:
    """The session gets a new secret and its rights; the old secret is dead."""
    work = current()
    signed_in = call(AcceptTerms(terms_id=body.terms_id, address=work.address))
    if work.entry is not None:
        sessions.cache.forget(work.entry.secret)
    return new_session(signed_in)
