"""What a client's access to the portal rests on here: permits that hold or held (S0-11, S1-56)."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.database import Database
from services.identity.messages import Basis, ClientBasis
from services.permits.domain.states import NO_END
from services.permits.messages import GetPermitBasis

_BASIS = sa.text("""
SELECT holder_client_id AS client_id,
    max(CASE WHEN status IN ('active', 'suspended') THEN ends_on ELSE LEAST(COALESCE(ended_on, ends_on), ends_on) END)
        AS until
FROM permits WHERE holder_client_id = ANY(:ids) GROUP BY holder_client_id
""")


def run(db: Database, request: GetPermitBasis) -> ClientBasis:
    """Return until when each client has something here; None while it goes on."""
    with db.reading() as connection:
        rows = connection.execute(_BASIS, {"ids": request.client_ids}).all()
    return ClientBasis(
        items=[Basis(client_id=row.client_id, until=None if row.until == NO_END else row.until) for row in rows]
    )
