"""Actions of the audit trail in words: whatever a service records can be read and searched."""

from __future__ import annotations

import re

import pytest

from deploy.local.paths import ROOT
from services.identity.messages.trail_words import ACTIONS, OBJECTS, VERBS, action_words

RECORDED = re.compile(r"(?:audit|disclosed)\(\s*\"([a-z]+\.[a-z_]+\.[a-z_]+)\"")


def recorded() -> set[str]:
    """Every action named in the code of a service."""
    files = [path for folder in ("services", "chassis") for path in (ROOT / folder).rglob("*.py")]
    return {action for path in files for action in RECORDED.findall(path.read_text())}


def test_every_action_that_is_recorded_can_be_searched() -> None:
    assert len(recorded()) > 100
    assert sorted(recorded() - set(ACTIONS)) == []


def test_every_action_has_words_and_no_word_is_left_over() -> None:
    used = [action.split(".") for action in ACTIONS]
    assert {thing for _, thing, _ in used} == set(OBJECTS) and {verb for _, _, verb in used} == set(VERBS)


@pytest.mark.parametrize(
    ("language", "words"), [("lv", "Lietotājs: bloķēšana"), ("en", "User: blocked")]
)  # fmt: skip
def test_an_action_in_words(language: str, words: str) -> None:
    assert action_words("identity.user.block", language) == words
    assert action_words("probe.thing.made", language) == "probe.thing.made"
