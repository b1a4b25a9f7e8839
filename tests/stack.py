"""What tests know of the running stack: `endpoints.json` of the run folder that `./portal test` names."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from chassis import process

ROOT = Path(__file__).resolve().parent.parent


def run_dir() -> Path:
    """Return the run folder: PORTAL_RUN_DIR or PORTAL_RUN, else the developer's own stack."""
    return Path(os.environ.get("PORTAL_RUN_DIR") or os.environ.get("PORTAL_RUN") or ROOT / ".run").resolve()


@lru_cache(maxsize=1)
def endpoints() -> dict[str, Any]:
    """Return URLs, ports, DSNs and credentials of the stack. Raises FileNotFoundError when none was started."""
    path = run_dir() / "endpoints.json"
    if not path.exists():
        raise FileNotFoundError(f"no stack in {run_dir()}: start one with ./portal up, or run ./portal test")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def portal_url() -> str:
    """Return the address of the portal without a final slash."""
    return str(os.environ.get("PORTAL_URL") or endpoints()["portal"]).rstrip("/")


def database_url(service: str) -> str:
    """Return the DSN of a service's database in the stack."""
    return str(endpoints()["databases"][service])


def use_stack_environment(service: str = "gateway") -> None:
    """Set this process's environment as the stack sets a service's, so that tests can speak on the bus as it."""
    e = endpoints()
    keys = Path(e["keys"])
    user = "gateway" if service == "gateway" else f"svc-{service}"
    os.environ["PROFILE"] = "local"
    os.environ["AMQP_URL"] = e["amqp"][user]
    os.environ["SERVICE_NAME"] = service
    os.environ["SERVICE_KEY_FILE"] = str(keys / f"{service}.pem")
    os.environ["TRUSTED_KEYS_FILE"] = str(keys / "trusted.json")
    for name, url in e["databases"].items():
        os.environ[f"DATABASE_URL_{name.upper()}"] = url
    process.settings.cache_clear()
