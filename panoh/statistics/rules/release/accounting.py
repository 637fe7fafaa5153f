"""Zero-concentrated differential privacy: what a release costs (Bun & Steinke 2016).

Noise of variance parameter ``sigma ** 2`` in a table of sensitivity 1 costs
``rho = 1 / (2 sigma ** 2)``; costs add.
"""

from functools import lru_cache
from math import exp, inf, log, log1p, sqrt

HALVINGS, GOLDEN = 60, 100  # steps after which a number of sixteen digits no longer moves
GROUP = 5  # people who share a fate: their protection is printed beside that of one


@lru_cache(maxsize=256)
def epsilon_of(rho: float, delta: float) -> float:
    """The tight epsilon of ``rho`` at ``delta`` (Canonne, Kamath & Steinke 2020, corollary 13).

    >>> round(epsilon_of(0.1, 1e-6), 4)
    2.1419
    """
    low, high = 0.0, simple_epsilon(rho, delta)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if delta_of(rho, middle) <= delta:
            high = middle
        else:
            low = middle
    return high


def simple_epsilon(rho: float, delta: float) -> float:
    """The simple conversion, a check: never below the tight one.

    >>> round(simple_epsilon(0.1, 1e-6), 4)
    2.4508
    """
    return rho + 2 * sqrt(rho * log(1 / delta))


def delta_of(rho: float, epsilon: float) -> float:
    """The smallest delta at ``epsilon``: an infimum over alpha > 1 of a convex exponent."""
    low, high = log(1e-9), log(1e9)  # of alpha - 1

    def exponent(at: float) -> float:
        above = exp(at)
        alpha = 1 + above
        return above * (alpha * rho - epsilon) - at + alpha * log1p(-1 / alpha)

    ratio = (sqrt(5) - 1) / 2
    for _ in range(GOLDEN):
        one, other = high - ratio * (high - low), low + ratio * (high - low)
        if exponent(one) < exponent(other):
            high = other
        else:
            low = one
    return min(1.0, exp(min(0.0, exponent((low + high) / 2))))


def rho_of(epsilon: float, delta: float) -> float:
    """The largest ``rho`` whose tight epsilon at ``delta`` stays within ``epsilon``."""
    low, high = 0.0, epsilon
    while epsilon_of(high, delta) < epsilon:
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if delta_of(middle, epsilon) <= delta:
            low = middle
        else:
            high = middle
    return low


def default_delta(size: int) -> float:
    """``1 / (n ln n)`` of a public size."""
    return 1 / (size * log(size))


def sigma_of(rho: float) -> float:
    """The noise that costs ``rho``."""
    return sqrt(1 / (2 * rho)) if rho > 0 else inf
