"""Intervals and p-values: as published, and each says what the other says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.evidence import claims, intervals
from registry.evidence.claims import Claim

LADDER = {"kind": "resampled", "low": [0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05], "rows": 80}
LADDER["high"] = [1 - one for one in LADDER["low"]]


def share(count: int, rows: int) -> dict:
    return {"kind": "share", "count": count, "rows": rows}


def paired(better: int, worse: int, rows: int) -> dict:
    return {"kind": "paired", "better": better, "worse": worse, "rows": rows}


def folds(values: list[float]) -> tuple[dict, float]:
    mean = math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return {"kind": "folds", "std": std, "count": len(values)}, mean


@pytest.mark.parametrize(("evidence", "value", "level", "low", "high"), [
    (share(81, 263), 81 / 263, 0.025, 0.2553, 0.3662),  # R. G. Newcombe, Statistics in Medicine 17 (1998), table I
    (share(15, 148), 15 / 148, 0.025, 0.0624, 0.1605),
    (share(0, 20), 0, 0.025, 0, 0.1611),
    (share(29, 29), 1, 0.025, 0.8830, 1),
    (share(84, 100), 0.84, 0.05, 0.7709, 0.8912),
    (paired(1, 7, 21), -6 / 21, 0.025, -0.5084, -0.0134),  # by the definition of Bonett and Price (2012)
    (paired(0, 0, 100), 0, 0.05, -0.0228, 0.0228),
    (*folds([0.95, 0.94, 0.96, 0.97, 0.93]), 0.05, 0.9274, 0.9726),  # t of 4 degrees of freedom is 2.1318
    (LADDER, 0.6, 0.05, 0.5, 0.5),
    (LADDER, 0.6, 0.004, 0.15, 0.85),  # the next level that is known to be sure enough
    (LADDER, 0.6, 0.0001, -math.inf, math.inf),
    ({"kind": "exact"}, 1.8, 0.05, 1.8, 1.8),
])  # fmt: skip
def test_bounds_are_those_that_were_published(
    evidence: dict, value: float, level: float, low: float, high: float
) -> None:
    assert intervals.bounds(evidence, value, level) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


COUNTS = st.integers(1, 400).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.integers(0, rows), st.just(rows)))


@given(COUNTS, st.floats(0.01, 0.99), st.floats(0.001, 0.2), st.booleans())
def test_a_value_is_as_doubtful_as_its_bounds_say(
    counts: tuple[int, int, int], limit: float, level: float, at_least: bool
) -> None:
    one, other, rows = counts
    other = min(other, rows - one)
    cases = [(share(one, rows), one / rows, limit), (paired(one, other, rows), (one - other) / rows, 2 * limit - 1)]
    for evidence, value, asked in cases:
        low, high = intervals.bounds(evidence, value, level)
        doubt = intervals.doubt(evidence, value, asked, at_least=at_least)
        beyond = high < asked if at_least else low > asked
        kept = (value >= asked) == at_least or value == asked
        if not math.isclose(high if at_least else low, asked, abs_tol=1e-9) and not kept:
            assert (doubt < level) == beyond


@given(st.lists(st.floats(0.5, 0.9), min_size=2, max_size=20), st.floats(0.01, 0.99))
def test_folds_are_as_doubtful_as_their_bounds_say(values: list[float], limit: float) -> None:
    evidence, mean = folds(values)
    if evidence["std"] > 1e-6 and abs(mean - limit) > 1e-6:
        low, high = intervals.bounds(evidence, mean)
        beyond = high < limit if mean < limit else low > limit
        assert (intervals.doubt(evidence, mean, limit, at_least=mean < limit) < intervals.LEVEL) == beyond


@pytest.mark.parametrize(("limit", "doubt"), [(0.49, 1), (0.5, 1), (0.55, 0.05), (0.65, 0.025), (0.95, 0.001)])
def test_what_was_resampled_is_as_doubtful_as_its_ladder_of_bounds_says(limit: float, doubt: float) -> None:
    assert intervals.doubt(LADDER, 0.5, limit, at_least=True) == doubt
    assert intervals.doubt(LADDER, 0.5, 1 - limit, at_least=False) == doubt


def test_what_lies_far_beyond_its_ladder_is_false_among_however_many_claims() -> None:
    doubt = intervals.doubt(LADDER, 0.5, 1.1, at_least=True)
    assert doubt == pytest.approx(intervals.NORMAL.cdf(-3.2905 * 0.6 / 0.45), rel=1e-3)
    assert claims.holm([doubt] * 2000) == [True] * 2000


def test_one_of_many_that_seems_false_by_chance_is_no_fail() -> None:
    assert claims.holm([0.03, 0.2, 0.9]) == [False, False, False]
    assert claims.holm([0.016, 0.2, 0.9]) == [True, False, False]
    assert claims.holm([0.2, 0.016, 0.024]) == [False, True, True]
    assert claims.holm([]) == []


@given(st.integers(20, 2000), st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_as_many_rows_as_it_says_do_tell(rows: int, part: float, limit: float) -> None:
    count = round(part * rows)
    claim = Claim(count / rows, limit, True, share(count, rows))
    needed = claim.rows_to_tell()
    if needed is not None and rows < needed < 1e9:
        more = Claim(claim.value, limit, True, share(round(claim.value * needed), needed))
        assert more.is_sure or more.doubt < intervals.LEVEL
