"""Signing keys rotate while people work, over the bus with every service running.

It stands here, not beside the other tests of keys: no other test may hold a key of the running portal meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.bus import Bus
from chassis.errors import PortalError
from services.identity.messages import EndSession, GetProfile, ResolveSession, SignIn
from services.permits.messages import ListPermits
from tests import stack
from tests.journeys.api_client import eventually
from tests.journeys.people import ANNA, JURIS, PASSWORD


@pytest.fixture(scope="module")
def bus() -> Bus:
    stack.use_stack_environment("gateway")
    return Bus(name="gateway")


def _rotated() -> str:
    env = stack_command_environment()
    command = [sys.executable, "-W", "ignore", "-m", "services.identity.rotate_keys"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def stack_command_environment() -> dict[str, str]:
    keys = stack.endpoints()["keys"]
    return os.environ | {
        "PROFILE": "local", "DATABASE_URL_IDENTITY": stack.database_url("identity"),
        "IDENTITY_SIGNING_KEY_FILE": f"{keys}/identity-signing.pem", "PYTHONPATH": str(stack.ROOT),
    }  # fmt: skip


@pytest.mark.requirement("S3-01")
def test_nobody_is_signed_out_while_the_keys_rotate_under_open_sessions(bus: Bus) -> None:
    """Calls to two services run on while the command rotates the keys twice: not one is refused."""
    opened = bus.call(SignIn(email=JURIS.email, password=PASSWORD), token="")
    secret, first = opened.secret, opened.session.token
    seen, refused, count = {_kid(first)}, [], 0

    def work(token: str) -> None:
        nonlocal count
        for request in (GetProfile(), ListPermits(limit=1)):
            try:
                bus.call(request, token=token, timeout=30)
                count += 1
            except PortalError as error:
                refused.append(error.code)

    for _ in range(2):
        assert "active" in _rotated()

        def turned() -> str | None:
            token = bus.call(ResolveSession(secret=secret), token="", timeout=30).token
            work(token)
            work(first)
            return token if _kid(token) not in seen else None

        seen.add(_kid(eventually("identity signs with the next key", turned, seconds=90)))
    assert refused == [] and count >= 8 and len(seen) == 3


def test_a_key_nobody_published_is_refused_by_every_service(bus: Bus) -> None:
    opened = bus.call(SignIn(email=JURIS.email, password=PASSWORD), token="")
    claims = jwt.decode(opened.session.token, options={"verify_signature": False})
    thief = Ed25519PrivateKey.generate()
    for kid in ("identity:forged", _kid(opened.session.token), "root:identity", "service:gateway"):
        forged = jwt.encode(claims | {"exp": int(time.time()) + 60}, thief, algorithm="EdDSA", headers={"kid": kid})
        for request in (GetProfile(), ListPermits(limit=1)):
            with pytest.raises(PortalError) as refused:
                bus.call(request, token=forged)
            assert refused.value.code == "unauthenticated"


_VERIFY = """
import sys
from chassis.revocations import revocations
from chassis.tokens import Verifier
from chassis.trust import trusted
for caller in map(Verifier(trusted).verify, sys.stdin.read().split()):
    print("refused" if revocations.refuses(caller) else caller.session)
"""


@pytest.mark.requirement("S1-21")
def test_a_process_that_begins_now_refuses_the_copy_of_a_token_whose_session_ended(bus: Bus) -> None:
    ended, open_ = (bus.call(SignIn(email=ANNA.email, password=PASSWORD), token="").session for _ in range(2))
    bus.call(EndSession(session_id=ended.claims.session_id), token=open_.token)
    tokens = f"{ended.token}\n{open_.token}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _VERIFY], input=tokens, env=os.environ | {"PYTHONPATH": str(stack.ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["refused", str(open_.claims.session_id)], done.stderr


def _kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])
