"""People who come by Latvija.lv or by a bank, and what became of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.errors import PortalError
from services.identity.messages import (
    LoginFinished,
)
from tests.integration.identity.outside.conftest import Door, state_of
from tests.integration.identity.outside.openid import OpenId
from tests.integration.identity.outside.sts import Pair, assertion, response, signed


def email() -> str:
    return f"new{uuid.uuid4().hex[:10]}@example.com"


class Person:
    """Somebody who comes by Latvija.lv (`wsfed`) or by a bank (`oidc`)."""

    def __init__(self, door: Door, op: OpenId, pair: Pair) -> None:
        self.door, self.op, self.pair = door, op, pair

    def by_state(self, code: str, **how: Any) -> tuple[LoginFinished, str]:
        begun = {name: how.pop(name) for name in ("purpose", "contract_no", "caller") if name in how}
        url, browser = self.door.begin("latvija", **begun)
        token = signed(assertion(**{"subject": f"PK:{code}", "codes": (code,)} | how), self.pair)
        answer = {"wa": "wsignin1.0", "wctx": state_of(url, "wctx"), "wresult": response(token)}
        return self.door.come_back("latvija", browser, answer), browser

    def by_bank(self, code: str, given_name: str = "Žanis", surname: str = "Šķēle", **how: Any) -> Any:
        self.op.claims = {
            "sub": f"bank-{code}", "serial_number": code, "given_name": given_name, "family_name": surname,
        }  # fmt: skip
        url, browser = self.door.begin("bank", **how)
        return self.door.come_back("bank", browser, self.op.visit(url)), browser


def refused(work: Callable[..., Any], *args: Any, **how: Any) -> str:
    with pytest.raises(PortalError) as caught:
        work(*args, **how)
    return caught.value.code.removeprefix("identity.")


def users_of(world: Person, client_id: uuid.UUID) -> list[Any]:
    statement = sa.text(
        "SELECT r.role, u.kind, u.status, u.email, count(x.*) AS rights FROM representations r "
        "JOIN users u ON u.id = r.user_id JOIN representation_rights x ON x.representation_id = r.id "
        "WHERE r.client_id = :client GROUP BY 1, 2, 3, 4"
    )
    with world.door.db.reading() as connection:
        return list(connection.execute(statement, {"client": client_id}))
