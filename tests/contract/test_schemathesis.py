"""The running API against its own description: thousands of requests made from it, right and wrong.

No answer may be a 500, have a status or a media type the description does not name, or a body that does not fit; wrong
data must be refused. `schemathesis.toml` says which refusals of right data no schema can tell beforehand.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import stack
from tests.journeys.api_client import Api
from tests.journeys.newcomers import newcomers
from tests.journeys.people import ENGINEER, Person

# What would end the session or the access of the person who asks, or change a password the other tests need.
NOT_THESE = "session|password|withdrawal|erasure|compromise|/access"
EVERY_ROLE = ("administrator", "auditor", "customer_service", "permit_engineer", "accountant")


def customer() -> Person:
    """One of this test alone: it changes names, languages and contacts, which others read on the demo's people."""
    with newcomers() as made:
        person = made.user("Zanda Zinātāja")
        made.represents(person, made.client())
    return person


def reader() -> Person:
    """A member of staff who may read everything; what writes would block people, publish prices and issue invoices."""
    with newcomers() as made:
        return made.user("Visu Lasītāja", kind="staff", roles=EVERY_ROLE)


STAFF = ("--include-path-regex", "/staff/")
# Left out by name: what is to be included is taken when one of several conditions holds.
NO_WRITES = ("--exclude-method", "POST", "--exclude-method", "PUT", "--exclude-method", "PATCH")


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.parametrize(
    ("who", "only"),
    [
        (customer, ("--exclude-path-regex", f"{NOT_THESE}|/staff/", "--max-examples", "4")),
        (lambda: ENGINEER, (*STAFF, "--max-examples", "2")),
        (reader, (*STAFF, *NO_WRITES, "--phases", "fuzzing", "--max-examples", "3")),
    ],
    ids=["customer", "staff", "staff that reads"],
)
def test_the_api_keeps_to_its_description(
    base: str, api: Callable[[Person], Api], tmp_path: Path, who: Callable[[], Person], only: tuple[str, ...]
) -> None:
    person = who()
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{base}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {api(person).secret}", "--exclude-method", "DELETE", *only,
        "--seed", "1", "--workers", "1", "--no-color",
    ]  # fmt: skip
    run = subprocess.run(command, cwd=stack.ROOT, capture_output=True, text=True, timeout=400, check=False)
    (tmp_path / "schemathesis.txt").write_text(run.stdout + run.stderr)
    shown = run.stdout[run.stdout.find("FAILURES") :][:6000] if "FAILURES" in run.stdout else run.stdout[-3000:]
    assert run.returncode == 0, shown + run.stderr[-1000:]
    assert "generated" in run.stdout
