"""Where permits keeps data about people: the register of permits in force stays, the past becomes nameless."""

# Conditions are put together from constants of this file.
# ruff: noqa: S608

from __future__ import annotations

from chassis.person_data import BLANK, NULL, PSEUDONYM, SCRUB, Declaration, Holding
from services.permits.store import import_tables
from services.permits.store.tables import metadata

assert import_tables  # its tables belong to the metadata

_RUNS = "status IN ('active', 'suspended') AND ends_on >= CURRENT_DATE"
_OWN = "holder_client_id = ANY(:clients)"
_PERMITS = f"SELECT id FROM permits WHERE {_OWN}"
_RUNNING = f"permit_id IN ({_PERMITS} AND {_RUNS})"
_ENDED = f"permit_id IN ({_PERMITS} AND NOT ({_RUNS}))"
_REGISTER = "register"

PERSONAL = Declaration(
    metadata,
    (
        Holding(
            "permits", f"{_OWN} AND {_RUNS}", ("Spēkā esošās atļaujas", "Permits in force"),
            plain="permit_no permit_kind service_kind register_code status call_sign conditions previous_permit_no"
            " case_no source content_hash",
            keep=dict.fromkeys(("holder_name", "holder_sort", "search", "place"), _REGISTER),
        ),
        Holding(
            "permits", f"{_OWN} AND NOT ({_RUNS})", ("Beigušās atļaujas", "Permits that ended"),
            erase={"holder_name": PSEUDONYM, "holder_sort": BLANK, "search": "lower(permit_no)", "place": NULL},
            reason="decision",
        ),
        Holding(
            "stations", _RUNNING, ("Stacijas", "Stations"), plain="site_no",
            keep=dict.fromkeys(("name", "address", "cadastre_no", "search"), _REGISTER),
        ),
        Holding(
            "stations", _ENDED, ("Beigušos atļauju stacijas", "Stations of permits that ended"),
            erase={"name": NULL, "address": NULL, "cadastre_no": NULL, "lat": NULL, "lon": NULL, "search": BLANK},
        ),
        Holding("antennas", f"{_RUNNING} OR {_ENDED}", ("Antenas", "Antennas"), plain="make model polarization"),
        Holding("assignments", f"{_RUNNING} OR {_ENDED}", ("Frekvenču piešķīrumi", "Frequency assignments"),
                plain="station_class emission"),
        Holding("equipment", f"{_RUNNING} OR {_ENDED}", ("Iekārtas", "Equipment"),
                plain="manufacturer model serial_no conformity_doc"),
        Holding(
            "permit_documents", _RUNNING, ("Atļauju lapas", "Pages of permits"), export=False,
            plain="assignments equipment", keep={"stations": _REGISTER},
        ),
        Holding("permit_documents", _ENDED, ("Beigušos atļauju lapas", "Pages of permits that ended"), export=False,
                erase={"stations": "'[]'"}),
        Holding(
            "permit_history", f"{_RUNNING} OR {_ENDED}", ("Atļauju vēsture", "History of permits"),
            plain="what status source actor", erase={"note": SCRUB, "changes": SCRUB},
        ),
        Holding(
            "import_rows", f"permit_no IN (SELECT permit_no FROM permits WHERE {_OWN})",
            ("Reģistra rindas, ko ielasa", "Rows of the register being read"), export=False,
            plain="permit_no row_hash head_hash status service_kind register_code permit_kind call_sign holder_kind"
            " site_no station_class antenna_make antenna_model polarization emission",
            keep=dict.fromkeys(
                ("holder_name", "holder_ref", "holder_sort", "head_search", "site_search", "site_name", "address",
                 "cadastre_no"), _REGISTER),
        ),
        Holding(
            "import_problems", f"permit_no IN (SELECT permit_no FROM permits WHERE {_OWN})",
            ("Reģistra kļūdas", "Problems of the register"), plain="permit_no column_name code severity",
            erase={"value": SCRUB, "params": SCRUB},
        ),
        Holding(
            "register_holders", f"client_id = ANY(:clients) AND EXISTS ({_PERMITS} AND {_RUNS})",
            ("Atļauju turētājs", "Holder of permits"), plain="kind", keep={"ref": _REGISTER, "name": _REGISTER},
        ),
        Holding(
            "register_holders", f"client_id = ANY(:clients) AND NOT EXISTS ({_PERMITS} AND {_RUNS})",
            ("Bijušais atļauju turētājs", "Former holder of permits"), delete=True,
        ),
        Holding("imports", "started_by = :user", ("Sāktās ielasīšanas", "Imports that were started"),
                plain="name status error_code error_params", keep={"started_by_name": "duty"}),
        Holding("blob_chunks", "false", ("Reģistra faili", "Files of the register"), export=False,
                keep={"data": _REGISTER}),
    ),
    nobody={
        "permit_reminders": "days only",
        "import_permits": "numbers of permits and what became of them",
    },
    obligations={"permit": f"SELECT permit_no FROM permits WHERE {_OWN} AND {_RUNS} ORDER BY permit_no"},
)  # fmt: skip
