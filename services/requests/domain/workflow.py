"""Which action is allowed in which state, and where it leads. A wrong state is refused loudly."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.errors import PortalError
from services.requests.domain.forms import Action, Form


def after(form: Form, status: str, action: str, actor: str) -> str:
    """Return the state that `action` by `actor` (client|staff|system) leads to from `status`.

    Raises PortalError forbidden (403) when the action is not this actor's, requests.wrong_state (409) when the
    state does not allow it; ValueError for an action this version of the form does not have.
    """
    known = form.actions.get(action)
    if known is None:
        raise ValueError(f"form {form.code} v{form.version} has no action {action}")
    if known.actor != actor:
        raise PortalError("forbidden")
    if status not in known.sources:
        label = form.states[status].label
        raise PortalError("requests.wrong_state", status_lv=label.lv, status_en=label.en, state=status)
    return known.target or status


def allowed(form: Form, status: str, actor: str, held: Iterable[str] = ()) -> list[Action]:
    """Return what `actor` may do now, in the order of the definition.

    `held` are a staff member's roles, or the rights a representative has for the whole client.
    """
    known = frozenset(held)
    return [
        action
        for action in form.actions.values()
        if action.actor == actor and status in action.sources and {action.role, action.right} <= known | {None}
    ]


def is_closed(form: Form, status: str) -> bool:
    """Tell whether the case has ended: nobody has the ball any more."""
    return form.states[status].ball == "nobody"
