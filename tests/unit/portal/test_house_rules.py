"""Rules of the house that no linter knows: what a rule may import, how long a file may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.paths import ROOT, SERVICES

PLAIN = {"chassis.errors", "chassis.money", "chassis.days", "chassis.text"}  # standard library only, themselves
LONGEST = 350


def tracked(*patterns: str) -> list[Path]:
    """Files of the clone that are kept under version control, or will be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git clone")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def imports(file: Path) -> Iterator[str]:
    """Every module a file imports, relative ones written out."""
    package = list(file.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{name.name}" if module == "chassis" else module for name in node.names)


@pytest.mark.parametrize("service", SERVICES)
def test_a_rule_imports_the_standard_library_and_what_is_as_plain(service):
    files = sorted((ROOT / "services" / service / "domain").rglob("*.py"))
    own = f"services.{service}.domain"
    foreign = {
        f"{file.relative_to(ROOT)} imports {module}"
        for file in files
        for module in imports(file)
        if module.split(".")[0] not in sys.stdlib_module_names
        and module not in PLAIN
        and not (module + ".").startswith(own + ".")
    }
    assert not foreign, "\n".join(sorted(foreign))


def test_what_is_called_plain_is_plain():
    for module in PLAIN:
        file = ROOT / (module.replace(".", "/") + ".py")
        foreign = [m for m in imports(file) if m.split(".")[0] not in sys.stdlib_module_names and m not in PLAIN]
        assert set(foreign) <= {"holidays"}, f"{module} imports {foreign}"


# nameko acknowledges failed handlers, waits for ever for answers, and its clients are for one thread (pitfalls 4, 5, 6,
# 8); psycopg 3 holds up every green thread (1); the broker's wrappers start a port mapper as another user (18).
REPLACED = ("nameko.rpc", "nameko.events", "nameko.standalone", "nameko.cli", "nameko.timer", "flask_nameko", "psycopg")
WRAPPERS = ("rabbitmqctl", "rabbitmq-plugins", "rabbitmq-diagnostics", "/usr/sbin/rabbitmq")


def test_what_the_chassis_replaces_is_not_used_beside_it():
    found = set()
    for file in tracked("chassis/*.py", "services/*.py", "gateway/*.py", "deploy/*.py", "examples/*.py"):
        for module in imports(file):
            if any(module == name or module.startswith(name + ".") for name in REPLACED):
                found.add(f"{file.relative_to(ROOT)} imports {module}")
        strings = (node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant))
        for text in strings:
            if isinstance(text, str) and text.startswith(WRAPPERS):
                found.add(f"{file.relative_to(ROOT)} runs {text}")
    assert not found, "\n".join(sorted(found))


def test_no_file_is_too_long_without_a_reason():
    long = []
    for file in tracked("*.py", "*.html", "*.css", "*.js", "*.typ", "*.sh", "portal"):
        text = file.read_text()
        if text.count("\n") > LONGEST and "lines because" not in text[:400].lower():
            long.append(f"{file.relative_to(ROOT)}: {text.count(chr(10))} lines")
    assert not long, "over 350 lines and no 'lines because ...' in the first comment:\n" + "\n".join(long)


def test_every_service_has_the_same_rooms():
    for service in SERVICES:
        rooms = ROOT / "services" / service
        for room in ("service.py", "usecases", "domain", "store/tables.py", "migrations", "README.md", "demo.py"):
            assert (rooms / room).exists(), f"{service} has no {room}"
        assert (rooms / "messages.py").exists() or (rooms / "messages").is_dir(), f"{service} has no messages"
