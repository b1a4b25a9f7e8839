"""The keys tokens are signed with: handed out, looked at, rotated, withdrawn."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from chassis.key_set import KeySet, SigningKeys
from chassis.messages import Event, IdempotencyKey, Line, Message, Moment, Request

KeyId = Annotated[str, StringConstraints(min_length=10, max_length=64, pattern=r"^identity:[A-Za-z0-9_-]+$")]
KeyState = Literal["next", "active", "retiring", "retired"]


class SigningKeyRow(Message):
    """One key; `expires_at` is the moment from which nothing it signed is believed."""

    id: str
    state: KeyState
    created_at: Moment
    activated_at: Moment | None = None
    expires_at: Moment | None = None
    retired_at: Moment | None = None
    withdrawn_because: str | None = None


class SigningKeyList(Message):
    items: list[SigningKeyRow]


class ListSigningKeys(Request[SigningKeyList], rpc="identity.list_signing_keys"):
    """The last hundred keys, newest first; nothing secret."""


class RotateSigningKeys(Request[SigningKeyList], rpc="identity.rotate_signing_keys"):
    """Let the next key sign from now on; nobody is signed out. Error key_too_young."""

    idempotency_key: IdempotencyKey | None = None


class WithdrawSigningKey(Request[SigningKeyList], rpc="identity.withdraw_signing_key"):
    """Believe a key no more, because it may have leaked; tokens are made anew. Errors not_found, key_retired."""

    key_id: KeyId
    reason: Line


class SigningKeysChanged(Event, type="identity.signing_keys.changed", aggregate="key_id"):
    """Another key signs (`key_id`), or one is believed no more (`withdrawn`): ask for the key set again."""

    key_id: str
    withdrawn: str | None = None


__all__ = [
    "KeyId",
    "KeySet",
    "KeyState",
    "ListSigningKeys",
    "RotateSigningKeys",
    "SigningKeyList",
    "SigningKeyRow",
    "SigningKeys",
    "SigningKeysChanged",
    "WithdrawSigningKey",
]
