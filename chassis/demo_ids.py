"""Fixed ids of the demo's people, so that every service's demo speaks of the same ones."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5


def demo_id(name: str) -> UUID:
    """Return the id that every service's demo gives to `name`, e.g. `client:radio`."""
    return uuid5(NAMESPACE_URL, f"demo:{name}")


CLIENT_RADIO = demo_id("client:radio")
CLIENT_WATER = demo_id("client:water")
CLIENT_NATURAL = demo_id("client:natural")
USER_ANNA = demo_id("user:anna")
USER_JURIS = demo_id("user:juris")
USER_ILZE = demo_id("user:ilze")
USER_PETERIS = demo_id("user:peteris")
STAFF_ENGINEER = demo_id("staff:engineer")
STAFF_ACCOUNTANT = demo_id("staff:accountant")
STAFF_SERVICE = demo_id("staff:service")
STAFF_ADMIN = demo_id("staff:admin")
STAFF_ADMIN_TWO = demo_id("staff:admin2")
STAFF_AUDITOR = demo_id("staff:auditor")
