"""The tables of identity. Facts are appended; what changes carries a version."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.ids import new_id
from chassis.tables import chassis_tables

metadata = sa.MetaData()
chassis = chassis_tables(metadata)


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map = {
        datetime: TIMESTAMP(timezone=True),
        bytes: BYTEA,
        str: sa.Text,
    }


def _id() -> Mapped[UUID]:
    return mapped_column(primary_key=True, default=new_id)


class Client(Base):
    """A natural or legal person who requests or receives services (S1-04)."""

    __tablename__ = "clients"
    id: Mapped[UUID] = _id()
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str]
    stage: Mapped[str] = mapped_column(default="client")  # prospect, client
    name: Mapped[str]
    reg_no: Mapped[str | None]
    person_code: Mapped[str | None]
    external_ref: Mapped[str | None]
    address: Mapped[str | None]  # legal or declared
    correspondence_address: Mapped[str | None]
    email: Mapped[str | None]
    invoice_email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str]
    search_text: Mapped[str]  # folded; found through a trigram index
    sort_key: Mapped[str]  # Latvian alphabet, compared with collation C
    # What a natural person was called before, and e-mails and telephones it gave up: for its erasure alone (B-15).
    former: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    former_contacts: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    settlement: Mapped[str] = mapped_column(default="invoice")  # invoice, prepayment, payer (S1-16)
    payer: Mapped[str | None]  # who settles instead
    services: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)  # as the other services said (S1-22)
    services_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class ClientCode(Base):
    """A number a client is or was known by; personal codes change, any of them matches."""

    __tablename__ = "client_codes"
    kind: Mapped[str] = mapped_column(primary_key=True)  # reg_no, person_code, external_ref
    value: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clients.id"))
    since: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    until: Mapped[datetime | None]


class ClientDatum(Base):
    """Where one datum of a client came from and when it was last confirmed (S1-26)."""

    __tablename__ = "client_data"
    client_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clients.id"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str]
    confirmed_at: Mapped[datetime]


class User(Base):
    """A person who signs in: a portal user or a staff member; the e-mail is the user name (S1-06)."""

    __tablename__ = "users"
    id: Mapped[UUID] = _id()
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]  # case folded, domain in its ASCII form; unique
    email_unproven: Mapped[bool] = mapped_column(default=False)  # typed once, and not shown to be the person's yet
    name: Mapped[str]
    phone: Mapped[str | None]
    # Names the person typed before, and e-mails they proved: looked for when they are to be erased (B-15) and for
    # nothing else.
    former: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    former_emails: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    language: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    blocked_until: Mapped[date | None]  # S1-33: a block that lifts itself
    password_allowed: Mapped[bool] = mapped_column(default=True)  # S0-17: may sign in by password
    must_change_password: Mapped[bool] = mapped_column(default=False)  # S1-39: nothing else until it is changed
    blocked_reason: Mapped[str | None]
    search_text: Mapped[str]
    sort_key: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    last_sign_in_at: Mapped[datetime | None]
    second_factor_required: Mapped[bool] = mapped_column(default=False)


class StaffRole(Base):
    __tablename__ = "staff_roles"
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Password(Base):
    """Present for users who may sign in by password (S0-17)."""

    __tablename__ = "passwords"
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]  # S1-41: opens nothing until a one-time link sets a new one
    reminded_at: Mapped[datetime | None]  # S1-38: the owner was told that it is old


class SignInGuard(Base):
    """Consecutive failures of one account, or of unknown names from one network address (C8)."""

    __tablename__ = "sign_in_guards"
    subject: Mapped[str] = mapped_column(primary_key=True)  # "user:<id>" or "address:<address>"
    failures: Mapped[int]
    pending: Mapped[int] = mapped_column(default=0)  # attempts being looked at right now
    locks: Mapped[int]
    locked_until: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime]
    refused: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # attempts since it closed, not looked at


class UserBlock(Base):
    """Every step of a user's access, appended: blocked, unblocked, discontinued ... (S1-20, S1-33, S1-56..58)."""

    __tablename__ = "user_blocks"
    id: Mapped[UUID] = _id()
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    what: Mapped[str]  # messages.AccessStep
    reason: Mapped[str]
    note: Mapped[str | None]
    by_user: Mapped[UUID | None]
    by_name: Mapped[str]
    until: Mapped[date | None]  # last day of a block that ends by itself
    status_before: Mapped[str | None]  # what lifting a block returns to
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Representation(Base):
    """One user acting for one client between two days (S0-14, S1-05)."""

    __tablename__ = "representations"
    id: Mapped[UUID] = _id()
    version: Mapped[int] = mapped_column(default=1)
    client_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clients.id"))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    role: Mapped[str]  # main, additional
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    ground: Mapped[str]  # what the right to represent rests on
    granted_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    end_reason: Mapped[str | None]
    end_note: Mapped[str | None]


class RepresentationRight(Base):
    """A right, for the whole client or for one permit or contract (B-03)."""

    __tablename__ = "representation_rights"
    representation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("representations.id"), primary_key=True)
    right: Mapped[str] = mapped_column("right_name", primary_key=True)
    scope_kind: Mapped[str] = mapped_column(primary_key=True, default="client")  # client, permit, contract
    scope_id: Mapped[str] = mapped_column(primary_key=True, default="")
    scope_no: Mapped[str | None]  # the number people know it by


class SessionRecord(Base):
    """A session of a browser; only the hash of its secret is kept."""

    __tablename__ = "sessions"
    id: Mapped[UUID] = _id()
    secret_hash: Mapped[bytes]
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    client_id: Mapped[UUID | None]
    audience: Mapped[str]
    method: Mapped[str]  # how the person proved who they are: password, ...
    assurance: Mapped[str]
    address: Mapped[str | None]
    user_agent: Mapped[str]
    device: Mapped[str]
    started_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    generation: Mapped[int] = mapped_column(default=0)  # counted up by every change of what its token says
    second_factor: Mapped[str | None]  # given beside the first: totp, webauthn, recovery
    gate: Mapped[str | None]  # what is owed before the session may do anything: give, enrol
    stepped_up_at: Mapped[datetime | None]  # when the person last proved that it is them
    terms_id: Mapped[UUID | None]  # the version of the terms in force at the sign-in (C6, S1-71)


class Terms(Base):
    """One version of the terms of use; never changed once published (S1-77)."""

    __tablename__ = "terms_versions"
    id: Mapped[UUID] = _id()
    audience: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    text_sha256: Mapped[str]
    approved_on: Mapped[date]
    valid_from: Mapped[date]
    published_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    number: Mapped[int | None]
    note: Mapped[str | None]  # how long it was meant to hold, in the words of its publisher
    drafted_by: Mapped[str | None]
    published_by: Mapped[str | None]


class TermsAcceptance(Base):
    """Who agreed to which text, when and from where (S1-18, S1-24, S1-71)."""

    __tablename__ = "terms_acceptances"
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    terms_id: Mapped[UUID] = mapped_column(sa.ForeignKey("terms_versions.id"), primary_key=True)
    text_sha256: Mapped[str]
    accepted_at: Mapped[datetime]
    address: Mapped[str | None]
    session_id: Mapped[UUID | None]


class AuditEntry(Base):
    """One link of the audit trail. What names a person hangs on a salted hash, so that it can be taken away later
    without breaking the chain (C13, B-15); everything else is hashed directly (B-21)."""

    __tablename__ = "audit_records"
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID]
    at: Mapped[datetime]
    service: Mapped[str]
    action: Mapped[str]
    outcome: Mapped[str]
    disclosure: Mapped[bool]
    actor_kind: Mapped[str]
    actor: Mapped[str]
    client: Mapped[UUID | None]
    right: Mapped[str | None] = mapped_column("right_name")
    object_kind: Mapped[str | None]
    object_id: Mapped[str | None]
    session: Mapped[UUID | None] = mapped_column("session_id")
    correlation_id: Mapped[str]
    actor_name: Mapped[str | None]  # personal
    address: Mapped[str | None]  # personal
    detail: Mapped[str | None]  # personal; canonical JSON, exactly as hashed
    actor_search: Mapped[str]  # folded actor_name
    personal_salt: Mapped[bytes | None]
    personal_hash: Mapped[bytes]
    chain: Mapped[bytes]


class AuditHead(Base):
    """The end of the chain: how many links there are and the hash of the last, so that a cut tail is noticed."""

    __tablename__ = "audit_head"
    sole: Mapped[bool] = mapped_column(primary_key=True, default=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    chain: Mapped[bytes]
