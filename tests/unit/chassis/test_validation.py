"""What was typed wrong is said in a sentence that helps, and an amount is taken as it was meant or not at all."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from chassis.errors import PortalError
from chassis.messages import GivenMoney, last_day
from chassis.validation import error_of
from services.billing.messages import StartPayment


class Typed(BaseModel):
    amount: GivenMoney | None = None
    count: int | None = None
    day: date | None = None
    end: Annotated[date | None, last_day("day")] = None


@pytest.mark.parametrize(
    ("field", "text", "code", "latvian"),
    [
        ("amount", "abc", "not_a_number", "Ievadiet skaitli."),
        ("amount", "1.234", "too_precise", "Aiz komata drīkst būt ne vairāk kā 2 cipari."),
        ("amount", "9999999999999", "too_many_digits", "Skaitlis ir par garu (ne vairāk kā 12 cipari)."),
        ("amount", "NaN", "not_a_number", "Ievadiet skaitli."),
        ("count", "1.5", "not_a_number", "Ievadiet skaitli."),
        ("day", "31.02.2027.", "not_a_day", "Ievadiet datumu, piemēram, 21.11.2026."),
    ],
)
def test_a_wrong_value_is_named_for_what_it_is(field: str, text: str, code: str, latvian: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Typed.model_validate({field: text})
    [found] = error_of(refusal.value).errors
    assert (found.field, found.code) == (field, code)
    assert PortalError(found.code, **found.params).sentence("lv") == latvian


def test_a_period_ends_on_its_first_day_or_later() -> None:
    day = date(2026, 3, 12)
    assert Typed(day=day, end=day).end == day == Typed(end=day).end
    with pytest.raises(ValidationError) as refusal:
        Typed(day=day, end=date(2026, 3, 11))
    assert [(e.field, e.code) for e in error_of(refusal.value).errors] == [("end", "period_reversed")]


@pytest.mark.parametrize(("given", "meant"), [("1.20", "1.20"), ("1.200", "1.20"), ("5", "5.00"), (3, "3.00")])
def test_an_amount_is_kept_to_the_cent(given: Any, meant: str) -> None:
    assert str(Typed(amount=given).amount) == meant


def test_nobody_pays_another_amount_than_was_typed() -> None:
    part = {"invoice_id": UUID(int=1), "amount": Decimal("1.239")}
    with pytest.raises(ValidationError):
        StartPayment.model_validate({"parts": [part], "idempotency_key": "0123456789"})
