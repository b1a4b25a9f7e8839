"""Every RPC method tried by everybody: who its rule does not name is refused before a word of the request is read."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from chassis.errors import PortalError
from chassis.messages import Done
from deploy import roles_table
from tests.contract.access import cast, tables
from tests.contract.access.cast import Knocker

REFUSALS = ("unauthenticated", "forbidden")


class _Unreadable:
    """What stands in the place of a request's fields: a list, which no request can be read from.

    So a caller who is let in gets as far as `invalid`, and nothing is done.
    """

    @staticmethod
    def to_json(_: object) -> bytes:
        return b"[]"


class _Knock:
    """The look of a request class, as far as the bus needs it."""

    service: ClassVar[str]
    method: ClassVar[str]
    timeout: ClassVar[float] = 10.0
    reply: ClassVar[Any] = Done
    __pydantic_serializer__ = _Unreadable()


def _knock(door: Any, token: str | None) -> str:
    """Return what the door says to a caller with this token and an unreadable request."""
    kind = type("Knock", (_Knock,), {"service": door.request.service, "method": door.request.method})
    try:
        cast.bus().call(kind(), token=token)
    except PortalError as error:
        return error.code
    return "ok"


@pytest.fixture(scope="module")
def knockers(people: list[Knocker]) -> list[Knocker]:
    return people + cast.services()


def _is_stale(door: Any, knocker: Knocker) -> bool:
    """Whether the door would have the knocker confirm first: a run may take longer than that holds."""
    try:
        door.allow.check(knocker.caller)
    except PortalError as error:
        return error.code == "step_up_needed"
    return False


def test_the_table_of_doors_is_the_reviewed_one() -> None:
    wanted = tables.DOORS_FILE.read_text()
    assert tables.doors_text() == wanted, "review, then: python -m tests.contract.access.tables"


def test_the_document_of_roles_is_written_from_the_doors() -> None:
    kept = tables.ROLES_FILE.read_text()
    assert roles_table.render(tables.doors()) == kept, "review, then: python -m tests.contract.access.tables"


@pytest.mark.parametrize("name", [door.rpc for door in tables.doors()])
def test_a_door_lets_in_whom_its_rule_names_and_nobody_else(name: str, knockers: list[Knocker]) -> None:
    door = next(door for door in tables.doors() if door.rpc == name)
    wrong = []
    for knocker in knockers:
        said = _knock(door, knocker.token)
        if door.allow.allows(knocker.caller):
            right = said == "invalid" or (said == "step_up_needed" and _is_stale(door, knocker))
        else:
            right = said == door.allow.refusal(knocker.caller).code
        if not right:
            wrong.append(f"{knocker.name}: {said}")
    assert not wrong, f"{name} ({door.allow}) answers {wrong}"


def test_a_token_nobody_signed_is_nobodys(people: list[Knocker]) -> None:
    token = next(knocker.token for knocker in people if knocker.token)
    assert token is not None
    head, body, signature = token.split(".")
    forged = f"{head}.{body}.{signature[:-6]}{'A' * 6}"
    for door in tables.doors():
        if not door.allow.open:
            assert _knock(door, forged) == "unauthenticated", door.rpc


def test_no_service_may_speak_as_a_person(people: list[Knocker]) -> None:
    """A service's own key signs a token that claims to be an administrator: refused by every service."""
    from pathlib import Path

    from chassis import tokens
    from tests import stack

    admin = next(knocker for knocker in people if knocker.name == "admin")
    key = tokens.load_key(str(Path(stack.endpoints()["keys"]) / "notifications.pem"))
    for issuer in ("service:notifications", "identity"):
        forged = tokens.sign(admin.caller, key, "service:notifications", 60, issuer)
        for door in tables.doors():
            if not door.allow.open:
                assert _knock(door, forged) == "unauthenticated", (door.rpc, issuer)
