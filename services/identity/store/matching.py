"""The clients that numbers lead to, with every code they have or had; one statement, whatever is found."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.matching import Claim, Known

# Three candidates say as much as three hundred: that the numbers do not name one client.
_CANDIDATES = sa.text("""
SELECT c.id, c.kind, c.name, k.kinds, k.values
FROM clients c
JOIN LATERAL (
    SELECT array_agg(x.kind) AS kinds, array_agg(x.value) AS values FROM client_codes x WHERE x.client_id = c.id
) k ON true
WHERE c.id IN (
    SELECT w.client_id FROM client_codes w
    JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS g(kind, value)
        ON w.kind = g.kind AND w.value = g.value
    UNION SELECT unnest(CAST(:ids AS uuid[]))
)
ORDER BY c.id LIMIT 3
""")


def candidates(reader: sa.Connection | Session, claim: Claim, also: Collection[object] = ()) -> list[Known]:
    """Return the clients any number of the claim leads to, and those of `also` by id."""
    codes = claim.codes()
    ids = [str(one) for one in (*(claim.contracts or ()), *also)]
    rows = reader.execute(
        _CANDIDATES, {"kinds": [kind for kind, _ in codes], "values": [value for _, value in codes], "ids": ids}
    ).all()
    return [
        Known(row.id, row.kind, row.name, frozenset(zip(row.kinds or (), row.values or (), strict=True)))
        for row in rows
    ]
