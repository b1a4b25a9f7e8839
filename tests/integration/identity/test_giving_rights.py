"""Who lost the right to give rights gives none, whatever the token said at the door."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from services.identity.messages import AddRepresentation, GiveRight, WithdrawClient
from services.identity.tools import Tools
from services.identity.usecases import represent, withdraw_client
from tests.integration.identity.conftest import People, code_of


@pytest.mark.requirement("S1-55", "S3-10")
def test_nobody_is_added_by_a_main_user_whose_client_gave_up_the_portal(
    db: Database, tools: Tools, people: People
) -> None:
    bus: Any = None  # rights for the whole client are named by nobody else
    client, main = people.client(), people.user()
    people.represents(main, client)
    caller = people.caller(people.sign_in(main))

    def add(email: str) -> Any:
        asked = AddRepresentation(name="Kolēģe", email=email, rights=[GiveRight(right="permits.see")])
        return represent.add(db, tools, bus, asked, caller)

    assert add("pirms@example.com").role == "additional"
    assert len(withdraw_client.run(db, WithdrawClient(confirmed=True), caller).users) == 2
    assert code_of(lambda: add("pec@example.com")) == "forbidden"


@pytest.mark.requirement("S1-55")
def test_a_signed_withdrawal_names_at_once_all_that_is_missing(db: Database, people: People) -> None:
    clerk = Caller(kind="staff", user=people.user("staff").id, roles=frozenset({"customer_service"}))
    with pytest.raises(PortalError) as refused:
        withdraw_client.run(db, WithdrawClient(client_id=people.client()), clerk)
    assert [one.field for one in refused.value.errors] == ["channel", "received_on", "confirmed"]
