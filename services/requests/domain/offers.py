"""Whom a form is offered to (S1-22): some kinds of request only a legal person may make.

Not part of a form's definition: a published version never changes, whom it is offered to may.
"""

from __future__ import annotations

from collections.abc import Mapping

# Fixed links are run by merchants of electronic communications; natural persons ask in free form.
ONLY_FOR: Mapping[str, str] = {"fixed_link": "legal"}


def offered(form: str, client_kind: str | None) -> bool:
    """Tell whether a client of this kind is offered a form; None stands for staff, who see all."""
    return client_kind is None or ONLY_FOR.get(form, client_kind) == client_kind
