"""What a client's access rests on here."""

from __future__ import annotations

from chassis.messages import Request
from services.identity.messages import ClientBasis, ClientIds


class GetCaseBasis(Request[ClientBasis], rpc="requests.case_basis", timeout=15.0):
    """Which clients have a case that is open, or had one until a day; drafts do not count (S0-11, S1-56)."""

    client_ids: ClientIds
