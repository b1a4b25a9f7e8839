"""Hashing and drawing leave the event loop (pitfall 16): others are served while they compute.

In a process of its own, because whoever asks eventlet for its loop keeps it.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deploy.local.paths import ROOT

WATCH = """
import eventlet

turns = 0
def others():
    global turns
    while True:
        turns += 1
        eventlet.sleep(0)

def during(work):
    eventlet.spawn(others)
    eventlet.sleep(0)
    before = turns
    work()
    return turns - before
"""
HASHING = """
from services.identity.hashing import Hasher
from services.identity.settings import IdentitySettings
hasher = Hasher(IdentitySettings())
kept = hasher.hash("Parole-2026")
print(during(lambda: hasher.matches(kept, "Parole-2026")))
"""
# The renderer itself is exchanged for one that only computes: what is watched is who runs it.
DRAWING = """
from types import SimpleNamespace
from unittest import mock
from services.billing.usecases import invoice_pdf as usecase

def compute(invoice, language):
    return b"%PDF" if sum(range(3_000_000)) else b""

invoice = SimpleNamespace(invoice_id=1, number="X")
with mock.patch.object(usecase.invoice_pdf, "render", compute), mock.patch.object(usecase, "invoices") as store:
    store.document.return_value = None
    print(during(lambda: usecase._body(mock.MagicMock(), invoice, "lv", None)))
"""


@pytest.mark.parametrize("work", [HASHING, DRAWING], ids=["hashing", "drawing"])
def test_others_have_their_turns_while_it_computes(work: str) -> None:
    env = os.environ | {"PROFILE": "local"}
    command = [sys.executable, "-c", WATCH + work]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
