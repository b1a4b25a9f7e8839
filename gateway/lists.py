"""Lists: search, filters, sorting and paging by key, read from the address and turned into a request model.

    listing = Listing.of_request(ListInvoices, sorts=("-issued", "issued", "total"), filters=("status",))
    page = call(listing.request)
    return render("pages/billing/invoices.html", listing=listing, page=page)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from flask import request
from pydantic import ValidationError

from chassis.errors import PortalError
from chassis.messages import Request
from chassis.validation import error_of
from gateway.forms import typed
from gateway.views import query_with
from gateway.work import current

Asked = TypeVar("Asked", bound=Request[Any])
DEFAULT_LIMIT = 25
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # nobody types them; an address may hold them
TRAIL_LIMIT = 40


def search_field(model: type[Request[Any]]) -> str | None:
    """Return how a request model calls its search word; in addresses it is always `query`."""
    return next((name for name in ("query", "search", "q") if name in model.model_fields), None)


class Listing(Generic[Asked]):
    """One list as asked for: `request` for the service, and what the template needs for its controls."""

    def __init__(self, asked: Asked, sorts: Sequence[str], filters: Sequence[str], wrong: PortalError | None) -> None:
        self.request = asked
        self.sorts = tuple(sorts)
        self.filters = tuple(filters)
        self.wrong = wrong
        language = current().language
        self.errors: dict[str, str] = {}
        for one in wrong.errors if wrong is not None else ():
            self.errors.setdefault(one.field.split(".")[0], PortalError(one.code, **one.params).sentence(language))
        self.trail = [part for part in request.args.get("trail", "").split("~") if part][-TRAIL_LIMIT:]

    @classmethod
    def of_request(
        cls,
        model: type[Asked],
        *,
        sorts: Sequence[str] = (),
        filters: Sequence[str] = (),
        limit: int = DEFAULT_LIMIT,
        **fixed: Any,
    ) -> Listing[Asked]:
        """Read search word (`query`), filters, `sort` and `after` from the address.

        A value that is no good is left out, never an error page: `errors` says so beside its field, what was typed
        stays typed.
        """
        data: dict[str, Any] = {}
        word = search_field(model)
        if word is not None and (typed_word := _CONTROL.sub(" ", request.args.get("query", "")).strip()):
            data[word] = typed_word
        for name in ("after", *filters):
            if name in model.model_fields and name not in fixed:
                value = typed(model.model_fields[name].annotation, request.args.getlist(name))
                if value not in (None, []):
                    data[name] = value
        sort = request.args.get("sort")
        if sort in sorts and "sort" in model.model_fields:
            data["sort"] = sort
        if "limit" in model.model_fields:
            data["limit"] = limit
        wrong: PortalError | None = None
        try:
            asked = model.model_validate(data | fixed)
        except ValidationError as error:
            wrong = error_of(error)
            bad = {one.field.split(".")[0] for one in wrong.errors}
            asked = model.model_validate({k: v for k, v in data.items() if k not in bad} | fixed)
        return cls(asked, sorts, filters, wrong)

    @property
    def query(self) -> str:
        """Return the search word, as typed where it is no good."""
        word = search_field(type(self.request))
        if word in self.errors:
            return request.args.get("query", "")
        return str(getattr(self.request, word, "") or "") if word else ""

    @property
    def sort(self) -> str:
        """Return the present sort, `-` first for descending."""
        return str(getattr(self.request, "sort", "") or "")

    @property
    def filtered(self) -> bool:
        """Tell whether anything narrows the list, so that an empty one can say so."""
        return bool(self.query) or any(self.chosen(name) for name in self.filters)

    @property
    def query_error(self) -> str:
        """Return what is wrong with the search word, empty for nothing."""
        return self.errors.get(search_field(type(self.request)) or "", "")

    def chosen(self, name: str) -> str:
        """Return the value of a filter as text, empty when it is not set; as typed where it is no good."""
        if name in self.errors:
            return request.args.get(name, "")
        value = getattr(self.request, name, None)
        if isinstance(value, (list, tuple)):
            return str(value[0]) if value else ""
        return "" if value is None else str(value.isoformat() if hasattr(value, "isoformat") else value)

    def sort_url(self, column: str) -> str:
        """Return the address that sorts by a column, turning the direction round when it is sorted by it already."""
        wanted = f"-{column}" if self.sort == column else column
        if wanted not in self.sorts:
            wanted = column if column in self.sorts else f"-{column}"
        return query_with(sort=wanted, after=None, trail=None)

    def direction(self, column: str) -> str | None:
        """Return `ascending` or `descending` when the list is sorted by this column."""
        return {column: "ascending", f"-{column}": "descending"}.get(self.sort)

    def sortable(self, column: str | None) -> bool:
        """Tell whether the list can be sorted by a column."""
        return column is not None and (column in self.sorts or f"-{column}" in self.sorts)

    @property
    def first(self) -> bool:
        """Tell whether this is the first page."""
        return getattr(self.request, "after", None) is None

    def next_url(self, cursor: str) -> str:
        """Return the address of the next page."""
        here = getattr(self.request, "after", None) or "0"
        return query_with(after=cursor, trail="~".join([*self.trail, here][-TRAIL_LIMIT:]))

    @property
    def previous_url(self) -> str | None:
        """Return the address of the page before, None on the first."""
        if self.first:
            return None
        if not self.trail or self.trail[-1] == "0":
            return query_with(after=None, trail=None)
        return query_with(after=self.trail[-1], trail="~".join(self.trail[:-1]))

    @property
    def clear_url(self) -> str:
        """Return the address without search word and filters."""
        return query_with(query=None, after=None, trail=None, **dict.fromkeys(self.filters))
