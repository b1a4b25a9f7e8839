"""Who of the staff may call what, from the doors themselves: `python -m deploy.roles_table > docs/roles.md`."""

from __future__ import annotations

import importlib
from itertools import groupby
from pathlib import Path
from typing import Any

from chassis.access import Rule
from chassis.caller import Caller
from services.identity.domain.representation import RIGHTS, ROLES

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Who of the staff may do what

Written by `python -m deploy.roles_table` from the doors of the services; a test keeps it up to date. A door is an RPC
method; the pages and API routes of the gateway declare the same rules and cannot open what a door refuses. ● may come
in. Doors that need a customer's right, or are for services only, are left out.
"""


def load_doors() -> list[Any]:
    """Return every door of every service, by name."""
    from chassis.rpc import DOORS

    for path in sorted((ROOT / "services").glob("*/service.py")):
        importlib.import_module(f"services.{path.parent.name}.service")
    return [DOORS[name] for name in sorted(DOORS)]


def roles_of(rule: Rule) -> list[str]:
    """Return the roles of staff a rule lets in."""
    return [role for role in ROLES if rule.allows(Caller(kind="staff", roles=frozenset({role})))]


def for_everybody(rule: Rule) -> bool:
    """Tell whether a rule says nothing of roles: public, or whoever is signed in."""
    customer = Caller(kind="user", rights=frozenset(RIGHTS))
    return rule.allows(Caller()) or (rule.allows(customer) and len(roles_of(rule)) == len(ROLES))


def render(doors: list[Any]) -> str:
    """Return the document docs/roles.md."""
    parts = [HEAD]
    shown = [door for door in doors if roles_of(door.allow) and not for_everybody(door.allow)]
    for service, group in groupby(shown, key=lambda door: door.rpc.partition(".")[0]):
        parts.append(f"\n## {service}\n\n| door | {' | '.join(role.replace('_', ' ') for role in ROLES)} |")
        parts.append("|---|" + ":-:|" * len(ROLES))
        for door in group:
            held = roles_of(door.allow)
            cells = " | ".join("●" if role in held else "" for role in ROLES)
            parts.append(f"| `{door.rpc.partition('.')[2]}` | {cells} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    print(render(load_doors()), end="")
