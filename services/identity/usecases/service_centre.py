"""Staff make a user after seeing an identity document; only the user can activate the account (S3-12, S3-13)."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import FieldError, PortalError
from services.identity.domain import joining as rules
from services.identity.messages import CreatedUser, CreateUser
from services.identity.store.joining_tables import IdentityCheck
from services.identity.store.tables import Client
from services.identity.tools import Tools
from services.identity.usecases import codes, new_users
from services.identity.usecases.new_users import NewUser

GROUND = "service_centre"


def run(db: Database, tools: Tools, request: CreateUser, caller: Caller) -> CreatedUser:
    """Make the user, pending, and send the activation link. Errors as the message says."""
    moment, today = now(), riga_today()
    authority = rules.Authority(
        request.role,
        frozenset(request.rights),
        request.valid_to,
        request.password_allowed,
        bool(request.person_code),
    )
    faults = authority.faults(today, password_field="password_allowed", code_field="person_code")  # noqa: S106
    if request.seen_on > today:
        faults.append(FieldError("seen_on", "identity.day_ahead"))
    if faults:
        raise PortalError.many(faults)
    person = NewUser(
        name=request.name,
        email=new_users.checked_email(request.email, "email"),
        phone=new_users.checked_phone(request.phone, "phone"),
        language=request.language,
        password_allowed=request.password_allowed,
        person_code=codes.person_code(request.person_code) if request.person_code else None,
    )
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, CreatedUser)
        if done is not None:
            return done
        client = unit.session.get(Client, request.client_id, with_for_update=True)
        if client is None:
            raise PortalError("not_found")
        user = new_users.account(
            unit, tools, person, how="registration", source={"source": GROUND, "client": str(client.id)}
        )
        held = new_users.represent(
            unit, user, client.id, authority, ground="service_centre", how="service_centre", moment=moment
        )
        unit.session.add(
            IdentityCheck(
                user_id=user.id,
                client_id=client.id,
                document=request.document,
                last_digits=request.last_digits,
                seen_on=request.seen_on,
                seen_by=caller.user,
                seen_by_name=caller.name,
                at=moment,
            )
        )
        unit.audit(
            "identity.user.identify",
            on=("user", user.id),
            client=client.id,
            detail={
                "document": request.document,
                "last_digits": request.last_digits,
                "seen_on": request.seen_on.isoformat(),
            },
        )
        return unit.remember(
            request,
            CreatedUser(
                user_id=user.id,
                representation_id=held.id,
                email=user.email,
                status=user.status,  # type: ignore[arg-type]
            ),
        )
