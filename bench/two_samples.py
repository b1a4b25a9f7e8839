"""Whether two samples could come from one distribution: Mann-Whitney and Kolmogorov-Smirnov."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from itertools import groupby


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided p-value that one sample tends to be larger, by the normal approximation with ties."""
    n, m = len(one), len(other)
    pooled = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank, ranks_of_one, ties = 1, 0.0, 0
    for _, group in groupby(pooled, key=lambda entry: entry[0]):
        same = list(group)
        middle = rank + (len(same) - 1) / 2
        ranks_of_one += middle * sum(1 for _, whose in same if whose == 0)
        ties += len(same) ** 3 - len(same)
        rank += len(same)
    u = ranks_of_one - n * (n + 1) / 2
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance == 0:
        return 1.0
    # Half a step towards the middle, because U moves in whole steps.
    z = max(abs(u - n * m / 2) - 0.5, 0.0) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def kolmogorov_smirnov(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the p-value of the largest distance between the two distributions, by the asymptotic series."""
    first, second = sorted(one), sorted(other)
    n, m = len(first), len(second)
    distance = max(
        abs(bisect.bisect_right(first, value) / n - bisect.bisect_right(second, value) / m) for value in first + second
    )
    root = math.sqrt(n * m / (n + m))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:  # the series does not converge there, and its limit is 1
        return 1.0
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(max(sum(terms), 0.0), 1.0)
