"""Names of what stands on every timeline, whatever the form."""

from __future__ import annotations

from services.requests.domain.forms import Form, Localised

EVERYWHERE = {
    "invoice_issued": Localised("Izrakstīts rēķins", "Invoice issued"),
    "permit_late": Localised("Atļauja vēl nav izsniegta", "The permit has not been issued yet"),
    "contract_late": Localised("Līgums vēl nav noslēgts", "The contract has not been concluded yet"),
    "note": Localised("Darbinieka piezīme", "Staff note"),
}


def label(form: Form, action: str) -> Localised:
    """Return the name of an action or event on the timeline of a case of this form."""
    known = form.actions.get(action)
    if known is not None:
        return known.label
    return EVERYWHERE.get(action, Localised(action, action))
