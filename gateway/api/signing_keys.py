"""/api/v1/staff/signing-keys: looked at, rotated, withdrawn."""

from __future__ import annotations

from flask import Blueprint
from pydantic import Field

from chassis.access import role
from gateway.api._frame import Body, api
from gateway.bus import call, call_json
from services.identity.messages import KeyId, ListSigningKeys, RotateSigningKeys, SigningKeyList, WithdrawSigningKey

bp = Blueprint("api_signing_keys", __name__)
TAG = "Staff: system"


class KeyWithdrawal(Body):
    """Which key is believed no more, and why."""

    key_id: KeyId
    reason: str = Field(min_length=1, max_length=200)


@api(bp, "GET", "/staff/signing-keys", allow=role("administrator", "auditor"), reply=SigningKeyList, tag=TAG,
     summary="Signing keys, newest first")
def list_keys() -> bytes:
    return call_json(ListSigningKeys())


@api(bp, "POST", "/staff/signing-keys/rotate", allow=role("administrator"), reply=SigningKeyList, tag=TAG,
     summary="Let the next key sign", idempotent=True, errors=("identity.key_too_young", "idempotency_key_reused"))
def rotate(idempotency_key: str | None) -> SigningKeyList:
    """Nobody is signed out: what the present key has signed is believed until it ends by itself."""
    return call(RotateSigningKeys(idempotency_key=idempotency_key))


@api(bp, "POST", "/staff/signing-keys/withdraw", allow=role("administrator"), body=KeyWithdrawal,
     reply=SigningKeyList, tag=TAG, summary="Believe a key no more", errors=("not_found", "identity.key_retired"))
def withdraw(body: KeyWithdrawal) -> SigningKeyList:
    """For a key that may have leaked: at once in the portal, within a minute everywhere."""
    return call(WithdrawSigningKey(key_id=body.key_id, reason=body.reason))
