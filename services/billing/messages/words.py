"""The words the messages of billing are made of: states, kinds, amounts with more than two places."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

VatCategory = Literal["O", "E", "S"]  # outside the scope of VAT, exempt, standard rate
PriceKind = Literal["one_off", "monthly"]
PriceBasis = Literal["permit", "mhz", "assignment", "station"]
Occasion = Literal["issue", "extension", "project", "other"]  # what a one-off price is due for
InvoiceKind = Literal["monthly", "one_off"]
InvoiceState = Literal["unpaid", "part_paid", "paid"]
InvoiceFilter = Literal["unpaid", "overdue", "paid"]
PaymentFilter = Literal["open", "paid", "failed"]
InvoiceSort = Literal["-issued", "issued", "-due", "due", "-total", "total"]
PaymentState = Literal["created", "pending", "paid", "failed", "cancelled", "expired"]
FeeRunState = Literal["collecting", "issuing", "finished", "failed"]
PriceListState = Literal["draft", "published"]
Code = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern=r"^[0-9A-Za-z._-]+$")
]
Quantity = Annotated[Decimal, Field(max_digits=14, decimal_places=4)]
UnitPrice = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]
Rate = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]  # per cent
Search = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
