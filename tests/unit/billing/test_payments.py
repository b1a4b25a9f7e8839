"""What the bank says: twice, early, late, wrong (B-09). And when it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import payments as rules
from services.billing.domain.payments import BankAnswer, Expected, judge

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WANTED = Expected("pending", Decimal("30.00"), "EUR", "P-1", "bank-1", NOW + timedelta(minutes=10))
PAID = BankAnswer("bank-1", "P-1", "paid", Decimal("30.00"), "EUR")
STATES = ("created", "pending", "paid", "failed", "cancelled", "expired")


def test_paid_as_expected_settles() -> None:
    assert judge(WANTED, PAID, NOW) == rules.Verdict("settle", "paid")


def test_a_notice_before_we_know_the_banks_own_reference_settles_too() -> None:
    assert judge(replace(WANTED, state="created", provider_ref=None), PAID, NOW).action == "settle"


def test_paid_twice_is_paid_once() -> None:
    assert judge(replace(WANTED, state="paid"), PAID, NOW).action == "nothing"


@pytest.mark.parametrize("state", ["failed", "cancelled", "expired"])
def test_money_after_the_end_is_money_all_the_same(state: str) -> None:
    assert judge(replace(WANTED, state=state), PAID, NOW) == rules.Verdict("settle", "paid", late=True)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (replace(PAID, amount=Decimal("29.99")), "failed", "amount"),
        (replace(PAID, amount=Decimal("30.01")), "failed", "amount"),
        (replace(PAID, currency="USD"), "failed", "currency"),
        (replace(PAID, reference="P-2"), None, "reference"),
        (replace(PAID, provider_ref="bank-2"), None, "double"),
    ],
)
def test_money_that_is_not_what_we_asked_for_goes_to_suspense(
    answer: BankAnswer, state: str | None, reason: str
) -> None:
    assert judge(WANTED, answer, NOW) == rules.Verdict("suspend", state, reason)


def test_a_second_purchase_paid_after_the_first_is_double_money() -> None:
    verdict = judge(replace(WANTED, state="paid"), replace(PAID, provider_ref="bank-2"), NOW)
    assert (verdict.action, verdict.reason) == ("suspend", "double")


def test_declined_and_cancelled_end_a_payment() -> None:
    assert judge(WANTED, replace(PAID, status="failed"), NOW) == rules.Verdict("close", "failed", "declined")
    assert judge(WANTED, replace(PAID, status="cancelled"), NOW) == rules.Verdict("close", "cancelled", "cancelled")
    late = judge(WANTED, replace(PAID, status="cancelled"), WANTED.expires_at)
    assert late == rules.Verdict("close", "expired", "expired")


def test_another_purchase_that_failed_says_nothing_about_ours() -> None:
    assert judge(WANTED, replace(PAID, status="failed", provider_ref="bank-2"), NOW).action == "nothing"


def test_pending_waits() -> None:
    assert judge(WANTED, replace(PAID, status="pending"), NOW).action == "wait"


ANSWERS = st.builds(
    BankAnswer,
    st.sampled_from(["bank-1", "bank-2"]),
    st.sampled_from(["P-1", "P-2"]),
    st.sampled_from(["pending", "paid", "failed", "cancelled"]),
    st.sampled_from([Decimal("30.00"), Decimal("29.99")]),
    st.sampled_from(["EUR", "USD"]),
)


@given(st.sampled_from(STATES), ANSWERS)
def test_only_exactly_the_expected_money_ever_settles(state: str, answer: BankAnswer) -> None:
    verdict = judge(replace(WANTED, state=state), answer, NOW)
    assert (verdict.action == "settle") == (answer == PAID and state != "paid")
    assert verdict.state in (None, *STATES)


@given(st.lists(ANSWERS, max_size=12))
def test_however_the_answers_come_a_payment_settles_at_most_once_and_stays_paid(answers: list[BankAnswer]) -> None:
    state, settled = "pending", 0
    for answer in answers:
        verdict = judge(replace(WANTED, state=state), answer, NOW)
        settled += verdict.action == "settle"
        if state == "paid":
            assert verdict.state is None
        state = verdict.state or state
    assert settled == (PAID in answers)
    assert (state == "paid") == (PAID in answers)


@given(st.integers(0, 500))
def test_the_bank_is_asked_ever_less_often_but_never_less_than_every_five_minutes(asked: int) -> None:
    this, following = rules.next_poll(NOW, asked) - NOW, rules.next_poll(NOW, asked + 1) - NOW
    assert timedelta(seconds=2) <= this <= following <= timedelta(minutes=5)


def test_a_payment_that_ended_is_looked_at_a_few_times_more() -> None:
    looks = [rules.last_look(NOW, n) for n in range(5)]
    assert looks[-1] is None
    assert [look - NOW for look in looks if look] == list(rules.LAST_LOOKS)


@given(st.binary(min_size=5, max_size=5))
def test_a_payment_reference_is_short_and_readable(chance: bytes) -> None:
    reference = rules.payment_reference(date(2026, 11, 21), chance)
    assert reference.startswith("P-20261121-")
    assert len(reference) == 19
    assert not set(reference[11:]) & set("ILOU")


@given(st.binary(min_size=5, max_size=5), st.binary(min_size=5, max_size=5))
def test_different_chance_gives_different_references(one: bytes, other: bytes) -> None:
    day = date(2026, 11, 21)
    assert (rules.payment_reference(day, one) == rules.payment_reference(day, other)) == (one == other)
