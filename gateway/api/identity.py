"""/api/v1: one's own profile and sessions, the client acted for, terms; clients, users and audit trail for staff."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from chassis.access import any_of, customer, fresh, in_office, public, right, role, scope, signed_in
from chassis.messages import last_day
from gateway import csvfiles
from gateway import session as sessions
from gateway.api._frame import Body, Paged, Query, api
from gateway.api.session import NewSession, new_session
from gateway.bus import call, call_json
from gateway.work import current
from services.identity.messages import (
    ChangePassword,
    ChooseClient,
    ClientDetails,
    ClientKind,
    ClientPage,
    ClientStage,
    DisclosurePage,
    EndOtherSessions,
    EndReason,
    EndRepresentation,
    EndSession,
    GetClient,
    GetProfile,
    GetTerms,
    GetUser,
    Language,
    ListClients,
    ListClientUsers,
    ListDisclosures,
    ListMyClients,
    ListSessions,
    ListTerms,
    ListUsers,
    MyClients,
    Profile,
    SessionList,
    SessionsEnded,
    TermsList,
    TermsVersion,
    UpdateClientContacts,
    UpdateProfile,
    UserDetails,
    UserKind,
    UserPage,
    UserStatus,
)

bp = Blueprint("api_identity", __name__)

KEEPS_CLIENTS = role("customer_service", "administrator")
SEES_USERS = role("customer_service", "administrator", "auditor")
READS_CLIENTS = any_of(in_office, scope("clients.read"))


class ProfileChange(Body):
    """What to change; a field left out stays, an empty `phone` is taken away."""

    version: int | None = Field(None, description="`version` of the profile you saw; refused when it is old")
    name: str | None = Field(None, min_length=1, max_length=200)
    phone: str | None = Field(None, max_length=32)
    language: Language | None = None


class PasswordChange(Body):
    old_password: str = Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})
    new_password: str = Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})


class ClientChoice(Body):
    client_id: UUID


class ContactChange(Body):
    """What to change; a field left out stays, an empty text takes it away."""

    version: int = Field(description="`version` of the client you saw; refused when it is old")
    address: str | None = Field(None, max_length=500)
    correspondence_address: str | None = Field(None, max_length=500)
    email: str | None = Field(None, max_length=254)
    invoice_email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)
    language: Language | None = None


class EndOfRepresentation(Body):
    """Why the right to act for the client ends."""

    reason: EndReason = "client_request"
    note: str | None = Field(None, max_length=200)


class ClientQuery(Paged):
    query: str = Field("", max_length=200, description="Name, code, number, e-mail, address; Latvian letters optional")
    kind: ClientKind | None = None
    stage: ClientStage | None = None
    sort: Literal["name", "-name", "created", "-created"] = "name"


class UserQuery(Paged):
    query: str = Field("", max_length=200, description="Name, e-mail or phone")
    kind: UserKind | None = None
    status: UserStatus | None = None


class LookFilter(Query):
    who: str = Field("", max_length=200, description="Part of a name")
    from_day: date | None = None
    to_day: Annotated[date | None, last_day("from_day")] = None


class LookQuery(LookFilter, Paged):
    """The same, page by page."""


@api(bp, "GET", "/profile", allow=signed_in, reply=Profile, tag="Profile", summary="Who I am")
def get_profile() -> bytes:
    return call_json(GetProfile())


@api(bp, "PATCH", "/profile", allow=signed_in, body=ProfileChange, reply=Profile, tag="Profile",
     summary="Change my contact data", errors=("stale", "identity.phone_malformed"))
def update_profile(body: ProfileChange) -> Profile:
    changed = call(UpdateProfile(**body.model_dump(exclude_none=True)))
    entry = current().entry
    if entry is not None:
        sessions.cache.forget(entry.secret)
    return changed


@api(bp, "POST", "/profile/password", allow=signed_in, body=PasswordChange, reply=SessionsEnded, tag="Profile",
     summary="Change my password", errors=("identity.password_wrong",))
def change_password(body: PasswordChange) -> SessionsEnded:
    """Other sessions end. At least 8 characters, a letter and a digit; common ones and one's own data are refused."""
    return call(ChangePassword(old_password=body.old_password, new_password=body.new_password))


@api(bp, "GET", "/profile/sessions", allow=signed_in, query=Paged, reply=SessionList, tag="Profile",
     summary="My open sessions")
def list_sessions(query: Paged) -> bytes:
    return call_json(ListSessions(**query.model_dump(exclude_none=True)))


@api(bp, "DELETE", "/profile/sessions/<uuid:session_id>", allow=signed_in, reply=None, status=204, tag="Profile",
     summary="End one of my sessions", errors=("not_found",))
def end_session(session_id: UUID) -> None:
    call(EndSession(session_id=session_id))
    sessions.cache.drop(session_id)


@api(bp, "POST", "/profile/sessions/end-others", allow=signed_in, reply=SessionsEnded, tag="Profile",
     summary="End all my other sessions")
def end_other_sessions() -> SessionsEnded:
    return call(EndOtherSessions())


@api(bp, "GET", "/profile/clients", allow=customer, reply=MyClients, tag="Profile", summary="Clients I may act for")
def list_my_clients() -> bytes:
    return call_json(ListMyClients())


@api(bp, "POST", "/session/client", allow=customer, body=ClientChoice, reply=NewSession, status=201, tag="Session",
     summary="Act for another client", errors=("identity.client_not_yours",))
def choose_client(body: ClientChoice) -> NewSession:
    """The session gets a new secret; the old one is dead."""
    chosen = call(ChooseClient(client_id=body.client_id))
    entry = current().entry
    if entry is not None:
        sessions.cache.forget(entry.secret)
    return new_session(chosen)


@api(bp, "GET", "/terms", allow=public, reply=TermsList, tag="Terms", summary="All versions of the terms of use")
def list_terms() -> bytes:
    return call_json(ListTerms())


@api(bp, "GET", "/terms/<uuid:terms_id>", allow=public, reply=TermsVersion, tag="Terms", summary="One version in full",
     errors=("not_found",))
def get_terms(terms_id: UUID) -> bytes:
    return call_json(GetTerms(terms_id=terms_id))


@api(bp, "GET", "/client", allow=customer, reply=ClientDetails, tag="Client", summary="The client I act for")
def get_own_client() -> bytes:
    return call_json(GetClient())


@api(bp, "PATCH", "/client", allow=right("users.manage"), body=ContactChange, reply=ClientDetails, tag="Client",
     summary="Change the client's contact data",
     errors=("stale", "identity.email_malformed", "identity.phone_malformed"))
def update_own_client(body: ContactChange) -> ClientDetails:
    return call(UpdateClientContacts(**body.model_dump(exclude_none=True)))


@api(bp, "GET", "/client/users", allow=right("users.manage"), reply=MyClients, tag="Client",
     summary="Who may act for the client")
def list_client_users() -> bytes:
    return call_json(ListClientUsers())


@api(bp, "POST", "/client/users/<uuid:representation_id>/end", allow=fresh(right("users.manage")),
     body=EndOfRepresentation, reply=None, status=204, tag="Client",
     summary="End somebody's right to act for the client",
     errors=("not_found", "identity.already_ended", "identity.last_main_user"))
def end_representation(representation_id: UUID, body: EndOfRepresentation) -> None:
    """It takes effect at once, open sessions included."""
    call(EndRepresentation(representation_id=representation_id, reason=body.reason, note=body.note))


@api(bp, "GET", "/client/disclosures", allow=customer, query=LookQuery, reply=DisclosurePage, tag="Client",
     summary="Who looked at the client's data")
def list_disclosures(query: LookQuery) -> DisclosurePage:
    return call(ListDisclosures(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/client/disclosures.csv", allow=fresh(customer), query=LookFilter, reply=None,
     produces="text/csv", tag="Client", summary="Who looked at the client's data, as a file")
def disclosures_csv(query: LookFilter) -> Response:
    return csvfiles.disclosures(ListDisclosures(limit=100, **query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/clients", allow=READS_CLIENTS, query=ClientQuery, reply=ClientPage, tag="Staff: clients",
     summary="Find clients")
def list_clients(query: ClientQuery) -> ClientPage:
    return call(ListClients(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/clients/<uuid:client_id>", allow=READS_CLIENTS, reply=ClientDetails, tag="Staff: clients",
     summary="One client", errors=("not_found",))
def get_client(client_id: UUID) -> bytes:
    return call_json(GetClient(client_id=client_id))


@api(bp, "PATCH", "/staff/clients/<uuid:client_id>", allow=KEEPS_CLIENTS, body=ContactChange, reply=ClientDetails,
     tag="Staff: clients", summary="Change a client's contact data",
     errors=("not_found", "stale", "identity.email_malformed", "identity.phone_malformed"))
def update_client(client_id: UUID, body: ContactChange) -> ClientDetails:
    return call(UpdateClientContacts(client_id=client_id, **body.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/representations/<uuid:representation_id>/end", allow=fresh(KEEPS_CLIENTS),
     body=EndOfRepresentation, reply=None, status=204, tag="Staff: clients",
     summary="End somebody's right to act for a client",
     errors=("not_found", "identity.already_ended"))
def end_any_representation(representation_id: UUID, body: EndOfRepresentation) -> None:
    call(EndRepresentation(representation_id=representation_id, reason=body.reason, note=body.note))


@api(bp, "GET", "/staff/users", allow=SEES_USERS, query=UserQuery, reply=UserPage, tag="Staff: users",
     summary="Find users")
def list_users(query: UserQuery) -> UserPage:
    return call(ListUsers(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/users/<uuid:user_id>", allow=SEES_USERS, reply=UserDetails, tag="Staff: users",
     summary="One user", errors=("not_found",))
def get_user(user_id: UUID) -> bytes:
    return call_json(GetUser(user_id=user_id))
