"""Which channels a client wants for which kinds of message; security messages are always e-mailed (B-13)."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from services.notifications import messages as m
from services.notifications.domain.kinds import GROUPS
from services.notifications.store.tables import ClientPhone, PreferenceRow
from services.notifications.usecases.notify import PHONE


def _client(caller: Caller) -> UUID:
    if caller.client is None:
        raise PortalError("forbidden")
    return caller.client


def _preferences(connection: sa.Connection, client: UUID) -> m.Preferences:
    rows = connection.execute(sa.select(PreferenceRow.__table__).where(PreferenceRow.client_id == client)).all()
    chosen: dict[str, Any] = {row.group: row for row in rows}
    items = []
    for group in GROUPS.values():
        row = chosen.get(group.name)
        items.append(
            m.Preference(
                group=group.name, label_lv=group.lv, label_en=group.en, fixed=group.fixed,
                email=group.fixed or row is None or row.email, sms=row is not None and row.sms,
            )
        )  # fmt: skip
    phone = connection.execute(sa.select(ClientPhone.phone).where(ClientPhone.client_id == client)).scalar()
    return m.Preferences(items=items, phone=phone)


def get(db: Database, caller: Caller) -> m.Preferences:
    """Return the choices of the client acted for."""
    with db.reading() as connection:
        return _preferences(connection, _client(caller))


def save(db: Database, request: m.SavePreferences, caller: Caller) -> m.Preferences:
    """Replace choices. Raises unknown_kind, always_on (field `items.<group>`), phone_needed."""
    client = _client(caller)
    phone = re.sub(r"[\s\u00a0().-]", "", request.phone or "")
    if phone.startswith("00"):
        phone = "+" + phone[2:]
    if re.fullmatch(r"2[0-9]{7}", phone):  # a Latvian mobile number as people write it at home
        phone = "+371" + phone
    if phone and not PHONE.fullmatch(phone):
        raise PortalError("notifications.phone_needed", field="phone")
    for item in request.items:
        group = GROUPS.get(item.group)
        if group is None:
            raise PortalError("notifications.unknown_kind", field=f"items.{item.group}")
        if group.fixed and not item.email:
            raise PortalError("notifications.always_on", field=f"items.{item.group}")
        if item.sms and not group.fixed and not phone:
            raise PortalError("notifications.phone_needed", field="phone")
    with db.unit_of_work(caller) as uow:
        for item in request.items:
            if GROUPS[item.group].fixed:
                continue  # goes to the person it concerns, by e-mail; nothing to choose
            values = {"client_id": client, "group": item.group, "email": item.email, "sms": item.sms}
            uow.session.execute(
                insert(PreferenceRow)
                .values(**values)
                .on_conflict_do_update(index_elements=["client_id", "group"], set_=values)
            )
        if phone:
            uow.session.execute(
                insert(ClientPhone)
                .values(client_id=client, phone=phone)
                .on_conflict_do_update(index_elements=["client_id"], set_={"phone": phone})
            )
        else:
            uow.session.execute(sa.delete(ClientPhone).where(ClientPhone.client_id == client))
        uow.audit(
            "notifications.preferences.save", on=("client", client), client=client,
            detail={item.group: {"email": item.email, "sms": item.sms} for item in request.items},
        )  # fmt: skip
        return _preferences(uow.session.connection(), client)
