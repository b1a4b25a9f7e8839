"""Signing keys: made, rotated by hand or by the clock, withdrawn when one leaked, retired when their time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.caller import Caller, service_caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.trust import trusted
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import signing_keys as rules
from services.identity.messages import (
    ListSigningKeys,
    RotateSigningKeys,
    SigningKeyList,
    SigningKeyRow,
    SigningKeysChanged,
    WithdrawSigningKey,
)
from services.identity.settings import IdentitySettings
from services.identity.signing import KeyRing, Root, Signer
from services.identity.store import signing_keys
from services.identity.store.key_tables import SigningKeyRecord

KEPT = timedelta(days=400)


def ensure(db: Database, root: Root) -> None:
    """Make the first keys when there are none, and new ones when the root key is another than before."""
    with db.unit_of_work(service_caller("identity")) as unit:
        signing_keys.lock(unit.session)
        active = signing_keys.of_state(unit.session, "active")
        following = signing_keys.of_state(unit.session, "next")
        moment = now()
        for record in (active, following):
            if record is not None and not _opens(root, record):
                _retire(unit, record, moment, "root key replaced")
        if active is None or active.state == "retired":
            _make(unit, root, "active", moment)
        if following is None or following.state == "retired":
            _make(unit, root, "next", moment)


def list_keys(db: Database, request: ListSigningKeys) -> SigningKeyList:
    """Return the keys, newest first."""
    with db.reading() as connection:
        rows = signing_keys.everything(connection)
    return SigningKeyList(items=[SigningKeyRow.model_validate(dict(row._mapping)) for row in rows])


def rotate(
    db: Database, ring: KeyRing, settings: IdentitySettings, request: RotateSigningKeys, caller: Caller
) -> SigningKeyList:
    """Let the next key sign from now on. Raises PortalError key_too_young."""
    found = _rotate(db, ring.root, settings, request, caller)
    ring.reload()
    return found


def _rotate(
    db: Database, root: Root, settings: IdentitySettings, request: RotateSigningKeys, caller: Caller
) -> SigningKeyList:
    moment = now()
    with db.unit_of_work(caller) as unit:
        signing_keys.lock(unit.session)
        done = unit.replayed(request, SigningKeyList)
        if done is not None:
            return done
        following = signing_keys.of_state(unit.session, "next")
        if following is not None and not rules.may_sign(following.created_at, moment):
            wait = rules.seconds_to_wait(following.created_at, moment)
            raise PortalError("identity.key_too_young", seconds=wait)
        active = signing_keys.of_state(unit.session, "active")
        if active is not None:
            active.state = "retiring"
            active.expires_at = rules.believed_until(moment, timedelta(seconds=settings.token_seconds))
        _promote(unit, root, following, moment)
        rows = signing_keys.everything(unit.session)
        found = SigningKeyList(items=[SigningKeyRow.model_validate(dict(row._mapping)) for row in rows])
        return unit.remember(request, found)


def withdraw(db: Database, ring: KeyRing, request: WithdrawSigningKey, caller: Caller) -> SigningKeyList:
    """Believe a key no more from this moment, because it may have leaked. Raises PortalError not_found, key_retired."""
    found = _withdraw(db, ring.root, request, caller)
    ring.reload()
    trusted.forget()
    return found


def _withdraw(db: Database, root: Root, request: WithdrawSigningKey, caller: Caller) -> SigningKeyList:
    moment = now()
    with db.unit_of_work(caller) as unit:
        signing_keys.lock(unit.session)
        record = unit.session.get(SigningKeyRecord, request.key_id)
        if record is None:
            raise PortalError("not_found")
        if record.state == "retired":
            raise PortalError("identity.key_retired")
        was = record.state
        _retire(unit, record, moment, request.reason)
        unit.audit("identity.signing_key.withdraw", on=("signing_key", record.id), detail={"reason": request.reason})
        if was == "active":
            _promote(unit, root, signing_keys.of_state(unit.session, "next"), moment, withdrawn=record.id)
        else:
            if was == "next":
                _make(unit, root, "next", moment)
            unit.emit(SigningKeysChanged(key_id=record.id, withdrawn=record.id))
        rows = signing_keys.everything(unit.session)
        return SigningKeyList(items=[SigningKeyRow.model_validate(dict(row._mapping)) for row in rows])


def tend(db: Database, ring: KeyRing, settings: IdentitySettings, caller: Caller) -> None:
    """Retire keys whose time is over; rotate when the key in use has served its period (0 days: only by hand)."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        signing_keys.lock(unit.session)
        for key_id in signing_keys.retire(unit.session, moment):
            unit.audit("identity.signing_key.retire", on=("signing_key", key_id))
        signing_keys.forget(unit.session, moment - KEPT)
        active = signing_keys.of_state(unit.session, "active")
        period = timedelta(days=settings.key_rotation_days)
        due = bool(period and active and active.activated_at and rules.is_due(active.activated_at, moment, period))
    if due:
        rotate(db, ring, settings, RotateSigningKeys(), caller)


def _promote(
    unit: UnitOfWork, root: Root, following: SigningKeyRecord | None, moment: datetime, withdrawn: str | None = None
) -> None:
    unit.session.flush()  # the one that gives way first: only one key may be active
    if following is None:
        following = _make(unit, root, "active", moment)
    else:
        following.state, following.activated_at = "active", moment
        unit.session.flush()
    _make(unit, root, "next", moment)
    unit.audit("identity.signing_key.activate", on=("signing_key", following.id))
    unit.emit(SigningKeysChanged(key_id=following.id, withdrawn=withdrawn))


def _make(unit: UnitOfWork, root: Root, state: str, moment: datetime) -> SigningKeyRecord:
    key = Signer(Ed25519PrivateKey.generate())
    record = SigningKeyRecord(
        id=key.key_id,
        state=state,
        public=key.public["x"],
        sealed=root.seal(key),
        created_at=moment,
        activated_at=moment if state == "active" else None,
    )
    unit.session.add(record)
    unit.session.flush()
    unit.audit("identity.signing_key.create", on=("signing_key", record.id), detail={"state": state})
    return record


def _retire(unit: UnitOfWork, record: SigningKeyRecord, moment: datetime, reason: str) -> None:
    record.state, record.sealed = "retired", None
    record.expires_at = record.retired_at = moment
    record.withdrawn_because = reason
    unit.session.flush()


def _opens(root: Root, record: SigningKeyRecord) -> bool:
    try:
        root.open(record.id, bytes(record.sealed or b""))
    except ValueError:
        return False
    return True
