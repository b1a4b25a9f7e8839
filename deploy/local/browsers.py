"""The browser of the tests and benches: the one without a window first, which costs two thirds of the other."""

import shutil

from deploy.local.bootstrap import apt
from deploy.local.say import Trouble

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
WHAT_FOR = "the browser of the tests"


def program() -> str | None:
    """Return the path of a Chromium on this machine, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def provide() -> None:
    """Install a Chromium where there is none. Raises Trouble where we may not or cannot."""
    if program() is not None:
        return
    try:
        apt(["chromium-headless-shell", "fonts-noto-core"], WHAT_FOR)
    except Trouble:  # Debian before 12 has no such package
        apt(["chromium", "fonts-noto-core"], WHAT_FOR)
