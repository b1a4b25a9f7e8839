"""The two tests of the sign-in benchmark: p-values against worked examples, and against samples that do differ."""

from __future__ import annotations

import math
import random

import pytest

from bench.two_samples import kolmogorov_smirnov, mann_whitney

WORKED = (
    # The example of scipy.stats.mannwhitneyu, method="asymptotic".
    ([19, 22, 16, 29, 24], [20, 11, 17, 12], 0.11134688653314041),
    # With ties, by hand: U = 3, its mean 10, its variance 20 / 12 * (10 - 48 / 72) = 140 / 9.
    ([1, 2, 2, 3], [2, 3, 3, 4, 5], math.erfc(6.5 / math.sqrt(140 / 9) / math.sqrt(2))),
)


@pytest.mark.parametrize(("one", "other", "expected"), WORKED)
def test_mann_whitney_agrees_with_worked_examples(one: list[float], other: list[float], expected: float) -> None:
    assert mann_whitney(one, other) == pytest.approx(expected, abs=1e-9)


def test_samples_of_one_distribution_pass_and_shifted_ones_do_not() -> None:
    dice = random.Random(7)
    one = [dice.gauss(50, 5) for _ in range(500)]
    same = [dice.gauss(50, 5) for _ in range(500)]
    later = [dice.gauss(51.5, 5) for _ in range(500)]
    for test in (mann_whitney, kolmogorov_smirnov):
        assert test(one, same) > 0.05
        assert test(one, later) < 0.01
        assert test(one, later) == pytest.approx(test(later, one))


def test_a_wider_distribution_is_seen_by_its_shape_only() -> None:
    dice = random.Random(11)
    narrow = [dice.gauss(50, 2) for _ in range(500)]
    wide = [dice.gauss(50, 8) for _ in range(500)]
    assert kolmogorov_smirnov(narrow, wide) < 0.001 < mann_whitney(narrow, wide)


def test_equal_samples_are_indistinguishable() -> None:
    assert mann_whitney([3.0] * 20, [3.0] * 20) == 1.0
    assert kolmogorov_smirnov([3.0] * 20, [3.0] * 20) == 1.0
