"""The errors permits answers with, and those a register file is reported with."""

from __future__ import annotations

from chassis.errors import ErrorTable
from chassis.imports.errors import SENTENCES

ERRORS = ErrorTable(
    "permits",
    {
        **SENTENCES,
        "wrong_state": (
            409,
            "Atļaujas stāvoklī “{state}” tas nav iespējams.",
            "Not possible while the permit is {state}.",
        ),
        "emission_malformed": (
            422,
            "“{value}” nav emisijas apzīmējums (piemēram, 28M0D7W).",
            "“{value}” is not an emission designator (for example 28M0D7W).",
        ),
        "number_malformed": (422, "“{value}” nav skaitlis.", "“{value}” is not a number."),
        "date_malformed": (422, "“{value}” nav datums.", "“{value}” is not a date."),
        "out_of_range": (
            422,
            "Vērtība {value} nav robežās no {low} līdz {high}.",
            "{value} is not between {low} and {high}.",
        ),
        "ends_before_start": (422, "Derīguma termiņš beidzas, pirms tas sākas.", "The validity ends before it starts."),
        "unknown_status": (422, "Nezināms statuss “{value}”.", "Unknown status “{value}”."),
        "unknown_service": (422, "Nezināms sakaru veida kods “{value}”.", "Unknown service code “{value}”."),
        "unknown_polarization": (422, "Nezināma polarizācija “{value}”.", "Unknown polarization “{value}”."),
        "half_a_position": (
            422,
            "Dots tikai viens no platuma un garuma.",
            "Only one of latitude and longitude is given.",
        ),
        "rows_disagree": (
            422,
            "Atļaujas {permit_no} rindās atšķiras “{column}”.",
            "The rows of permit {permit_no} differ in “{column}”.",
        ),
        "held_by_decision": (
            422,
            "Atļauju {permit_no} izdevis portāls; reģistra datne to nemaina.",
            "Permit {permit_no} was issued by the portal; a register file does not change it.",
        ),
        "case_without_parameters": (
            422,
            "Pieprasījumā trūkst “{column}”; atļauju nevar izdot.",
            "The request lacks “{column}”; the permit cannot be issued.",
        ),
    },
)
