"""Who a user is as a person: the clients that are the same natural person, and every word that names them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.errors import PortalError
from chassis.person_messages import Person
from chassis.text import fold, like
from services.identity.store.external_tables import LinkedLogin
from services.identity.store.joining_tables import Application
from services.identity.store.tables import Client, ClientCode, Representation, User

# Every service that holds something, in the order in which they are asked; the one that sends letters comes last.
OTHERS = ("permits", "metering", "billing", "requests", "notifications")
SERVICES = ("identity", *OTHERS)


def person_of(reader: sa.Connection, user_id: UUID, pseudonym: str = "") -> Person:
    """Return the person behind a user. Raises PortalError not_found.

    A natural client is the same person when the user represents it and has its name or its personal code. A telephone
    number counts as a mark only while nobody else has it: the number of an office belongs to many.
    """
    u = User.__table__.c
    user = reader.execute(sa.select(u.id, u.name, u.email, u.phone).where(u.id == user_id)).first()
    if user is None:
        raise PortalError("not_found")
    codes = set(_column(reader, LinkedLogin.person_code, LinkedLogin.user_id == user_id))
    c = Client.__table__.c
    acted_for = sa.select(Representation.client_id).where(
        Representation.user_id == user_id, Representation.role == "main"
    )
    held = reader.execute(
        sa.select(c.id, c.name, c.person_code, c.email, c.invoice_email, c.phone).where(
            c.kind == "natural", c.id.in_(acted_for)
        )
    ).all()
    own = [one for one in held if fold(one.name) == fold(user.name) or (one.person_code and one.person_code in codes)]
    ids = [one.id for one in own]
    codes |= set(_column(reader, ClientCode.value, ClientCode.client_id.in_(ids), ClientCode.kind == "person_code"))
    codes |= {one.person_code for one in own if one.person_code}
    emails = {user.email, *(one.email for one in own), *(one.invoice_email for one in own)} - {None}
    phones = {user.phone, *(one.phone for one in own)} - {None}
    marks = {
        *(code for code in codes if code),
        *(f"{code[:6]}-{code[6:]}" for code in codes if code and len(code) == 11),
        *emails,
        *(email.casefold() for email in emails),
        *(phone for phone in phones if not _shared(reader, phone, user_id, ids)),
    }
    names = {user.name, *(one.name for one in own)}
    return Person(
        user=user_id, clients=ids, names=sorted(names), marks=sorted(marks), pseudonym=pseudonym,
    )  # fmt: skip


def common_names(
    reader: sa.Connection, names: list[str], marks: list[str], user_id: UUID, clients: list[UUID]
) -> list[str]:
    """Return those of the names that others bear too, whatever the diacritics: users, clients, those who applied.

    A name of one word is taken for such a name always: it is a word of the language as often as not.
    """
    return [
        name for name in names if len(name.split()) < 2 or _borne_by_others(reader, name, marks, user_id, clients)
    ]


def _borne_by_others(reader: sa.Connection, name: str, marks: list[str], user_id: UUID, clients: list[UUID]) -> bool:
    a = Application.__table__.c
    applied = sa.select(a.id).where(
        a.search_text.like(like(name)),
        a.user_id.is_distinct_from(user_id),
        sa.or_(a.client_id.is_(None), a.client_id.not_in(clients)),
        sa.func.lower(a.user_email).not_in(marks),
    )
    users = sa.select(User.id).where(User.id != user_id, User.search_text.like(like(name)))
    others = sa.select(Client.id).where(Client.id.not_in(clients), Client.search_text.like(like(name)))
    return reader.execute(sa.union_all(users, others, applied).limit(1)).first() is not None


def _column(reader: sa.Connection, column: Any, *where: Any) -> list[str]:
    found: list[str | None] = list(reader.execute(sa.select(column).where(*where)).scalars())
    return [value for value in found if value]


def _shared(reader: sa.Connection, phone: str, user_id: UUID, clients: list[UUID]) -> bool:
    others = sa.union_all(
        sa.select(User.id).where(User.phone == phone, User.id != user_id),
        sa.select(Client.id).where(Client.phone == phone, Client.id.not_in(clients)),
    ).limit(1)
    return reader.execute(others).first() is not None
