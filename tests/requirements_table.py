"""Which requirements are shown by a passing test: a pytest plugin that records them, and the table made of the records.

A test says `@pytest.mark.requirement("S1-32", "S1-33")`. Ids, kinds and owners stand in tests/data/requirement_ids.txt.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

IDS = Path(__file__).parent / "data" / "requirement_ids.txt"
SOURCES = {
    "S0": "portal of the spectrum authority",
    "S1": "its terms of use",
    "S2": "water company's portal",
    "S3": "electricity portal's terms",
    "S4": "e-invoice",
    "B": "beyond the sources",
}
LEGAL = "L"  # legal text with nothing to build


def known() -> dict[str, str]:
    """Every requirement id with its kind: F, S, C or L."""
    rows = (row.split("\t") for row in IDS.read_text().splitlines() if row and not row.startswith("#"))
    return {row[0]: row[1] for row in rows}


class Recorder:
    """Collects outcomes of tests and of the requirements they carry."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[str, str] = {}
        self.requirements: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        ids = known()
        for item in items:
            carried = [str(name) for mark in item.iter_markers("requirement") for name in mark.args]
            if wrong := sorted(set(carried) - set(ids)):
                raise pytest.UsageError(f"{item.nodeid} names requirements that do not exist: {', '.join(wrong)}")
            self.requirements[item.nodeid] = carried

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.outcomes[report.nodeid] = "failed"
        elif report.skipped:
            self.outcomes.setdefault(report.nodeid, "skipped")
        elif report.when == "call":
            self.outcomes.setdefault(report.nodeid, "passed")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[f"collecting {report.nodeid}"] = "failed"

    def pytest_sessionfinish(self) -> None:
        tests = {test: (outcome, self.requirements.get(test, [])) for test, outcome in self.outcomes.items()}
        self.path.write_text(json.dumps(record_of(tests), indent=1))


def record_of(tests: dict[str, Any]) -> dict[str, Any]:
    """The record of a run: `tests` gives each test's outcome and the requirements it carries."""
    shown: dict[str, set[str]] = {}
    for outcome, carried in tests.values():
        for name in carried:
            shown.setdefault(name, set()).add(outcome)
    return {
        "counts": Counter(outcome for outcome, _ in tests.values()),
        "requirements": {name: sorted(outcomes) for name, outcomes in sorted(shown.items())},
        "tests": tests,
    }


def failed(record: dict[str, Any]) -> list[str]:
    """The tests of a record that failed."""
    return [test for test, (outcome, _) in record.get("tests", {}).items() if outcome == "failed"]


def amended(record: dict[str, Any], again: dict[str, Any]) -> dict[str, Any]:
    """The record after some of its tests were run again: what the second run said of them holds."""
    return record_of(record["tests"] | again.get("tests", {}))


def pytest_configure(config: pytest.Config) -> None:
    if path := os.environ.get("PORTAL_TEST_RECORD"):
        config.pluginmanager.register(Recorder(Path(path)), "requirements-recorder")


def table(records: list[dict[str, Any]]) -> str:
    """The records of several runs as a table by source: shown, failing, not yet; and which are not yet."""
    seen: dict[str, set[str]] = {}
    for record in records:
        for name, outcomes in record.get("requirements", {}).items():
            seen.setdefault(name, set()).update(outcomes)
    lines = [f"{'source':36} {'shown':>6} {'failing':>8} {'not yet':>8} {'of':>5}"]
    missing: list[str] = []
    totals: Counter[str] = Counter()
    for prefix, title in SOURCES.items():
        ids = [name for name, kind in known().items() if name.split("-")[0] == prefix and kind != LEGAL]
        count = Counter(_state(seen.get(name, set())) for name in ids)
        totals.update(count)
        open_ids = [name for name in ids if _state(seen.get(name, set())) == "not yet"]
        missing += [f"  {prefix}: {' '.join(name.partition('-')[2] for name in open_ids)}"] if open_ids else []
        lines.append(_row(f"{prefix}  {title}", count, len(ids)))
    lines.append(_row("all", totals, sum(totals.values())))
    if missing:
        lines += ["not yet:", *missing]
    return "\n".join(lines)


def _row(title: str, count: Counter[str], total: int) -> str:
    return f"{title:36} {count['shown']:6} {count['failing']:8} {count['not yet']:8} {total:5}"


def _state(outcomes: set[str]) -> str:
    if "failed" in outcomes:
        return "failing"
    return "shown" if "passed" in outcomes else "not yet"
