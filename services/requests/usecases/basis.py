"""What a client's access to the portal rests on here: cases that were submitted (S0-11, S1-56)."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.database import Database
from services.identity.messages import Basis, ClientBasis
from services.requests.messages import GetCaseBasis

_BASIS = sa.text("""
SELECT client_id, CASE WHEN bool_and(ball = 'nobody') THEN
    max(CAST(COALESCE(changed_at, submitted_at) AT TIME ZONE 'Europe/Riga' AS date)) END AS until
FROM cases WHERE client_id = ANY(:ids) AND submitted_at IS NOT NULL GROUP BY client_id
""")


def run(db: Database, request: GetCaseBasis) -> ClientBasis:
    """Return until when each client has something here; None while it goes on."""
    with db.reading() as connection:
        rows = connection.execute(_BASIS, {"ids": request.client_ids}).all()
    return ClientBasis(items=[Basis(client_id=row.client_id, until=row.until) for row in rows])
