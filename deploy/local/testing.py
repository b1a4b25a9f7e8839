"""./portal test: style, import law, types, then every folder of tests on a stack of its own, then the requirements.

The stack lies in .run/test on ports 9080 and up (PORTAL_TEST_PORT names others, for two clones side by side), so that a
developer's running portal and its data are left alone.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local import browsers, up
from deploy.local.bootstrap import exclusive
from deploy.local.paths import ROOT, current
from deploy.local.processes import table
from deploy.local.say import Trouble, line

PORT = int(os.environ.get("PORTAL_TEST_PORT", "9080"))
FOLDERS = ("unit", "integration", "contract", "journeys", "faults")
NEED_STACK = frozenset(FOLDERS) - {"unit"}
ALONE = frozenset({"faults"})
# In a run of everything, parts of a folder go side by side and beside other folders: they wait more than they work, for
# the browser, for retries, for heartbeats.
WALK, BUS = "tests/journeys/test_every_page.py", "tests/integration/chassis_bus"
FUZZ = "tests/contract/test_schemathesis.py"
# With people who are nobody else's: how they prove who they are, and how they leave; what the walk leaves room for.
# After the walk, not beside it: an erasure takes every prepared file of evidence away, and the walk opens one.
PROOFS = tuple(
    f"tests/journeys/test_{name}.py"
    for name in ("credentials", "security_keys", "factor_pages", "erasures", "operators_settings")
)
SPLIT = {
    "contract": {"fuzz": (FUZZ,), "contract": ("tests/contract", f"--ignore={FUZZ}")},
    "journeys": {
        "pages, proofs": (WALK, *PROOFS),
        "journeys": ("tests/journeys", *(f"--ignore={one}" for one in (WALK, *PROOFS))),
    },
    "integration": {"integration": ("tests/integration", f"--ignore={BUS}"), "bus": (BUS,)},
}
BESIDE = frozenset({"integration", "bus", "fuzz", "pages, proofs"})
NEED_BROWSER = frozenset({"journeys"})
CHECKS = {
    "ruff": ("-m", "ruff", "check", "."),
    "import law": ("-c", "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"),
    "types": ("-m", "mypy", "chassis", "services", "gateway", "deploy"),
}
SLOW_CHECKS = frozenset({"types"})
# A full machine lets a test fail that waits for something: so many are tried once more, alone, and named in any case.
TRIED_AGAIN = 3
CHEAP_HASHES = {"IDENTITY_ARGON2_MEMORY_KIB": "8192", "IDENTITY_ARGON2_PASSES": "1"}
BREAK_OFF_SECONDS = 20


@dataclass
class Part:
    """One heading of the run and what came of it."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    record: Path | None = None
    unsteady: tuple[str, ...] = ()  # failed beside others, passed alone

    def count(self, counts: dict[str, int]) -> None:
        """Take the counts of a record."""
        self.passed, self.failed, self.skipped = (counts.get(name, 0) for name in ("passed", "failed", "skipped"))


def run(what: str | None, arguments: list[str]) -> int:
    """Run everything, or `lint`, or one folder, with further arguments for pytest. Returns the exit code."""
    if what not in (None, "all", "lint", *FOLDERS):
        arguments, what = [what, *arguments], _folder_of(what)
    everything = what in (None, "all")
    folders = FOLDERS if everything else tuple(folder for folder in FOLDERS if folder == what)
    if "PORTAL_RUN" not in os.environ:
        os.environ["PORTAL_RUN"] = str(ROOT / ".run" / "test")
        os.environ.setdefault("PORTAL_FSYNC", "off")
    # People of the tests sign in once for the whole run; those who test it have sessions made to look older.
    os.environ.setdefault("STEP_UP_MINUTES", "720")
    # Hundreds of people sign in once: their passwords are hashed as cheaply as the settings allow, and never anew.
    for name, least in CHEAP_HASHES.items():
        os.environ.setdefault(name, least)
    if everything:
        os.environ.setdefault("PICTURES", "phone")  # a page in one shape; `./portal test journeys` takes them all
    records = current().run / "record"
    with exclusive(current().run / "test.lock", "another ./portal test is at work"):
        shutil.rmtree(records, ignore_errors=True)
        records.mkdir(parents=True)
        checks = CHECKS if everything or what == "lint" else {}
        quick = [_end(_begin_check(name)) for name in checks if name not in SLOW_CHECKS]
        # What needs no stack begins before it is there, and goes on beside what comes first.
        early = [_begin_check(name, _output(records, name)) for name in checks if name in SLOW_CHECKS]
        if not everything:
            early += [_begin(folder, records, arguments) for folder in folders if folder == "unit"]
        try:
            if NEED_BROWSER & set(folders):
                browsers.provide()
            if NEED_STACK & set(folders):
                _stack(fresh=everything)
            parts = quick + _folders(folders, records, arguments, early)
            if everything:
                _again(parts, records)
        finally:
            _break_off()
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


def _stack(fresh: bool) -> None:
    _heading("the test stack")
    if fresh and current().run.joinpath("config.json").exists():
        up.down(wipe=True)
    place = up.up(PORT)
    line(f"ready on port {place.port}; processes: {', '.join(process.name for process in table(place).values())}")


def _folders(
    folders: Sequence[str], records: Path, arguments: list[str], early: "Sequence[Running]" = ()
) -> list[Part]:
    """Run the folders in order, but what has databases and virtual hosts of its own beside the others, and the parts of
    a folder beside each other. Faults kill what the others need and come last.
    """
    running, parts, everything = list(early), [], len(folders) > 1
    for folder in folders:
        if folder in {"unit", *ALONE}:
            continue
        split = SPLIT.get(folder) if everything else None
        for name, what in (split or {folder: ()}).items():  # what runs beside its neighbour stands before it
            if everything and name in BESIDE:
                running.append(_begin(name, records, [*arguments, *what], beside=True))
            else:
                parts.append(_end(_begin(name, records, [*arguments, *what])))
    # Unit tests work all the time: they fill what the last of the others leave free while they wait, and the faults.
    late = [_begin("unit", records, arguments, beside=True)] if everything else []
    parts += [_end(one) for one in running]
    parts += [_end(_begin(folder, records, arguments)) for folder in folders if folder in ALONE]
    return parts + [_end(one) for one in late]


def _again(parts: list[Part], records: Path) -> None:
    """Run what failed once more, alone, if it is little; the second outcome counts, the summary tells of the first."""
    from tests.requirements_table import amended, failed

    bad = {part.name: failed(json.loads(part.record.read_text())) for part in parts if part.record and part.failed}
    if not 0 < sum(map(len, bad.values())) <= TRIED_AGAIN:
        return
    for part in parts:
        tests = bad.get(part.name, [])
        if not tests or part.record is None or any(test.startswith("collecting ") for test in tests):
            continue
        second = records / "again" / part.record.name
        second.parent.mkdir(exist_ok=True)
        _end(_begin(part.name, second.parent, tests))
        if not second.exists():
            continue
        record = amended(json.loads(part.record.read_text()), json.loads(second.read_text()))
        part.record.write_text(json.dumps(record))
        part.count(record["counts"])
        part.unsteady = tuple(test for test in tests if test not in failed(record))


@dataclass
class Running:
    """A check or a folder's pytest at work; `output` is where it writes when it runs beside others."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path | None
    began: float
    record: Path | None = None  # a folder's counts; a check has none


_begun: list[subprocess.Popen[bytes]] = []


def _break_off() -> None:
    """End what is still at work when something else failed, so that its fixtures stop the brokers they started."""
    left = [process for process in _begun if process.poll() is None]
    for process in left:
        process.send_signal(signal.SIGINT)
    for process in left:
        try:
            process.wait(BREAK_OFF_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _output(records: Path, name: str) -> Path:
    return records / f"{name}.out"


def _start(command: Sequence[str], output: Path | None, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    if output is None:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env)
    else:
        with output.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=env, stdout=written, stderr=subprocess.STDOUT
            )
    _begun.append(process)
    return process


def _begin_check(name: str, output: Path | None = None) -> Running:
    if output is None:
        _heading(name)
    return Running(name, _start(CHECKS[name], output), output, time.monotonic())


def _begin(folder: str, records: Path, arguments: list[str], *, beside: bool = False) -> Running:
    if not beside:
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
    command = ["-m", "pytest", "-p", "tests.requirements_table", "--durations=8", *target, *arguments]
    output = _output(records, folder) if beside else None
    return Running(folder, _start(command, output, env), output, time.monotonic(), record)


def _end(running: Running) -> Part:
    code = running.process.wait()
    part = Part(running.name, seconds=time.monotonic() - running.began, record=running.record)
    if running.output is not None:
        _heading(f"{running.name} (ran beside the others)")
        print(running.output.read_text(errors="replace"), flush=True)
    if running.record is None:
        part.passed, part.failed = int(code == 0), int(code != 0)
        return part
    found = json.loads(running.record.read_text()) if running.record.exists() else {"counts": {}}
    part.count(found["counts"])
    if code not in (0, 5) and not part.failed:  # 5: the folder holds no tests
        part.failed = 1
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
    for test in [test for part in parts for test in part.unsteady]:
        print(f"unsteady: failed beside the others, passed alone: {test}")
    passed, failed = sum(part.passed for part in parts), sum(part.failed for part in parts)
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0
