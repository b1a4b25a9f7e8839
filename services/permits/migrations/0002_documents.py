"""A permit's parts as they are shown, written with them; and one search text a permit."""

from alembic import op

revision = "0002"
down_revision = "0001"

# Reading a permit is one row of permits and one of these, however many rows its parts are made of. The facts stay in
# their tables; the document is written in the same transaction as they are.
DOCUMENTS = """
CREATE TABLE permit_documents (
    permit_id uuid PRIMARY KEY REFERENCES permits,
    stations text NOT NULL,
    assignments text NOT NULL,
    equipment text NOT NULL
);
"""

FILL = """
INSERT INTO permit_documents (permit_id, stations, assignments, equipment)
SELECT p.id,
    coalesce((SELECT json_agg(x) FROM (SELECT station_no, site_no, name, address, cadastre_no, lat::text AS lat,
        lon::text AS lon, ground_m::text AS ground_m, structure_m::text AS structure_m FROM stations
        WHERE permit_id = p.id ORDER BY station_no LIMIT 100) x)::text, '[]'),
    coalesce((SELECT json_agg(x) FROM (SELECT a.assignment_no, a.station_no, s.name AS station_name, a.station_class,
        a.freq_mhz::text AS freq_mhz, a.rx_freq_mhz::text AS rx_freq_mhz, a.bandwidth_khz::text AS bandwidth_khz,
        a.emission, a.eirp_dbm::text AS eirp_dbm, a.tx_power_dbm::text AS tx_power_dbm, a.tolerance::text AS tolerance,
        n.polarization, n.make AS antenna_make, n.model AS antenna_model, n.gain_dbi::text AS gain_dbi,
        n.azimuth_deg::text AS azimuth_deg, n.height_m::text AS ant_height_m
        FROM (SELECT * FROM assignments WHERE permit_id = p.id ORDER BY assignment_no LIMIT 100) a
        JOIN stations s ON s.permit_id = a.permit_id AND s.station_no = a.station_no
        LEFT JOIN antennas n ON n.permit_id = a.permit_id AND n.antenna_no = a.antenna_no
        ORDER BY a.assignment_no) x)::text, '[]'),
    coalesce((SELECT json_agg(x) FROM (SELECT station_no, manufacturer, model, serial_no, count, conformity_doc
        FROM equipment WHERE permit_id = p.id ORDER BY equipment_no LIMIT 100) x)::text, '[]')
FROM permits p;
"""

# Words of one search may stand in the number, the holder and any station: one text, one index.
SEARCH = """
UPDATE permits p SET search = left(p.search || ' ' || s.words, 500000)
FROM (SELECT permit_id, string_agg(DISTINCT search, ' ') AS words FROM stations GROUP BY permit_id) s
WHERE s.permit_id = p.id;
DROP INDEX stations_search;
"""


def upgrade() -> None:
    for statement in (DOCUMENTS, FILL, SEARCH):
        op.get_bind().exec_driver_sql(statement)
