"""Actions of the audit trail and what they were done to, in words: whatever a service records can be read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from services.identity.messages.trail_words import ACTIONS, KINDS, OBJECTS, VERBS, action_words, object_words
from services.identity.usecases.sweep import REASONS

SERVICES = ("identity", "permits", "metering", "billing", "requests", "notifications")
IMPORTING = ("identity", "permits")
RECORDS = ("audit", "disclosed", "refused", "record")
# What is not written out where it is recorded: by file and expression, what it can be. A new one stops the test.
COMPUTED: dict[tuple[str, str], set[str]] = {
    ("approvals.py", "f'identity.approval.{_VERBS[state]}'"): {
        f"identity.approval.{verb}" for verb in ("approve", "refuse", "withdraw")
    },
    ("dead_letters.py", "action"): {f"{s}.dead_letters.{verb}" for s in SERVICES for verb in ("redrive", "discard")},
    ("kit.py", "f'{self.service}.import.start'"): {f"{s}.import.start" for s in IMPORTING},
    ("kit.py", "f'{self.service}.import.hand_over'"): {f"{s}.import.hand_over" for s in IMPORTING},
    ("kit.py", "f'{self.service}.import.report'"): {f"{s}.import.report" for s in IMPORTING},
    ("kit.py", "f'{self.service}.import.close'"): {f"{s}.import.close" for s in IMPORTING},
    ("work.py", "f'{job.kit.service}.import.apply'"): {f"{s}.import.apply" for s in IMPORTING},
    ("person_erasing.py", "f'{unit.service}.person.erase'"): {f"{s}.person.erase" for s in SERVICES},
    ("proving.py", "action"): {"identity.session.second_factor", "identity.session.step_up"},
    ("represent.py", "action"): {"identity.representation.grant", "identity.representation.change"},
    ("save_price_list.py", "f'billing.price_list.{verb}'"): {
        f"billing.price_list.{verb}" for verb in ("create", "publish", "drop")
    },
    ("send.py", "f\"notifications.delivery.{('send' if row.status == SENT else 'give_up')}\""): {
        "notifications.delivery.send", "notifications.delivery.give_up"
    },
    ("sign_in.py", "on"): {"user", "address"},
    ("staff_moves.py", "f'requests.case.{action}'"): {
        f"requests.case.{move}" for move in ("take", "ask_information", "approve", "refuse", "complete")
    },
    ("staff_roles.py", "f'identity.role.{verb}'"): {"identity.role.grant", "identity.role.revoke"},
    ("step_up.py", "action"): {"identity.session.second_factor", "identity.session.step_up"},
    ("sweep.py", "kind"): set(REASONS),
}  # fmt: skip
# They write in what their callers, or the demonstration's own table, give them.
FRAMES = ("chassis/database.py", "chassis/unit_of_work.py", "chassis/audit.py", "services/requests/demo.py")


def said(path: Path, whole: ast.AST, scope: ast.AST, node: ast.expr, *, kind: bool = False) -> set[str]:
    """Return what an expression can be: an action, or with `kind` the first part of what it was done to."""
    if kind and isinstance(node, ast.Tuple):
        return said(path, whole, scope, node.elts[0])
    if isinstance(node, ast.Constant):
        return set() if node.value is None else {str(node.value)}
    if isinstance(node, ast.IfExp):
        return said(path, whole, scope, node.body, kind=kind) | said(path, whole, scope, node.orelse, kind=kind)
    if isinstance(node, ast.Name):
        for place in (scope, whole):
            given = list(assigned(place, node.id))
            if given:
                return set().union(*(said(path, whole, scope, one, kind=kind) for one in given))
    written = ast.unparse(node)
    assert (path.name, written) in COMPUTED, f"{path}: {written} is recorded; say in COMPUTED what it can be"
    return COMPUTED[(path.name, written)]


def assigned(place: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what is assigned to a name, also as one of several."""
    for one in (node for node in ast.walk(place) if isinstance(node, ast.Assign)):
        for target in one.targets:
            if isinstance(target, ast.Name) and target.id == name:
                yield one.value
            if isinstance(target, ast.Tuple) and isinstance(one.value, ast.Tuple):
                pairs = zip(target.elts, one.value.elts, strict=True)
                yield from (value for part, value in pairs if isinstance(part, ast.Name) and part.id == name)


@pytest.fixture(scope="module")
def recorded() -> tuple[set[str], set[str]]:
    """Every action and every kind of object in the code of a service."""
    actions: set[str] = set()
    kinds: set[str] = set()
    for path in (file for folder in ("services", "chassis") for file in sorted((ROOT / folder).rglob("*.py"))):
        text = path.read_text()
        if str(path.relative_to(ROOT)) in FRAMES or not any(f".{name}(" in text for name in RECORDS):
            continue
        whole = ast.parse(text)
        for scope in (node for node in ast.walk(whole) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
                on = [word.value for word in call.keywords if word.arg == "on"]
                name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
                if name in ("audit", "disclosed") and call.args:
                    actions |= said(path, whole, scope, call.args[0])
                elif name in RECORDS and on:
                    actions |= said(path, whole, scope, call.args[-1] if name == "record" else call.args[0])
                kinds |= set().union(*(said(path, whole, scope, one, kind=True) for one in on if name in RECORDS))
    return actions, kinds


def test_every_action_that_is_recorded_can_be_searched(recorded: tuple[set[str], set[str]]) -> None:
    actions, _ = recorded
    assert len(actions) > 150
    assert sorted(actions - set(ACTIONS)) == []


def test_every_action_has_words_and_no_word_is_left_over() -> None:
    used = [action.split(".") for action in ACTIONS]
    assert {thing for _, thing, _ in used} == set(OBJECTS) and {verb for _, _, verb in used} == set(VERBS)


def test_every_kind_of_object_has_words_in_both_languages(recorded: tuple[set[str], set[str]]) -> None:
    _, kinds = recorded
    assert len(kinds) > 30 and sorted(kinds - set(OBJECTS) - set(KINDS)) == []
    assert sorted(set(KINDS) - kinds) == [], "words nobody needs"
    assert not set(KINDS) & set(OBJECTS), "one word for one kind"
    assert object_words("provider", "lv") == "Vienotās pieteikšanās sniedzējs" and object_words("x", "en") == "x"


@pytest.mark.parametrize(
    ("language", "words"), [("lv", "Lietotājs: bloķēšana"), ("en", "User: blocked")]
)  # fmt: skip
def test_an_action_in_words(language: str, words: str) -> None:
    assert action_words("identity.user.block", language) == words
    assert action_words("probe.thing.made", language) == "probe.thing.made"
