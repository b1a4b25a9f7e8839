"""A machine client trades its secret for an access token (RFC 6749, 4.4); the gateway asks whether it still holds."""

from __future__ import annotations

import uuid
from dataclasses import replace
from uuid import UUID

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.telemetry import get_logger
from services.identity.domain import machines as rules
from services.identity.messages import IssueMachineToken, MachineInForce, MachineToken, ResolveMachine
from services.identity.store import machines
from services.identity.tools import Tools
from services.identity.usecases.machine_secrets import matching
from services.identity.usecases.sessions_common import network_address

log = get_logger(__name__)


def issue(db: Database, tools: Tools, request: IssueMachineToken, caller: Caller) -> MachineToken:
    """Return a signed token. Raises PortalError machine_refused, scope_not_allowed."""
    address = network_address(request.address)
    machine_id = _uuid(request.client_id)
    with db.reading() as connection:
        rows = machines.live_secrets(connection, machine_id) if machine_id else []
    row = matching(request.client_secret, rows)
    if row is None or row.status != "active":
        _refused(db, replace(caller, address=address), machine_id if rows else None, bool(row))
        raise PortalError("identity.machine_refused")
    scopes = rules.given(request.scope, row.scopes)
    moment = now()
    machine = Caller(
        kind="machine", user=row.id, rights=frozenset(scopes), session=row.secret_id, name=row.name, language="en",
        address=address,
    )  # fmt: skip
    seconds = tools.settings.token_seconds
    scope = " ".join(scopes)
    # The names RFC 9068 gives these claims, for whoever reads the token outside the suite.
    token, _ = tools.signer.sign(machine, seconds, client_id=str(row.id), scope=scope, jti=uuid.uuid4().hex)
    if row.last_used_at is None or moment - row.last_used_at >= machines.TOUCH_AFTER:
        with db.unit_of_work(machine) as unit:
            machines.touch(unit.session, row.secret_id, moment, address)
            unit.audit(
                "identity.machine.sign_in", on=("machine", row.id),
                detail={"scope": scope, "secret_id": str(row.secret_id)},
            )  # fmt: skip
    return MachineToken(access_token=token, expires_in=seconds, scope=scope)


def resolve(db: Database, request: ResolveMachine) -> MachineInForce:
    """Return the scopes a machine has now. Raises PortalError unauthenticated when it or its secret is out of use."""
    with db.reading() as connection:
        scopes = machines.scopes_in_force(connection, request.machine_id, request.secret_id)
    if scopes is None:
        raise PortalError("unauthenticated")
    return MachineInForce.model_validate({"scopes": scopes})


def _refused(db: Database, caller: Caller, machine_id: UUID | None, disabled: bool) -> None:
    reason = "disabled" if disabled else "wrong_secret" if machine_id else "unknown_machine"
    log.info("machine refused", reason=reason, machine=str(machine_id) if machine_id else None)
    on = ("machine", machine_id) if machine_id else ("address", caller.address or "unknown")
    db.refused("identity.machine.sign_in", caller=caller, on=on, detail={"reason": reason})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
