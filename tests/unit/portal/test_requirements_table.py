"""The table of requirements counts what a passing test shows, and nothing else."""

import json
import os
import subprocess
import sys

from deploy.local.paths import ROOT
from tests.requirements_table import amended, failed, known, record_of, table


def row(text: str, source: str) -> list[int]:
    line = next(line for line in text.splitlines() if line.startswith(source))
    return [int(word) for word in line.split()[-4:]]


def test_every_requirement_is_listed():
    kinds = list(known().values())
    assert len(kinds) == 188 + 22
    assert [kinds.count(kind) for kind in "FSCL"] == [149 + 22, 10, 13, 16]


def test_a_requirement_is_shown_only_while_none_of_its_tests_fails():
    records = [
        {"requirements": {"S1-32": ["passed"], "S1-37": ["passed"], "B-17": ["skipped"]}},
        {"requirements": {"S1-37": ["failed"]}},
    ]
    shown = table(records)
    legal = sum(1 for name, kind in known().items() if name.startswith("S1") and kind == "L")
    assert row(shown, "S1") == [1, 1, 77 - legal - 2, 77 - legal]
    assert row(shown, "B ") == [0, 0, 22, 22]
    assert "  B: 01 02" in shown
    assert row(shown, "all") == [1, 1, 210 - 16 - 2, 210 - 16]


def run_pytest(tmp_path, source: str):
    (tmp_path / "test_sample.py").write_text(source)
    record = tmp_path / "record.json"
    env = {**os.environ, "PORTAL_TEST_RECORD": str(record)}
    command = [sys.executable, "-m", "pytest", "-p", "tests.requirements_table", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, env=env, capture_output=True, text=True)
    return done, json.loads(record.read_text()) if record.exists() else None


def test_outcomes_are_counted_once_per_test(tmp_path):
    _, record = run_pytest(
        tmp_path,
        "import pytest\n"
        "@pytest.fixture\ndef broken():\n    yield\n    raise RuntimeError\n"
        "@pytest.mark.requirement('S1-32', 'S1-37')\ndef test_good(): pass\n"
        "@pytest.mark.requirement('S1-37')\ndef test_bad(): assert False\n"
        "def test_bad_end(broken): pass\n"
        "def test_skipped(): pytest.skip('why')\n",
    )
    assert record["counts"] == {"passed": 1, "failed": 2, "skipped": 1}
    assert record["requirements"] == {"S1-32": ["passed"], "S1-37": ["failed", "passed"]}


def test_an_unknown_requirement_stops_the_run(tmp_path):
    done, _ = run_pytest(tmp_path, "import pytest\n@pytest.mark.requirement('S9-99')\ndef test_x(): pass\n")
    assert done.returncode != 0
    assert "S9-99" in done.stdout + done.stderr


def test_what_ran_again_counts_as_it_ended_the_second_time():
    first = record_of({"a": ("passed", ["S1-32"]), "b": ("failed", ["S1-32"]), "c": ("failed", [])})
    assert failed(first) == ["b", "c"]
    after = amended(first, record_of({"b": ("passed", ["S1-32"]), "c": ("failed", [])}))
    assert after["counts"] == {"passed": 2, "failed": 1}
    assert after["requirements"] == {"S1-32": ["passed"]} and failed(after) == ["c"]
