"""Tails of over-dispersed counts: how improbable is a sum as large as this one."""

from __future__ import annotations

import math


def nb_tail(k: float, mean: float, dispersion: float) -> float:
    """P(X >= k) of a negative binomial with this mean and variance mean + dispersion * mean^2 (0: Poisson).

    The regularised incomplete beta function I_q(k, r) with r = 1/dispersion, q = mean / (mean + r), or the incomplete
    gamma function for Poisson; relative accuracy is kept in the far tail. ``k`` may be fractional.
    """
    return math.exp(max(-700.0, log_nb_tail(k, mean, dispersion)))


def log_nb_tail(k: float, mean: float, dispersion: float) -> float:
    """Natural logarithm of :func:`nb_tail`, usable where the probability itself would underflow."""
    if k <= 0:
        return 0.0
    if mean <= 0:
        return -math.inf
    if dispersion < 1e-6:
        return _log_gamma_lower(k, mean)
    r = 1.0 / dispersion
    q = mean / (mean + r)
    if q < (k + 1) / (k + r + 2):
        return _log_beta_lower(k, r, q)
    return math.log1p(-min(math.exp(_log_beta_lower(r, k, 1 - q)), 1 - 1e-16))


def _log_beta_lower(a: float, b: float, x: float) -> float:
    """Logarithm of I_x(a, b) by the continued fraction of DLMF 8.17.22 (modified Lentz); fast where x < (a+1)/(a+b+2)."""
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    c, d = 1.0, 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 500):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _nonzero(1.0 + numerator * d)
            c = _nonzero(1.0 + numerator / c)
            value *= c * d
        if abs(c * d - 1.0) < 1e-13:
            break
    return front + math.log(value)


def _nonzero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300


def _log_gamma_lower(k: float, mean: float) -> float:
    """Logarithm of P(k, mean): the Poisson tail as the series of DLMF 8.11.4, or one minus the lower terms when they are few."""
    if k > mean:
        term, total, n = 1.0, 1.0, k
        while term > total * 1e-16:
            n += 1
            term *= mean / n
            total += term
        return k * math.log(mean) - mean - math.lgamma(k + 1) + math.log(total)
    below = sum(math.exp(j * math.log(mean) - mean - math.lgamma(j + 1)) for j in range(math.ceil(k)))
    return math.log1p(-min(below, 1 - 1e-16))
