"""What the command line prints: progress with elapsed seconds, and errors of one sentence. Standard library only."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# the command goes on as another program once its Python environment is there; the clock goes on too
_BEGAN = float(os.environ.setdefault("PORTAL_BEGAN", str(time.time())))


class Trouble(Exception):
    """Something the person at the keyboard can act on: one clear sentence, no traceback."""


def line(text: str) -> None:
    """Print one line of progress, stamped with the seconds since the command began."""
    print(f"[{time.time() - _BEGAN:6.1f} s] {text}", flush=True)


@contextmanager
def step(text: str, first: float = 5.0) -> Iterator[None]:
    """Announce a step and, while it lasts, say now and then that it is still going: after 5 s, 10 s, 20 s, 40 s."""
    line(text + " ...")
    began, over = time.monotonic(), threading.Event()

    def tick() -> None:
        pause = first
        while not over.wait(pause):
            pause = min(time.monotonic() - began, 60.0)
            line(f"  ... still: {text} ({time.monotonic() - began:.0f} s)")

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def fail(text: str) -> int:
    """Print the sentence of a Trouble on stderr; the exit code of the command."""
    print(f"\nportal: {text}", file=sys.stderr, flush=True)
    return 1
