"""The folder where the workers keep their metrics, so that the health process can add them up."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "gateway-metrics-"


def make() -> str:
    """Return a fresh folder of this process, and clear away those that killed predecessors left behind."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = old.name[len(PREFIX) :].split("-", 1)[0]
        if not pid.isdigit() or not Path(f"/proc/{pid}").exists():
            shutil.rmtree(old, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")


def remove() -> None:
    """Delete this process's folder at its end; one that came from outside is left alone."""
    folder = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""))
    if folder.name.startswith(f"{PREFIX}{os.getpid()}-"):
        shutil.rmtree(folder, ignore_errors=True)
