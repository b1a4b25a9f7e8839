"""Who a user is as a person: the clients that are the same natural person, and every word that names them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.errors import PortalError
from chassis.person_messages import Person
from chassis.text import fold, like
from services.identity.store.external_tables import LinkedLogin
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


def common_names(reader: sa.Connection, names: list[str], user_id: UUID, clients: list[UUID]) -> list[str]:
    """Return those of the names that stand in another user's or client's name too, whatever the diacritics."""
    return [
        name
        for name in names
        if reader.execute(
            sa.union_all(
                sa.select(User.id).where(User.id != user_id, User.search_text.like(like(name))),
                sa.select(Client.id).where(Client.id.not_in(clients), Client.search_text.like(like(name))),
            ).limit(1)
        ).first()
    ]


def _column(reader: sa.Connection, column: Any, *where: Any) -> list[str]:
    found: list[str | None] = list(reader.execute(sa.select(column).where(*where)).scalars())
    return [value for value in found if value]


def _shared(reader: sa.Connection, phone: str, user_id: UUID, clients: list[UUID]) -> bool:
    others = sa.union_all(
        sa.select(User.id).where(User.phone == phone, User.id != user_id),
        sa.select(Client.id).where(Client.phone == phone, Client.id.not_in(clients)),
    ).limit(1)
    return reader.execute(others).first() is not None
