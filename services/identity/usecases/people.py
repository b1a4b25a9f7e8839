"""Who a user is as a person: the clients that are the same natural person, and every word that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.person_messages import Person
from chassis.text import fold, like
from services.identity.domain.emails import email_key, writings
from services.identity.store.external_tables import LinkedLogin
from services.identity.store.joining_tables import Application
from services.identity.store.tables import Client, ClientCode, Representation, User

# Every service that holds something, in the order in which they are asked; the one that sends letters comes last.
OTHERS = ("permits", "metering", "billing", "requests", "notifications")
SERVICES = ("identity", *OTHERS)
MOST = 200  # words a message about a person carries, and as many marks


def person_of(reader: sa.Connection, user_id: UUID, pseudonym: str = "") -> Person:
    """Return the person behind a user. Raises PortalError not_found.

    Which clients are the same person: `_clients_of`. What somebody merely typed (a client's e-mail, a telephone
    number, a name in the profile) is a word of theirs, but a sure one only if vouched for: see `Person`.
    """
    u = User.__table__.c
    user = reader.execute(
        sa.select(u.id, u.name, u.email, u.email_unproven, u.phone, u.former, u.former_emails).where(u.id == user_id)
    ).first()
    if user is None:
        raise PortalError("not_found")
    linked = reader.execute(
        sa.select(LinkedLogin.person_code, LinkedLogin.name).where(LinkedLogin.user_id == user_id)
    ).all()
    codes = {one.person_code for one in linked if one.person_code}
    acted_for, own = _clients_of(reader, user_id, user.name, codes)
    ids = [one.id for one in own]
    codes |= {code for held in _codes_of(reader, ids).values() for code in held}
    codes |= {one.person_code for one in own if one.person_code}
    applied = _applications(reader, user_id, "" if user.email_unproven else user.email, codes)
    # An address somebody else has now is no longer the person's, whoever proved it once.
    proven = {*([] if user.email_unproven else [user.email]), *user.former_emails}
    proven = {email for email in proven if not _shared_email(reader, email, user_id, ids, applied)}
    before = {one for client in own for one in client.former_contacts}
    typed = {mail for one in own for mail in (one.email, one.invoice_email)} | {one.user_email for one in applied}
    typed |= {one for one in before if "@" in one}
    typed = {email for email in typed - {None} if not _shared_email(reader, email, user_id, ids, applied)}
    emails = {form for email in proven | typed | {user.email} for form in writings(email)}
    numbers = {form for code in codes for form in (code, f"{code[:6]}-{code[6:]}" if len(code) == 11 else code)}
    phones = {user.phone, *(one.phone for one in own), *(one for one in before if "@" not in one)} - {None}
    phones = {phone for phone in phones if not _shared(reader, phone, user_id, ids)}
    phones |= {phone.removeprefix("+371") for phone in phones}
    vouched = {*(name for one in own for name in (one.name, *one.former)), *(one.name for one in linked if one.name)}
    vouched |= {one.user_name for one in applied if one.state == "approved"}
    others = {*vouched, *(one.user_name for one in applied), *user.former}
    names = [user.name, *sorted(others - {user.name})]  # the present one first: it is what letters say
    folded = {fold(name) for name in vouched}
    sure_codes = {form for form in numbers if not _shared_code(reader, form.replace("-", ""), user_id, ids)}
    sure = {
        *(name for name in names if fold(name) in folded),
        *(form for email in proven for form in writings(email)),
        *sure_codes,
    }
    # What is sure comes first: where there is more than a message carries, what was merely typed is left out.
    names = [names[0], *sorted(names[1:], key=lambda name: (name not in sure, name))]
    marks = sorted({*emails, *numbers, *phones}, key=lambda mark: (mark not in sure, mark))
    return Person(
        user=user_id, clients=ids, acted_for=acted_for, names=names[:MOST], marks=marks[:MOST],
        sure=sorted(sure)[: 2 * MOST], pseudonym=pseudonym,
    )  # fmt: skip


def _clients_of(
    reader: sa.Connection, user_id: UUID, name: str, codes: set[str]
) -> tuple[list[UUID], list[sa.Row[Any]]]:
    """Return the ids of the clients a user acts or acted for as somebody else, and those that are the same person.

    A natural client is, when a personal code it has or had is the user's. Where one of them has no code: when the user
    is its main user today, until further notice, and the names are the same letter for letter; a son who acts for his
    father by a mandate with an end is not his father.
    """
    c, today = Client.__table__.c, riga_today()
    held = reader.execute(
        sa.select(
            c.id, c.kind, c.name, c.person_code, c.email, c.invoice_email, c.phone, c.former, c.former_contacts,
            Representation.role, Representation.valid_from, Representation.valid_to, Representation.ended_at,
        )
        .join(Representation, Representation.client_id == c.id)
        .where(Representation.user_id == user_id)
    ).all()  # fmt: skip
    of_clients = _codes_of(reader, [one.id for one in held])
    own: dict[UUID, sa.Row[Any]] = {}
    for one in held:
        if one.kind != "natural" or one.role != "main":
            continue
        lasting = one.ended_at is None and one.valid_to is None and one.valid_from <= today
        same_name = " ".join(one.name.casefold().split()) == " ".join(name.casefold().split())
        theirs = of_clients.get(one.id, set()) | ({one.person_code} if one.person_code else set())
        if bool(theirs & codes) if (theirs and codes) else (lasting and same_name):
            own[one.id] = one
    return sorted({one.id for one in held} - own.keys()), list(own.values())


def _codes_of(reader: sa.Connection, clients: list[UUID]) -> dict[UUID, set[str]]:
    """Return the personal codes clients have or had: a code that was changed still tells whose the client is."""
    c = ClientCode.__table__.c
    known: dict[UUID, set[str]] = {}
    for row in reader.execute(
        sa.select(c.client_id, c.value).where(c.client_id.in_(clients), c.kind == "person_code")
    ):
        known.setdefault(row.client_id, set()).add(row.value)
    return known


def accounts_beside(reader: sa.Connection, person: Person) -> Sequence[Any]:
    """Return the other accounts (id, email) that came in by a personal code of the person; they are not erased."""
    u, one = User.__table__.c, LinkedLogin.__table__.c
    linked = sa.select(one.user_id).where(one.person_code.in_(person.marks), one.ended_at.is_(None))
    asked = sa.select(u.id, u.email).where(u.id.in_(linked), u.id != person.user, u.status != "deleted")
    return reader.execute(asked.order_by(u.created_at)).all()


def _applications(reader: sa.Connection, user_id: UUID, email: str, codes: set[str]) -> Sequence[Any]:
    """Return the person's own applications: those that made the user, with their proven e-mail, or their code.

    Who else applied to act for the person's client is somebody else.
    """
    a = Application.__table__.c
    return reader.execute(
        sa.select(a.id, a.user_name, a.user_email, a.state).where(
            sa.or_(
                a.user_id == user_id,
                sa.func.lower(a.user_email) == (email.casefold() or None),
                a.data["user_person_code"].astext.in_(codes),
            )
        )
    ).all()


def common_names(
    reader: sa.Connection, names: list[str], sure: list[str], user_id: UUID, clients: list[UUID]
) -> list[str]:
    """Return those of the names that others bear too, whatever the diacritics: users, clients, those who applied.

    A name of one word is taken for such a name always: it is a word of the language as often as not.
    """
    return [
        name for name in names if len(name.split()) < 2 or _borne_by_others(reader, name, sure, user_id, clients)
    ]


def _borne_by_others(reader: sa.Connection, name: str, sure: list[str], user_id: UUID, clients: list[UUID]) -> bool:
    a = Application.__table__.c
    applied = sa.select(a.id).where(
        a.search_text.like(like(name)),
        a.user_id.is_distinct_from(user_id),
        sa.or_(a.client_id.is_(None), a.client_id.not_in(clients)),
        sa.func.lower(a.user_email).not_in(sure),
        sa.func.coalesce(a.data["user_person_code"].astext, "").not_in(sure),
        sa.func.coalesce(a.data["person_code"].astext, "").not_in(sure),
    )
    users = sa.select(User.id).where(
        User.id != user_id, sa.or_(User.search_text.like(like(name)), sa.literal(name) == sa.any_(User.former))
    )
    others = [
        sa.select(Client.id).where(Client.id.not_in(clients), borne)
        for borne in (Client.search_text.like(like(name)), sa.literal(name) == sa.any_(Client.former))
    ]
    return reader.execute(sa.union_all(users, *others, applied).limit(1)).first() is not None


def _shared(reader: sa.Connection, phone: str, user_id: UUID, clients: list[UUID]) -> bool:
    others = sa.union_all(
        sa.select(User.id).where(User.phone == phone, User.id != user_id),
        sa.select(Client.id).where(Client.phone == phone, Client.id.not_in(clients)),
    ).limit(1)
    return reader.execute(others).first() is not None


def _shared_email(
    reader: sa.Connection, email: str, user_id: UUID, clients: list[UUID], applied: Sequence[Any]
) -> bool:
    """Tell whether another user, client or applicant has an e-mail; `applied` are the person's own applications."""
    small = email.casefold()
    a = Application.__table__.c
    others = sa.union_all(
        sa.select(User.id).where(User.email_key == email_key(email), User.id != user_id),
        sa.select(Client.id).where(
            sa.or_(sa.func.lower(Client.email) == small, sa.func.lower(Client.invoice_email) == small),
            Client.id.not_in(clients),
        ),
        sa.select(a.id).where(
            sa.func.lower(a.user_email) == small, a.id.not_in([one.id for one in applied]),
            a.user_id.is_distinct_from(user_id),
        ),
    ).limit(1)
    return reader.execute(others).first() is not None


def _shared_code(reader: sa.Connection, code: str, user_id: UUID, clients: list[UUID]) -> bool:
    others = sa.union_all(
        sa.select(LinkedLogin.id).where(LinkedLogin.person_code == code, LinkedLogin.user_id != user_id),
        sa.select(ClientCode.client_id).where(ClientCode.value == code, ClientCode.client_id.not_in(clients)),
    ).limit(1)
    return reader.execute(others).first() is not None
