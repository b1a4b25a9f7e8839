"""The message with which identity hands out the public keys that people's and machines' tokens are signed with."""

from __future__ import annotations

from typing import Any

from chassis.messages import Message, Request


class KeySet(Message):
    """A JWKS (RFC 7517): public Ed25519 keys with `kid`; a token names its key in the header.

    A key with `exp` (epoch seconds) is on its way out: from then on nothing it signed is believed. `signed` is the
    same list as a JWT of five minutes, signed by the root key that every process has pinned: who only sits on the
    bus cannot slip in a key. Beside the keys it names the sessions that ended or changed lately (`chassis.trust`).
    """

    keys: list[dict[str, Any]]
    signed: str = ""


class SigningKeys(Request[KeySet], rpc="identity.signing_keys", timeout=3.0):
    """The public keys that tokens are signed with: in use, to come, and on their way out."""
