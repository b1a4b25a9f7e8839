"""Signing keys rotate while people work: in the database, and over the bus with every service running."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis import tokens, trust
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.key_set import KeySet
from chassis.revocations import revocations
from services.identity.messages import RotateSigningKeys, SessionChanged, SessionRevoked, WithdrawSigningKey
from services.identity.signing import KeyRing, Root
from services.identity.usecases import signing_keys
from tests.integration.identity.conftest import ADMIN, code_of, events

SOMEBODY = replace(ADMIN, roles=frozenset())


class House:
    """An identity with keys of its own and a process that trusts its root."""

    def __init__(self, db: Database, folder: Any) -> None:
        self.db = db
        self.root = Root(Ed25519PrivateKey.generate())
        with db.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM signing_keys"))
        signing_keys.ensure(db, self.root)
        self.ring = KeyRing(db, self.root)
        self.asked = 0
        path = folder / f"{uuid.uuid4().hex}.json"
        path.write_text(json.dumps({"keys": [pinned(self.root.key)]}))
        self.trusted = trust.TrustedKeys(str(path), fetch=self.fetch)
        self.verifier = tokens.Verifier(self.trusted)

    def fetch(self) -> KeySet:
        self.asked += 1
        return self.ring.published()

    def forget_the_clock(self) -> None:
        """As if the last question to identity was long ago."""
        self.trusted._tried_at = float("-inf")

    def state(self, state: str) -> list[str]:
        with self.db.reading() as connection:
            found = connection.execute(sa.text("SELECT id FROM signing_keys WHERE state = :s"), {"s": state})
            return list(found.scalars())


def pinned(key: Ed25519PrivateKey, kid: str = trust.ROOT) -> dict[str, str]:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), "kid": kid}


@pytest.fixture
def house(db: Database, tmp_path: Any) -> House:
    return House(db, tmp_path)


def rotate(house: House, tools: Any) -> None:
    signing_keys.rotate(house.db, house.ring, tools.settings, RotateSigningKeys(), ADMIN)


def test_tokens_of_before_and_after_a_rotation_are_believed_and_nothing_is_kept_in_the_clear(
    house: House, tools: Any
) -> None:
    before, _ = house.ring.sign(SOMEBODY, 300)
    assert house.verifier.verify(before) == SOMEBODY
    assert code_of(rotate, house, tools) == "identity.key_too_young"
    with time_machine.travel(now() + timedelta(seconds=20), tick=False):
        rotate(house, tools)
        after, _ = house.ring.sign(SOMEBODY, 300)
        old, new = (jwt.get_unverified_header(token)["kid"] for token in (before, after))
        assert old != new and house.state("retiring") == [old] and house.state("active") == [new]
        assert house.verifier.verify(before) == house.verifier.verify(after) == SOMEBODY
        assert house.asked == 1, "the next key was published before it signed: nobody had to ask again"
    with house.db.reading() as connection:
        rows = connection.execute(sa.text("SELECT id, sealed FROM signing_keys WHERE sealed IS NOT NULL")).all()
    for row in rows:
        assert house.root.open(row.id, bytes(row.sealed)).private_bytes() not in bytes(row.sealed)
        with pytest.raises(ValueError, match="another root"):
            Root(Ed25519PrivateKey.generate()).open(row.id, bytes(row.sealed))


def test_a_retired_keys_tokens_are_refused_after_their_time(house: House, tools: Any) -> None:
    long_lived, _ = house.ring.sign(SOMEBODY, 86_400)  # as a thief of the key would make one
    with time_machine.travel(now() + timedelta(seconds=20), tick=False) as clock:
        rotate(house, tools)
        house.ring.reload()
        assert house.verifier.verify(long_lived) == SOMEBODY
        house.trusted.forget()
        assert house.verifier.verify(long_lived) == SOMEBODY
        clock.shift(timedelta(seconds=345))
        with pytest.raises(PortalError, match="unauthenticated"):
            house.verifier.verify(long_lived)
        signing_keys.tend(house.db, house.ring, tools.settings, ADMIN)
        kid = jwt.get_unverified_header(long_lived)["kid"]
        assert kid in house.state("retired")
        with house.db.reading() as connection:
            sealed = connection.execute(sa.text("SELECT sealed FROM signing_keys WHERE id = :k"), {"k": kid}).scalar()
        assert sealed is None, "the private half is wiped"


def test_the_clock_rotates_a_key_that_has_served_its_period(house: House, tools: Any) -> None:
    (first,), (second,) = house.state("active"), house.state("next")
    with time_machine.travel(now() + timedelta(days=29), tick=False) as clock:
        signing_keys.tend(house.db, house.ring, tools.settings, ADMIN)
        assert house.state("active") == [first]
        clock.shift(timedelta(days=1, seconds=5))
        signing_keys.tend(house.db, house.ring, tools.settings, ADMIN)
        assert house.state("active") == [second] and len(house.state("next")) == 1
        assert len(events(house.db, "identity.signing_keys.changed", second)) == 1


def test_a_withdrawn_key_is_believed_no_more_and_another_signs(house: House) -> None:
    stolen, _ = house.ring.sign(SOMEBODY, 300)
    assert house.verifier.verify(stolen) == SOMEBODY
    kid = jwt.get_unverified_header(stolen)["kid"]
    request = WithdrawSigningKey(key_id=kid, reason="seen in a log")
    signing_keys.withdraw(house.db, house.ring, request, ADMIN)
    house.trusted.forget()
    with pytest.raises(PortalError, match="unauthenticated"):
        house.verifier.verify(stolen)
    house.forget_the_clock()
    fresh, _ = house.ring.sign(SOMEBODY, 300)
    assert house.verifier.verify(fresh) == SOMEBODY
    assert code_of(signing_keys.withdraw, house.db, house.ring, request, ADMIN) == "identity.key_retired"
    unknown = WithdrawSigningKey(key_id="identity:never-was-one", reason="x")
    assert code_of(signing_keys.withdraw, house.db, house.ring, unknown, ADMIN) == "not_found"


def test_a_forged_key_is_refused_and_a_flood_of_unknown_ones_asks_identity_once(house: House) -> None:
    thief = Ed25519PrivateKey.generate()
    house.verifier.verify(house.ring.sign(SOMEBODY, 300)[0])
    asked = house.asked
    for number in range(50):
        forged = tokens.sign(SOMEBODY, thief, f"identity:forged-{number}", 300, "identity")
        with pytest.raises(PortalError, match="unauthenticated"):
            house.verifier.verify(forged)
    assert house.asked == asked, "within two seconds of the last question nobody asks again"
    by_root = tokens.sign(SOMEBODY, house.root.key, trust.ROOT, 300, "identity")
    with pytest.raises(PortalError, match="unauthenticated"):
        house.verifier.verify(by_root)


def test_a_key_set_that_the_root_did_not_sign_is_refused(house: House) -> None:
    thief = Ed25519PrivateKey.generate()
    token = tokens.sign(SOMEBODY, thief, "identity:thiefs-own-key", 300, "identity")
    entry = pinned(thief, "identity:thiefs-own-key")

    def whole_of(signed: str) -> None:
        house.trusted.use(lambda: KeySet(keys=[entry], signed=signed))
        house.trusted.forget()
        with pytest.raises(PortalError, match="unauthenticated"):
            house.verifier.verify(token)

    whole_of("")
    whole_of(trust.sealed([entry], thief))
    with time_machine.travel(now() - timedelta(hours=1)):
        old = trust.sealed([entry], house.root.key)
    whole_of(old)
    # The root vouches for people's keys only: it cannot replace the key of a service.
    service = pinned(thief, "service:billing")
    house.trusted.use(lambda: KeySet(keys=[service], signed=trust.sealed([service], house.root.key)))
    house.trusted.forget()
    billing = replace(SOMEBODY, kind="service", service="billing", user=None, name="service:billing")
    with pytest.raises(PortalError, match="unauthenticated"):
        house.verifier.verify(tokens.sign(billing, thief, "service:billing", 60, "service:billing"))


def test_another_root_key_makes_new_keys_at_the_start(house: House) -> None:
    (first,) = house.state("active")
    signing_keys.ensure(house.db, house.root)
    assert house.state("active") == [first]
    another = Root(Ed25519PrivateKey.generate())
    signing_keys.ensure(house.db, another)
    (active,) = house.state("active")
    assert active != first and first in house.state("retired")
    assert KeyRing(house.db, another).sign(SOMEBODY, 60)


# The running suite.


def test_with_the_keys_come_the_sessions_that_ended_or_changed_lately(house: House) -> None:
    """A process that heard nothing of the broadcast refuses overtaken tokens once it has asked for the keys."""
    ended, changed, long_ago, user = (uuid.uuid4() for _ in range(4))
    with house.db.unit_of_work(ADMIN) as unit:
        unit.emit(SessionChanged(session_id=ended, user_id=user, generation=4))
        unit.emit(SessionRevoked(session_id=ended, user_id=user))
        for generation in (3, 2):
            unit.emit(SessionChanged(session_id=changed, user_id=user, generation=generation))
        unit.emit(SessionRevoked(session_id=long_ago, user_id=user))
    with house.db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE outbox SET published_at = now() - interval '11 minutes' WHERE aggregate LIKE :which"),
            {"which": f"%{long_ago}"},
        )
    house.trusted.find(house.ring.key_set()[0]["kid"])
    assert revocations.is_over(ended) and not revocations.is_over(long_ago)

    def refused(session: uuid.UUID, generation: int) -> bool:
        return revocations.refuses(replace(SOMEBODY, session=session, generation=generation))

    assert [refused(changed, generation) for generation in (2, 3)] == [True, False]
    assert refused(ended, 5) and not refused(long_ago, 0)
