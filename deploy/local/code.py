"""A fingerprint of the code that a process runs: after `git pull`, `./portal up` restarts what has changed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.local.processes import OF_THE_SHELL, Process

SHARED = ("requirements.lock", "deploy/local/processes.py", "deploy/local/run.py")
NOT_CODE = {"__pycache__", "tests"}
KINDS = {".py", ".html", ".txt", ".po", ".css", ".js", ".mjs", ".typ", ".json", ".svg", ".csv", ".sql", ".lock"}


def fingerprint(process: Process) -> str:
    """Hash over the files of the process and over its settings."""
    settings = sorted(item for item in process.env.items() if item[0] not in OF_THE_SHELL)
    digest = hashlib.sha256(repr((settings, process.command)).encode())
    for file in sorted(set(_files(process))):
        digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _files(process: Process) -> Iterator[Path]:
    if process.kind == "store":
        return
    roots = [ROOT / path for path in (*SHARED, *process.source)]
    if process.kind == "suite":
        roots += sorted((ROOT / "services").glob("*/messages*"))
    for root in roots:
        if root.is_file():
            yield root
        elif root.is_dir():
            yield from (file for file in root.rglob("*") if file.suffix in KINDS and not NOT_CODE & set(file.parts))
