"""How sure a value is, told from the evidence that a report holds of it: bounds, and doubts. Pure.

Evidence is plain data, so that who reads a report can compute its verdict again:
share: `count` of `rows`; paired: of `rows`, those that only the one version has right, `better`, and only the other,
`worse`; resampled: one-sided bounds `low` and `high`, one of each for each of LEVELS, of `rows` units; folds: the
deviation `std` of `count` folds, `by_time` where each trains on what is before it; exact: nothing is uncertain.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist, fmean

LEVEL = 0.05  # one-sided: a bound is on the wrong side of the truth one time in twenty
LEVELS = (0.05, 0.025, 0.01, 0.005, 0.0025, 0.001, 0.0005)
NORMAL = NormalDist()
STEPS = 80  # halvings until a bound of Student's distribution is as exact as a float

Evidence = Mapping


def bounds(evidence: Evidence, value: float, level: float = LEVEL) -> tuple[float, float]:
    """Return what a true value is above, and below, each but for a chance of `level`; infinite where that is not known.

    `value` is the estimate that the evidence is of.
    """
    match evidence["kind"]:
        case "share":
            return _wilson(evidence["count"] / evidence["rows"], evidence["rows"], z(level))
        case "paired":
            middle, error = _bonett_price(**_numbers(evidence))
            return middle - z(level) * error, middle + z(level) * error
        case "folds":
            reach = _student(level, evidence["count"] - 1) * _fold_error(evidence)
            return value - reach, value + reach
        case "resampled":
            place = next((place for place, known in enumerate(LEVELS) if known <= level), None)
            return (-math.inf, math.inf) if place is None else (evidence["low"][place], evidence["high"][place])
    return value, value


def doubt(evidence: Evidence, value: float, limit: float, *, at_least: bool) -> float:
    """Return how probable a value as bad as this is where the true one just keeps a limit: the p-value of the claim.

    1 where the value itself keeps it. Of what was resampled it is the lowest of LEVELS that tells, and 1 where none does;
    beyond the last of them it falls as a normal value's does, so that the many claims of a large report can be decided.
    """
    if (value >= limit) == at_least or value == limit:
        return 1.0
    match evidence["kind"]:
        case "share":
            error = math.sqrt(max(limit * (1 - limit), 0) / evidence["rows"])
            return NORMAL.cdf(-abs(value - limit) / error) if error else 0.0
        case "paired":
            middle, error = _bonett_price(**_numbers(evidence))
            return NORMAL.cdf((middle - limit) / error * (1 if at_least else -1))
        case "folds":
            error = _fold_error(evidence)
            return _tail(abs(value - limit) / error, evidence["count"] - 1) if error else 0.0
        case "resampled":
            reach = [far - value if at_least else value - far for far in evidence["high" if at_least else "low"]]
            return _beyond(abs(limit - value), reach)
    return 0.0


def error(evidence: Evidence, value: float) -> float:
    """Return the standard error of a value, about: half the room between its bounds at LEVEL, over their z."""
    low, high = bounds(evidence, value)
    return (high - low) / 2 / z(LEVEL)


def _beyond(distance: float, reach: Sequence[float]) -> float:
    """Return the lowest of LEVELS at which a bound, so far from its value for each of them, is nearer than a distance."""
    if 0 < reach[-1] < distance:
        return NORMAL.cdf(-z(LEVELS[-1]) * distance / reach[-1])
    return min((level for level, far in zip(LEVELS, reach, strict=True) if far < distance), default=1.0)


def _numbers(evidence: Evidence) -> dict[str, float]:
    return {name: value for name, value in evidence.items() if name != "kind"}


def z(level: float) -> float:
    """Return what a standard normal value is above with a chance of `level`."""
    return NORMAL.inv_cdf(1 - level)


def _wilson(share: float, rows: int, far: float) -> tuple[float, float]:
    """Wilson's score interval: E. B. Wilson, Probable inference, JASA 22 (1927), as in Agresti and Coull (1998)."""
    middle, room = share + far * far / (2 * rows), far * math.sqrt(share * (1 - share) / rows + (far / (2 * rows)) ** 2)
    whole = 1 + far * far / rows
    return max(0.0, (middle - room) / whole), min(1.0, (middle + room) / whole)


def _bonett_price(better: int, worse: int, rows: int) -> tuple[float, float]:
    """Return the middle and the standard error of a difference of two shares of the same rows.

    D. G. Bonett and R. M. Price, Adjusted Wald confidence interval for a difference of binomial proportions based on
    paired data, Journal of Educational and Behavioral Statistics 37 (2012).
    """
    up, down = (better + 1) / (rows + 2), (worse + 1) / (rows + 2)
    return up - down, math.sqrt((up + down - (up - down) ** 2) / (rows + 2))


def _fold_error(evidence: Evidence) -> float:
    """Return the standard error of a mean over folds, whose training rows overlap.

    C. Nadeau and Y. Bengio, Inference for the generalization error, Machine Learning 52 (2003).
    """
    count = evidence["count"]
    return evidence["std"] * math.sqrt(1 / count + _tested(count, by_time=evidence.get("by_time", False)))


def _tested(count: int, *, by_time: bool) -> float:
    """Return how many rows folds test on for each that they train on: by time the first as many, the next half of that."""
    return fmean(1 / fold for fold in range(1, count + 1)) if by_time else 1 / (count - 1)


def _student(level: float, freedom: int) -> float:
    """Return what Student's t is above with a chance of `level`."""
    low, high = 0.0, 1.0
    while _tail(high, freedom) > level:
        high *= 2
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(middle, freedom) > level else (low, middle)
    return high


def _tail(t: float, freedom: int) -> float:
    """Return the chance that Student's t is above `t`: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    odd, cosine = freedom % 2, math.cos(angle)
    term = cosine if odd else 1.0
    total = 0.0 if freedom == 1 else term
    for step in range(3 if odd else 2, freedom - 1, 2):
        term *= (step - 1) / step * cosine**2
        total += term
    inside = 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
    return (1 - inside) / 2
