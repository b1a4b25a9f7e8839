"""Double entry: what does not balance cannot even be made."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.billing.domain import ledger

CENTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("999999.99"), places=2)
MAYBE = st.decimals(min_value=Decimal("0.00"), max_value=Decimal("999999.99"), places=2)
CLIENT = UUID(int=7)


def side(posting: ledger.Posting, account: str) -> tuple[Decimal, Decimal]:
    found = [entry for entry in posting.entries if entry.account == account]
    return sum((e.debit for e in found), Decimal(0)), sum((e.credit for e in found), Decimal(0))


@given(monthly=MAYBE, one_off=CENTS, vat=MAYBE)
def test_an_issued_invoice_balances_and_the_client_owes_it_all(
    monthly: Decimal, one_off: Decimal, vat: Decimal
) -> None:
    posting = ledger.invoice_issued(uuid4(), CLIENT, {"monthly": monthly, "one_off": one_off}, vat)
    assert side(posting, ledger.RECEIVABLE) == (monthly + one_off + vat, 0)
    assert side(posting, ledger.VAT) == (0, vat)


@given(applied=MAYBE, rest=CENTS)
def test_money_that_comes_in_closes_debts_and_the_rest_waits(applied: Decimal, rest: Decimal) -> None:
    posting = ledger.payment_settled(uuid4(), CLIENT, applied, rest)
    assert side(posting, ledger.CLEARING) == (applied + rest, 0)
    assert side(posting, ledger.RECEIVABLE) == (0, applied)
    assert side(posting, ledger.SUSPENSE) == (0, rest)


@given(CENTS)
def test_suspense_received_and_returned_leaves_nothing(amount: Decimal) -> None:
    number = uuid4()
    came = ledger.suspense_received(number, CLIENT, amount)
    went = ledger.suspense_returned(number, CLIENT, amount)
    for account in (ledger.CLEARING, ledger.SUSPENSE):
        debit = side(came, account)[0] + side(went, account)[0]
        credit = side(came, account)[1] + side(went, account)[1]
        assert debit == credit == amount


@given(st.lists(st.tuples(st.sampled_from(ledger.ACCOUNTS), MAYBE, MAYBE), max_size=6))
def test_only_balanced_sets_of_proper_lines_can_be_made(rows: list[tuple[str, Decimal, Decimal]]) -> None:
    entries = tuple(ledger.Entry(account, debit, credit) for account, debit, credit in rows)
    proper = len(rows) >= 2 and all((d > 0) != (c > 0) for _, d, c in rows)
    balanced = sum(d for _, d, _ in rows) == sum(c for _, _, c in rows)
    if proper and balanced:
        assert ledger.Posting("test", "test", entries).entries == entries
    else:
        with pytest.raises(PortalError) as refused:
            ledger.Posting("test", "test", entries)
        assert refused.value.code == "billing.ledger_unbalanced"


def test_an_unknown_account_is_refused() -> None:
    with pytest.raises(PortalError):
        ledger.Posting(
            "t", "t", (ledger.Entry("cash", debit=Decimal(1)), ledger.Entry("vat.payable", credit=Decimal(1)))
        )


def test_one_fact_has_one_source_for_ever() -> None:
    number = uuid4()
    first = ledger.payment_settled(number, CLIENT, Decimal(5), Decimal(0))
    assert first.source == ledger.payment_settled(number, CLIENT, Decimal(6), Decimal(0)).source
