"""Whose cases a call reaches: the client's, and of these the ones a limited right is for."""

from __future__ import annotations

from uuid import UUID

from chassis.access import only, scoped_client
from chassis.caller import Caller, Objects


def reach(caller: Caller) -> tuple[UUID | None, Objects | None]:
    """Return client and named objects for `store.cases`; None where there is no limit."""
    return scoped_client(caller), only(caller, "requests.submit")
