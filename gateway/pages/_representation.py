"""The form in which rights to act for a client are given: by its main user and by staff."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chassis.errors import FieldError, PortalError
from gateway.forms import Form, Model
from services.identity.messages import LIMITABLE, GiveRight, NameObject, Representation

# In the order in which they are asked; the last two are for main users only.
RIGHTS = (
    "permits.see", "finance.see", "finance.pay", "requests.submit", "readings.submit", "users.manage",
    "contracts.conclude",
)  # fmt: skip
MOST_LINES = 200


def initial(held: Representation | None, **values: Any) -> dict[str, Any]:
    """Return what the form shows at first: what the person may do now."""
    shown: dict[str, Any] = {"language": "lv", "role": "additional"} | values
    if held is None:
        return shown
    grants = {grant.right: grant.objects for grant in held.grants}
    for right in RIGHTS:
        shown[_field(right)] = "" if right not in grants else "named" if grants[right] else "client"
    for kind in ("permit", "contract"):
        numbers = {one.number: None for objects in grants.values() for one in objects if one.kind == kind}
        shown[f"{kind}s"] = "\n".join(numbers)
    return shown | {
        "version": held.version, "valid_from": held.valid_from, "valid_to": held.valid_to,
        "ground": "" if held.ground == "main_user" else held.ground,
    }  # fmt: skip


def mixed(held: Representation) -> bool:
    """Tell whether the limited rights are for different objects, which only the API can give."""
    sets = [{(one.kind, one.object_id) for one in grant.objects} for grant in held.grants if grant.objects]
    return any(
        {one for one in mine if one[0] in LIMITABLE[right]} != {one for one in union if one[0] in LIMITABLE[right]}
        for union in [set().union(*sets)]
        for right, mine in ((g.right, {(o.kind, o.object_id) for o in g.objects}) for g in held.grants if g.objects)
    )


def rights_of(form: Form, *, main: bool) -> list[GiveRight]:
    """Return the rights as chosen. Raises PortalError for a right limited to named objects when none is named."""
    named = {kind: list(_numbers(form.text(f"{kind}s"))) for kind in ("permit", "contract")}
    found = []
    for right in RIGHTS if main else tuple(LIMITABLE):
        scope = form.text(_field(right))
        if scope == "client":
            found.append(GiveRight(right=right))
        elif scope == "named":
            kinds = LIMITABLE.get(right, ())
            objects = [NameObject(kind=kind, number=number) for kind in kinds for number in named[kind]]
            if not objects:
                raise PortalError("identity.objects_needed", field="contracts" if kinds == ("contract",) else "permits")
            found.append(GiveRight(right=right, objects=objects))
    return found


def read(form: Form, model: type[Model], *, main: bool, **fixed: Any) -> Model:
    """Return the form with its rights as a request. Raises PortalError naming everything that is wrong at once."""
    faults: list[FieldError] = []
    rights: list[GiveRight] = []
    try:
        rights = rights_of(form, main=main)
    except PortalError as error:
        faults.append(FieldError(error.field or "permits", error.code))
    try:
        found = form.read(model, rights=rights, **fixed)
    except PortalError as error:
        raise PortalError.many([*error.errors, *faults]) from error
    if faults:
        raise PortalError.many(faults)
    return found


def _field(right: str) -> str:
    return f"right.{right}"


def _numbers(text: str) -> Iterable[str]:
    lines = [line.strip().rstrip(",;") for line in text.splitlines()]
    return list(dict.fromkeys(line[:200] for line in lines if line))[:MOST_LINES]
