"""The two tables of doors: routes of the gateway and RPC methods of the services, each with its rule.

They are made from what the code declares and compared with `routes.txt` and `doors.txt`, which people review: a new
door, or one that lets in somebody else, is a line in a diff. `python -m tests.contract.access.tables` writes them.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from deploy import roles_table
from tests import stack

HERE = Path(__file__).parent
ROLES_FILE = stack.ROOT / "docs" / "roles.md"
ROUTES_FILE, DOORS_FILE = HERE / "routes.txt", HERE / "doors.txt"


def routes() -> list[Any]:
    """Every route of the gateway (`gateway.routing.Route`)."""
    stack.use_stack_environment("gateway")
    from gateway import app, routing

    if not routing.ROUTES:
        app.create_app()
    return sorted(routing.ROUTES, key=lambda route: (route.path, route.methods))


def doors() -> list[Any]:
    """Every RPC entry point of every service (`chassis.rpc.Door`)."""
    stack.use_stack_environment("gateway")
    from chassis.rpc import DOORS

    for path in sorted((stack.ROOT / "services").glob("*/service.py")):
        importlib.import_module(f"services.{path.parent.name}.service")
    return [DOORS[name] for name in sorted(DOORS)]


def routes_text() -> str:
    """One line per route: methods, path, rule."""
    rows = []
    for route in routes():
        flags = " (before the terms)" * route.pending + " (no form token)" * (not route.csrf)
        rows.append(f"{','.join(route.methods)} {route.path}: {route.rule}{flags}")
    return "\n".join(rows) + "\n"


def doors_text() -> str:
    """One line per RPC method: name, rule."""
    return "\n".join(f"{door.rpc}: {door.allow}" for door in doors()) + "\n"


if __name__ == "__main__":
    ROLES_FILE.write_text(roles_table.render(doors()))
    ROUTES_FILE.write_text(routes_text())
    DOORS_FILE.write_text(doors_text())
