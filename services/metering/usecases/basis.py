"""What a client's access to the portal rests on here: contracts in force or ended (S0-11, S1-56)."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.database import Database
from services.identity.messages import Basis, ClientBasis
from services.metering.messages import GetContractBasis

_BASIS = sa.text("""
SELECT client_id, CASE WHEN bool_and(ended_on IS NOT NULL) THEN max(ended_on) END AS until
FROM contracts WHERE client_id = ANY(:ids) GROUP BY client_id
""")


def run(db: Database, request: GetContractBasis) -> ClientBasis:
    """Return until when each client has something here; None while it goes on."""
    with db.reading() as connection:
        rows = connection.execute(_BASIS, {"ids": request.client_ids}).all()
    return ClientBasis(items=[Basis(client_id=row.client_id, until=row.until) for row in rows])
