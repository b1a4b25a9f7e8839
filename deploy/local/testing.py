"""./portal test: style, import law, types, then every folder of tests on a stack of its own, then the requirements.

The stack lies in .run/test on ports 9080 and up (PORTAL_TEST_PORT names others, for two clones side by side), so that a
developer's running portal and its data are left alone.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local import up
from deploy.local.bootstrap import apt, exclusive
from deploy.local.paths import ROOT, current
from deploy.local.processes import table
from deploy.local.say import Trouble, line

PORT = int(os.environ.get("PORTAL_TEST_PORT", "9080"))
FOLDERS = ("unit", "integration", "contract", "journeys", "faults")
NEED_STACK = frozenset(FOLDERS) - {"unit"}
OWN_STORES = frozenset({"integration"})
ALONE = frozenset({"faults"})
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NEED_BROWSER = frozenset({"journeys"})
CHECKS = {
    "ruff": ("-m", "ruff", "check", "."),
    "import law": ("-c", "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"),
    "types": ("-m", "mypy", "chassis", "services", "gateway", "deploy"),
}


@dataclass
class Part:
    """One heading of the run and what came of it."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0


def run(what: str | None, arguments: list[str]) -> int:
    """Run everything, or `lint`, or one folder, with further arguments for pytest. Returns the exit code."""
    if what not in (None, "all", "lint", *FOLDERS):
        arguments, what = [what, *arguments], _folder_of(what)
    everything = what in (None, "all")
    folders = FOLDERS if everything else tuple(folder for folder in FOLDERS if folder == what)
    os.environ.setdefault("PORTAL_RUN", str(ROOT / ".run" / "test"))
    records = current().run / "record"
    with exclusive(current().run / "test.lock", "another ./portal test is at work"):
        shutil.rmtree(records, ignore_errors=True)
        records.mkdir(parents=True)
        parts = [_check(name, CHECKS[name]) for name in CHECKS] if everything or what == "lint" else []
        if NEED_BROWSER & set(folders) and not any(map(shutil.which, BROWSERS)):
            apt(["chromium", "fonts-noto-core"], "the browser of the tests")
        if NEED_STACK & set(folders):
            _stack(fresh=everything)
        parts += _folders(folders, records, arguments)
        if everything:
            _heading("stopping the test stack")
            up.down(wipe=False)
    return _summary(parts, records)


def _folder_of(path: str) -> str:
    """`./portal test tests/unit/billing/test_x.py` works too."""
    folder = next((folder for folder in FOLDERS if f"tests/{folder}" in path), None)
    if folder is None:
        raise Trouble(f"there is no part {path!r}; there are: lint, {', '.join(FOLDERS)}, or a path below tests/.")
    return folder


def _heading(text: str) -> None:
    print(f"\n===== {text} =====", flush=True)


def _check(name: str, command: tuple[str, ...]) -> Part:
    _heading(name)
    began = time.monotonic()
    failed = subprocess.run([sys.executable, *command], cwd=ROOT).returncode != 0
    return Part(name, passed=int(not failed), failed=int(failed), seconds=time.monotonic() - began)


def _stack(fresh: bool) -> None:
    _heading("the test stack")
    if fresh and current().run.joinpath("config.json").exists():
        up.down(wipe=True)
    place = up.up(PORT)
    line(f"ready on port {place.port}; processes: {', '.join(process.name for process in table(place).values())}")


def _folders(folders: Sequence[str], records: Path, arguments: list[str]) -> list[Part]:
    """Run the folders in order, but what has databases and virtual hosts of its own beside the others.

    The integration tests wait more than they work (for retries, deadlines, heartbeats), so this halves the time. Faults
    kill what the others need and come last, alone.
    """
    beside = [folder for folder in folders if folder in OWN_STORES] if len(folders) > 1 else []
    running = [_begin(folder, records, arguments, records / f"{folder}.out") for folder in beside]
    parts = [_end(_begin(folder, records, arguments)) for folder in folders if folder not in {*beside, *ALONE}]
    parts += [_end(one) for one in running]
    return parts + [_end(_begin(folder, records, arguments)) for folder in folders if folder in ALONE]


@dataclass
class Running:
    """A folder's pytest at work; `output` is where it writes when it runs beside others."""

    folder: str
    process: subprocess.Popen[bytes]
    record: Path
    output: Path | None
    began: float


def _begin(folder: str, records: Path, arguments: list[str], output: Path | None = None) -> Running:
    if output is None:
        _heading(f"tests/{folder}")
    place = current()
    record = records / f"{folder}.json"
    env = os.environ | {
        "PORTAL_URL": f"http://127.0.0.1:{place['gateway']}",
        "PORTAL_RUN_DIR": str(place.run),
        "PORTAL_TEST_RECORD": str(record),
    }
    named = any(argument.startswith("tests/") for argument in arguments)
    target = [] if named else [f"tests/{folder}"]
    command = [sys.executable, "-m", "pytest", "-p", "tests.requirements_table", *target, *arguments]
    if output is None:
        process = subprocess.Popen(command, cwd=ROOT, env=env)
    else:
        with output.open("wb") as written:
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=written, stderr=subprocess.STDOUT)
    return Running(folder, process, record, output, time.monotonic())


def _end(running: Running) -> Part:
    code = running.process.wait()
    if running.output is not None:
        _heading(f"tests/{running.folder} (ran beside the others)")
        print(running.output.read_text(errors="replace"), flush=True)
    found = json.loads(running.record.read_text()) if running.record.exists() else {"counts": {}}
    counts = found["counts"]
    part = Part(running.folder, counts.get("passed", 0), counts.get("failed", 0), counts.get("skipped", 0))
    if code not in (0, 5) and not part.failed:  # 5: the folder holds no tests
        part.failed = 1
    part.seconds = time.monotonic() - running.began
    return part


def _summary(parts: list[Part], records: Path) -> int:
    if any(records.glob("*.json")):
        from tests.requirements_table import table

        _heading("requirements")
        print(table([json.loads(path.read_text()) for path in sorted(records.glob("*.json"))]))
    _heading("summary")
    for part in parts:
        counts = f"{part.passed:5} passed {part.failed:4} failed {part.skipped:4} skipped"
        print(f"{part.name:12} {counts} {part.seconds:7.1f} s")
    passed, failed = sum(part.passed for part in parts), sum(part.failed for part in parts)
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0
