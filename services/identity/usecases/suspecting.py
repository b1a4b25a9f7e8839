"""Wrong passwords are counted by source and account; what looks like guessing is held for a time, by itself (S1-33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import places, suspicion
from services.identity.messages import AddressHeld, UserHeld
from services.identity.settings import IdentitySettings
from services.identity.store import holds
from services.identity.store.suspicion_tables import SignInHold


def note(
    unit: UnitOfWork, settings: IdentitySettings, subject: str, account: Any, address: str | None, moment: datetime
) -> None:
    """Note a wrong password for an account, or for a name nobody has, and hold what has become suspicious."""
    source, policy = suspicion.source(address), settings.suspicion_policy
    if not source:
        return
    holds.failed(unit.session, source, subject, places.network(address), moment)
    accounts, networks = holds.evidence(unit.session, source, subject, moment - policy.window)
    if accounts >= policy.accounts and suspicion.may_be_held(source, policy):
        hold = _hold(unit, policy, "address", holds.of_source(source), None, accounts, moment)
        if hold is not None:
            unit.audit("identity.address.hold", on=("address", source), detail=_detail(hold))
            unit.emit(AddressHeld(hold_id=hold.id, address=source, until=hold.ends_at, accounts=accounts))
    if account is not None and networks >= policy.networks:
        hold = _hold(unit, policy, "account", subject, account, networks, moment)
        if hold is not None:
            unit.audit("identity.user.hold", on=("user", account.id), detail=_detail(hold))
            unit.emit(
                UserHeld(
                    user_id=account.id,
                    name=account.name,
                    email=account.email,
                    language=account.language,
                    until=hold.ends_at,
                    networks=networks,
                )
            )


def _hold(
    unit: UnitOfWork,
    policy: suspicion.SuspicionPolicy,
    kind: str,
    subject: str,
    account: Any,
    evidence: int,
    moment: datetime,
) -> SignInHold | None:
    holds.alone(unit.session, subject)
    if holds.open_for(unit.session, [subject], moment):
        return None
    earlier = holds.earlier(unit.session, subject, moment - suspicion.REMEMBERED)
    hold = SignInHold(
        id=new_id(),
        kind=kind,
        subject=subject,
        user_id=account.id if account is not None else None,
        evidence=evidence,
        refused=0,
        began_at=moment,
        ends_at=moment + policy.duration(earlier),
    )
    unit.session.add(hold)
    unit.session.flush()
    return hold


def _detail(hold: SignInHold) -> dict[str, Any]:
    return {"reason": "suspicion", "until": hold.ends_at.isoformat(), "evidence": hold.evidence, "hold": str(hold.id)}
