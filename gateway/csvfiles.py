"""Lists as CSV files, streamed page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response, get_template_attribute, stream_with_context

from chassis.cells import MARK, csv_line
from chassis.days import RIGA, riga_today
from gateway.bus import call
from gateway.i18n import gettext as _

# One file is one stream; who needs more narrows the days.
MOST_PAGES = 1000


def streamed(asked: Any, name: str, header: Sequence[str], cells: Callable[[Any], Sequence[Any]]) -> Response:
    """Return a whole list, `asked` with its largest pages, as a file; `cells` are the cells of one item."""
    first = call(asked)

    def lines() -> Iterator[str]:
        yield MARK + csv_line(header)
        found = first
        for _number in range(MOST_PAGES):
            yield "".join(csv_line(cells(item)) for item in found.items)
            if found.next is None:
                return
            found = call(asked.model_copy(update={"after": found.next}))

    response = Response(stream_with_context(lines()), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{riga_today().isoformat()}.csv"'
    return response


def disclosures(asked: Any) -> Response:
    """Return who looked at somebody's data, in the words of the page, with the object's number for who asks further."""
    looker = get_template_attribute("components/identity.html", "looker")
    looked_at = get_template_attribute("components/identity.html", "looked_at")
    header = (_("Time"), _("Person"), _("Who that is"), _("Data"), _("Object"), _("By which right"), _("Action"))

    def cells(row: Any) -> Sequence[Any]:
        at = row.at.astimezone(RIGA).strftime("%Y-%m-%d %H:%M:%S")
        what, data = str(looker(row.as_what)), str(looked_at(row))
        return (at, row.who, what, data, row.object_id, row.right, row.action)

    return streamed(asked, _("who-looked"), header, cells)
