"""Price lists: versions with a legal basis and days of validity."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.messages import Done, IdempotencyKey, Limit, Line, Message, Moment, Page, Request
from services.billing.messages.words import (
    Code,
    Occasion,
    PriceBasis,
    PriceKind,
    PriceListState,
    UnitPrice,
    VatCategory,
)


class PriceItem(Message):
    """`service_kind` and `permit_kind` None mean every kind; `basis` is one unit of the price.

    A one-off price says on which `occasion` it falls due; among the prices that fit, the most exact ones count.
    """

    code: Code
    name_lv: Annotated[Line, Field(min_length=1)]
    name_en: Annotated[Line, Field(min_length=1)]
    unit_lv: Annotated[Line, Field(min_length=1)]
    unit_en: Annotated[Line, Field(min_length=1)]
    kind: PriceKind
    occasion: Occasion | None = None
    basis: PriceBasis = "permit"
    service_kind: Line | None = None
    permit_kind: Line | None = None
    price: UnitPrice
    vat_category: VatCategory = "O"


class PriceListRow(Message):
    price_list_id: UUID
    title: str
    legal_basis: str
    valid_from: date
    valid_to: date | None
    state: PriceListState
    item_count: int
    version: int
    published_at: Moment | None = None
    published_by: str = ""
    in_force: bool = False


class PriceList(PriceListRow):
    items: list[PriceItem]


class ListPriceLists(Request[Page[PriceListRow]], rpc="billing.list_price_lists", timeout=5.0):
    limit: Limit = 50
    after: str | None = None


class GetPriceList(Request[PriceList], rpc="billing.get_price_list", timeout=5.0):
    price_list_id: UUID


class PriceListInForce(Request[PriceList], rpc="billing.price_list_in_force", timeout=5.0):
    """The published list of a day (today when None): public, S1-15. Error no_price_list."""

    day: date | None = None


class CreatePriceList(Request[PriceList], rpc="billing.create_price_list", timeout=5.0):
    """A new draft, empty or with the items of `copy_from`."""

    title: Annotated[Line, Field(min_length=1)]
    legal_basis: Annotated[Line, Field(min_length=1)]
    valid_from: date
    valid_to: date | None = None
    copy_from: UUID | None = None
    idempotency_key: IdempotencyKey | None = None


class SavePriceList(Request[PriceList], rpc="billing.save_price_list", timeout=5.0):
    """Replace a draft; `version` is the one read, else `stale`. Errors: price_list_published, price_code_twice."""

    price_list_id: UUID
    version: int
    title: Annotated[Line, Field(min_length=1)]
    legal_basis: Annotated[Line, Field(min_length=1)]
    valid_from: date
    valid_to: date | None = None
    items: Annotated[list[PriceItem], Field(max_length=500)]


class PublishPriceList(Request[PriceList], rpc="billing.publish_price_list", timeout=5.0):
    """Make a draft law: immutable from now; the list before it ends the day before. Errors: price_list_overlaps..."""

    price_list_id: UUID
    version: int


class DropPriceList(Request[Done], rpc="billing.drop_price_list", timeout=5.0):
    """Throw a draft away."""

    price_list_id: UUID
    version: int
