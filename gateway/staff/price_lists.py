"""Price lists: drafts that accountants edit item by item, published versions that nobody can change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.errors import FieldError, PortalError
from gateway.bus import call
from gateway.formats import day, number
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import confirm_page, go, render
from services.billing.messages import (
    CreatePriceList,
    DropPriceList,
    GetPriceList,
    ListPriceLists,
    PriceItem,
    PriceList,
    PublishPriceList,
    SavePriceList,
)

bp = Blueprint("staff_price_lists", __name__)

READERS = role("accountant", "auditor")
ACCOUNTANT = role("accountant")
HEAD = ("title", "legal_basis", "valid_from", "valid_to")


@page(bp, "/staff/price-lists", allow=READERS, nav=Nav(N_("Price lists"), "tags", 55))
def index() -> Response:
    listing = Listing.of_request(ListPriceLists)
    return render("staff/billing/price_lists.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/price-lists/new", methods=["GET", "POST"], allow=ACCOUNTANT)
def new() -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            made = call(form.read(CreatePriceList))
            return go(url_for(".show", price_list_id=made.price_list_id), _("The draft is made."))
    return render("staff/billing/price_list_head.html", form.status, form=form, price_list=None, others=_others())


def _others() -> list[tuple[UUID, str]]:
    return [(one.price_list_id, f"{one.title} ({one.legal_basis})") for one in call(ListPriceLists()).items]


@page(bp, "/staff/price-lists/<uuid:price_list_id>", allow=READERS)
def show(price_list_id: UUID) -> Response:
    return render("staff/billing/price_list.html", price_list=call(GetPriceList(price_list_id=price_list_id)))


@page(bp, "/staff/price-lists/<uuid:price_list_id>/edit", methods=["GET", "POST"], allow=ACCOUNTANT)
def edit(price_list_id: UUID) -> Response:
    price_list = call(GetPriceList(price_list_id=price_list_id))
    form = Form.of_request(initial={name: getattr(price_list, name) for name in HEAD} | {"version": price_list.version})
    if form.submitted:
        with form.catch():
            call(form.read(SavePriceList, price_list_id=price_list_id, items=price_list.items))
            return go(url_for(".show", price_list_id=price_list_id), _("Saved."))
    return render("staff/billing/price_list_head.html", form.status, form=form, price_list=price_list, others=[])


@page(bp, "/staff/price-lists/<uuid:price_list_id>/items/new", methods=["GET", "POST"], allow=ACCOUNTANT)
def add_item(price_list_id: UUID) -> Response:
    return _item(price_list_id, None)


@page(bp, "/staff/price-lists/<uuid:price_list_id>/items/<code>", methods=["GET", "POST"], allow=ACCOUNTANT)
def edit_item(price_list_id: UUID, code: str) -> Response:
    return _item(price_list_id, code)


def _item(price_list_id: UUID, code: str | None) -> Response:
    price_list = call(GetPriceList(price_list_id=price_list_id))
    present = next((item for item in price_list.items if item.code == code), None)
    if code is not None and present is None:
        raise PortalError("not_found")
    initial: dict[str, Any] = present.model_dump() if present else {"kind": "monthly", "vat_category": "O"}
    if present:
        initial["price"] = number(present.price, 2 if present.price == round(present.price, 2) else 4)
    form = Form.of_request(initial=initial | {"version": price_list.version})
    if form.submitted:
        with form.catch():
            _save_item(price_list, present, form)
            return go(url_for(".show", price_list_id=price_list_id), _("Saved."))
    return render("staff/billing/price_item.html", form.status, form=form, price_list=price_list, item=present)


def _save_item(price_list: PriceList, present: PriceItem | None, form: Form) -> None:
    items = list(price_list.items)
    if form.text("remove"):
        items = [item for item in items if item is not present]
    else:
        item = form.read(PriceItem)
        if item.kind == "monthly":
            item = item.model_copy(update={"occasion": None})
        elif item.occasion is None:
            raise PortalError.many([FieldError("occasion", "required")])
        if any(other.code == item.code for other in items if other is not present):
            raise PortalError("billing.price_code_twice", field="code", item=item.code)
        if present is not None:
            items[items.index(present)] = item
        else:
            items.append(item)
    # The version the form was made from: somebody else's change meanwhile is not written over.
    call(
        form.read(
            SavePriceList,
            price_list_id=price_list.price_list_id,
            items=items,
            **{name: getattr(price_list, name) for name in HEAD},
        )
    )


@page(bp, "/staff/price-lists/<uuid:price_list_id>/publish", methods=["GET", "POST"], allow=ACCOUNTANT)
def publish(price_list_id: UUID) -> Response:
    price_list = call(GetPriceList(price_list_id=price_list_id))
    form = Form.of_request()
    target = url_for(".show", price_list_id=price_list_id)
    if form.submitted:
        with form.catch():
            call(form.read(PublishPriceList, price_list_id=price_list_id))
            return go(target, _("The price list is published."))
        for name, texts in form.errors.items():
            form.general += texts if name else []
        form.errors.clear()
    return confirm_page(
        _("Publish the price list?"),
        [
            f"{price_list.title}, {price_list.legal_basis}",
            _("In force from %(day)s.", day=day(price_list.valid_from)),
            _("After that nobody can change it; the list in force before ends the day before."),
        ],
        button=_("Publish"),
        cancel=target,
        form=form,
        fields={"version": price_list.version},
    )


@page(bp, "/staff/price-lists/<uuid:price_list_id>/drop", methods=["GET", "POST"], allow=ACCOUNTANT)
def drop(price_list_id: UUID) -> Response:
    price_list = call(GetPriceList(price_list_id=price_list_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(DropPriceList, price_list_id=price_list_id))
            return go(url_for(".index"), _("The draft is thrown away."))
    return confirm_page(
        _("Throw the draft away?"),
        [f"{price_list.title}, {price_list.legal_basis}"],
        button=_("Throw away"),
        cancel=url_for(".show", price_list_id=price_list_id),
        form=form,
        tone="danger",
        fields={"version": price_list.version},
    )
