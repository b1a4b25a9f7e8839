"""Rotate the signing keys: `python -m services.identity.rotate_keys [--withdraw KEY_ID --reason WHY]`.

Without arguments the next key signs from now on and nobody is signed out. With `--withdraw` a key that may have leaked
is believed no more, at once in the portal and within a minute everywhere.
"""

from __future__ import annotations

import argparse
import sys
import time

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from services.identity.messages import RotateSigningKeys, SigningKeyList, WithdrawSigningKey
from services.identity.settings import settings
from services.identity.signing import KeyRing, Root
from services.identity.store import tables
from services.identity.usecases import signing_keys

COMMAND = Caller(kind="service", service="identity", name="command:rotate_keys")


def main(argv: list[str]) -> int:
    """Rotate or withdraw, and say which keys there are now."""
    parser = argparse.ArgumentParser(prog="python -m services.identity.rotate_keys", description=__doc__)
    parser.add_argument("--withdraw", metavar="KEY_ID", help="believe this key no more, at once")
    parser.add_argument("--reason", default="withdrawn by command", help="why, for the audit trail")
    asked = parser.parse_args(argv)
    db = Database("identity", tables.metadata, pool_size=1)
    try:
        root = Root.from_file(settings().signing_key_file)
        ring = KeyRing(db, root)
        signing_keys.ensure(db, root)
        if asked.withdraw:
            request = WithdrawSigningKey(key_id=asked.withdraw, reason=asked.reason)
            found = signing_keys.withdraw(db, ring, request, COMMAND)
        else:
            found = _rotated(db, ring)
    except PortalError as error:
        sys.stderr.write(f"{error.sentence('en')}\n")
        return 1
    finally:
        db.close()
    for key in found.items:
        sys.stdout.write(f"{key.state:9} {key.id}  made {key.created_at:%Y-%m-%d %H:%M}\n")
    return 0


def _rotated(db: Database, ring: KeyRing) -> SigningKeyList:
    try:
        return signing_keys.rotate(db, ring, settings(), RotateSigningKeys(), COMMAND)
    except PortalError as error:
        if error.code != "identity.key_too_young":
            raise
        time.sleep(float(error.params["seconds"]))
        return signing_keys.rotate(db, ring, settings(), RotateSigningKeys(), COMMAND)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
