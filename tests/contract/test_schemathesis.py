"""The running API against its own description: thousands of requests made from it, right and wrong.

No answer may be a 500, have a status or a media type the description does not name, or a body that does not fit; wrong
data must be refused. `schemathesis.toml` says which refusals of right data no schema can tell beforehand.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import stack
from tests.journeys.api_client import Api
from tests.journeys.people import ENGINEER, PETERIS, Person

# What would end the session or the access of the person who asks, or change a password the other tests need.
NOT_THESE = "session|password|withdrawal|erasure|compromise|/access"


@pytest.fixture
def as_they_were(api: Callable[[Person], Api]) -> Iterator[None]:
    """Pēteris's own data and his client's, put back afterwards: other tests read his pages in Latvian."""
    peteris = api(PETERIS)
    profile, client = peteris.get("/profile"), peteris.get("/client")
    kept = peteris.get("/messages/preferences")["items"]
    yield
    again = {name: profile[name] for name in ("name", "phone", "language")}
    peteris.ask("PATCH", "/profile", json={**again, "phone": again["phone"] or ""})
    version = peteris.get("/client")["version"]
    fields = ("address", "email", "invoice_email", "phone")
    contacts = {name: client[name] or "" for name in fields} | {"language": client["language"], "version": version}
    peteris.ask("PATCH", "/client", json=contacts)
    choices = [{name: one[name] for name in ("group", "email", "sms")} for one in kept if not one["fixed"]]
    peteris.put("/messages/preferences", {"items": choices})


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.parametrize(
    ("person", "only"),
    [(PETERIS, ("--exclude-path-regex", f"{NOT_THESE}|/staff/")), (ENGINEER, ("--include-path-regex", "/staff/"))],
    ids=["customer", "staff"],
)
def test_the_api_keeps_to_its_description(
    base: str, api: Callable[[Person], Api], tmp_path: Path, person: Person, only: tuple[str, str], as_they_were: None
) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{base}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {api(person).secret}", "--exclude-method", "DELETE", *only,
        "--max-examples", "8", "--seed", "1", "--workers", "1", "--no-color",
    ]  # fmt: skip
    run = subprocess.run(command, cwd=stack.ROOT, capture_output=True, text=True, timeout=400, check=False)
    (tmp_path / "schemathesis.txt").write_text(run.stdout + run.stderr)
    shown = run.stdout[run.stdout.find("FAILURES") :][:6000] if "FAILURES" in run.stdout else run.stdout[-3000:]
    assert run.returncode == 0, shown + run.stderr[-1000:]
    assert "generated" in run.stdout
