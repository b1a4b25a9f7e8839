"""Users as staff and services see them."""

from __future__ import annotations

from uuid import UUID

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.text import like
from services.identity.messages import (
    BlockRow,
    GetUser,
    GetUsers,
    ListUsers,
    UserCard,
    UserCards,
    UserDetails,
    UserPage,
    UserRow,
)
from services.identity.store import access_steps, factors, representations, sessions, users
from services.identity.tools import Tools
from services.identity.usecases import views
from services.identity.usecases.sessions_common import unseen


def cards(db: Database, request: GetUsers) -> UserCards:
    """Return people by id, for services that must address them."""
    with db.reading() as connection:
        rows = users.cards(connection, request.user_ids)
    return UserCards(
        items=[
            UserCard(
                user_id=row.id, kind=row.kind, name=row.name, email=row.email, phone=row.phone, language=row.language
            )
            for row in rows
        ]
    )


def search(db: Database, request: ListUsers) -> UserPage:
    """Return a page of users by name."""
    after = None
    if request.after:
        key, user_id = decode_cursor(request.after, 2)
        try:
            after = (str(key), UUID(user_id))
        except (ValueError, TypeError, AttributeError) as error:
            raise PortalError("malformed", field="after") from error
    with db.reading() as connection:
        rows = users.page(
            connection,
            pattern=like(request.query) if request.query else None,
            kind=request.kind,
            status=request.status,
            reported=request.reported,
            after=after,
            limit=request.limit + 1,
        )
    shown = rows[: request.limit]
    return UserPage(
        items=[
            UserRow(
                user_id=row.id,
                kind=row.kind,
                name=row.name,
                email=row.email,
                status=row.status,
                locked_until=row.locked_until,
                roles=list(row.roles),
                clients=list(row.clients),
                last_sign_in_at=row.last_sign_in_at,
                password_revoked_at=row.revoked_at,
            )
            for row in shown
        ],
        next=encode_cursor([shown[-1].sort_key, str(shown[-1].id)]) if len(rows) > request.limit else None,
    )


def get(db: Database, tools: Tools, request: GetUser, caller: Caller) -> UserDetails:
    """Return one user with sessions in force and the history of blocks. Raises PortalError not_found."""
    moment = now()
    with db.reading() as connection:
        row = users.profile(connection, request.user_id)
        if row is None:
            raise PortalError("not_found")
        acts_for = list(representations.of_user(connection, row.id))
        idle_since = moment - tools.settings.limits(row.kind).idle - unseen(tools)
        open_sessions = sessions.open_of(connection, row.id, moment, idle_since)
        steps = access_steps.of_user(connection, row.id)
        held = factors.of(connection, row.id)
    db.disclosed("identity.user.view", on=("user", row.id), caller=caller)
    locked = row.locked_until if row.locked_until and row.locked_until > moment else None
    return UserDetails(
        profile=views.profile(row, acts_for, riga_today()),
        status=row.status,
        locked_until=locked,
        failures=row.failures or 0,
        sessions=[views.session_row(session, caller.session, tools.providers) for session in open_sessions],
        blocked_until=row.blocked_until if row.status == "blocked" else None,
        blocks=[
            BlockRow(
                at=step.at,
                what=step.what,
                reason=step.reason,
                note=step.note,
                by_name=step.by_name,
                until=step.until,
            )
            for step in steps
        ],
        totp=held.totp,
        keys=held.keys,
        second_factor_required=row.second_factor_required,
        password_revoked_at=row.revoked_at,
    )
