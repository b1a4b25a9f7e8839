"""Reads of exports, part by part along a key."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.permits.store.reading import conditions
from services.permits.store.tables import permits, stations

_p, _s = permits.c, stations.c


@lru_cache(maxsize=128)
def station_points(shape: tuple[Any, ...], onward: bool) -> sa.Select[Any]:
    """Return the statement of one part of a GeoJSON export: stations with a position, by permit and number."""
    statement = (
        sa.select(
            _p.permit_no, _p.status, _p.valid_from, _p.valid_to, _p.service_kind, _p.holder_name,
            _s.permit_id, _s.station_no, _s.site_no, _s.name, _s.address, _s.lat, _s.lon, _s.ground_m, _s.structure_m,
        )
        .join(stations, _s.permit_id == _p.id)
        .where(*conditions(*shape), _s.lat.is_not(None), _s.lon.is_not(None))
        .order_by(_p.permit_no, _s.station_no)
        .limit(sa.bindparam("limit"))
    )  # fmt: skip
    if onward:
        last = sa.tuple_(sa.bindparam("after_no", type_=sa.Text), sa.bindparam("after_station", type_=sa.Integer))
        statement = statement.where(sa.tuple_(_p.permit_no, _s.station_no) > last)
    return statement


_ONE = _p.id == sa.bindparam("permit_id", type_=sa.UUID(as_uuid=True))
STATIONS_OF_ONE = station_points((False, None, None, False, False, False), True).where(_ONE)

ASSIGNMENTS_OF_ONE = sa.text("""
SELECT a.assignment_no, a.station_no, s.name AS station_name, s.lat, s.lon, a.freq_mhz, a.rx_freq_mhz, a.bandwidth_khz,
    a.emission, a.eirp_dbm, a.tolerance, n.polarization, n.make AS antenna_make, n.model AS antenna_model, n.gain_dbi,
    n.azimuth_deg, n.height_m AS ant_height_m
FROM (SELECT * FROM assignments WHERE permit_id = :permit_id AND assignment_no > :after
      ORDER BY assignment_no LIMIT :limit) a
JOIN stations s ON s.permit_id = a.permit_id AND s.station_no = a.station_no
LEFT JOIN antennas n ON n.permit_id = a.permit_id AND n.antenna_no = a.antenna_no
ORDER BY a.assignment_no
""")
