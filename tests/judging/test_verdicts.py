"""Metrics held against thresholds: a pass only for numbers that reach what was asked."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.judging import questions, subjects, verdicts

NO_NUMBERS = [None, math.nan, math.inf, -math.inf, True, False, "0.99", 10**400]
SHARES = st.floats(0, 1)
NUMBERS = st.floats(-1e9, 1e9)


def report(metrics: dict | None = None, slices: dict | None = None, rows: int = 200, incumbent: object = None) -> dict:
    return {"metrics": metrics or {}, "slices": slices or {}, "rows": {"holdout": rows}, "incumbent": incumbent}


def verdict(found: dict, thresholds: dict, task: str = "classification") -> str:
    return verdicts.overall(verdicts.judge(found, thresholds, task))


def reason(found: dict, thresholds: dict, task: str = "classification") -> str:
    (judgement,) = verdicts.judge(found, thresholds, task)[1:]
    return f"{judgement.verdict}: {judgement.reason}"


def old(metrics: dict | None, why: str | None = None) -> dict:
    return {"version": "1.0.0", "metrics": metrics, "reason": why}


@pytest.mark.parametrize(("threshold", "metrics", "said"), [
    ({"accuracy": {"min": 0.9}}, {"accuracy": 0.9}, "pass: accuracy is 0.9; it must be at least 0.9"),
    ({"accuracy": {"min": 0.9}}, {"accuracy": 0.8}, "fail: accuracy is 0.8; it must be at least 0.9"),
    ({"accuracy": {"min": 0.9}}, {"accuracy": 0.89999}, "fail: accuracy is 0.89999; it must be at least 0.9"),
    ({"accuracy": {"min": 0.9}}, {}, "cannot tell: accuracy has no value; it must be at least 0.9"),
    ({"log_loss": {"max": 0.5}}, {"log_loss": 0.5}, "pass: log_loss is 0.5; it must be at most 0.5"),
    ({"log_loss": {"max": 0.5}}, {"log_loss": 0.6}, "fail: log_loss is 0.6; it must be at most 0.5"),
    ({"size_mb": {"max": 10}}, {"size_mb": 3}, "pass: size_mb is 3; it must be at most 10"),
    ({"recall": {"min": 0.3}}, {"recall": 0.1 + 0.2}, "pass: recall is 0.3; it must be at least 0.3"),
])  # fmt: skip
def test_a_metric_is_held_against_a_limit(threshold: dict, metrics: dict, said: str) -> None:
    assert reason(report(metrics), threshold) == said


@pytest.mark.parametrize(("metric", "new", "before", "limit", "wanted"), [
    ("accuracy", 0.96, 0.97, 0.01, "pass"),
    ("accuracy", 0.95, 0.97, 0.01, "fail"),
    ("accuracy", 0.99, 0.97, 0, "pass"),
    ("log_loss", 0.3, 0.2, 0.1, "pass"),
    ("log_loss", 0.4, 0.2, 0.1, "fail"),
    ("log_loss", 0.1, 0.2, 0, "pass"),
])  # fmt: skip
def test_a_metric_is_held_against_the_incumbents(
    metric: str, new: float, before: float, limit: float, wanted: str
) -> None:
    found = report({metric: new}, incumbent=old({metric: before}))
    compared = f"{metric} is {new} against {before} of 1.0.0; it may be at most {limit} worse than 1.0.0"
    assert reason(found, {metric: {"max_drop": limit}}) == f"{wanted}: {compared}"


@pytest.mark.parametrize(("incumbent", "why"), [
    (old(None, "1.0.0.tar: is no tar"), "1.0.0.tar: is no tar; see that 1.0.0 can be fetched and run here, or leave"
     " max_drop out of this version's thresholds"),
    (old({}), "a value is missing"),
    (old({"accuracy": None}), "a value is missing"),
])  # fmt: skip
def test_an_incumbent_without_a_value_is_no_pass(incumbent: dict, why: str) -> None:
    said = reason(report({"accuracy": 0.99}, incumbent=incumbent), {"accuracy": {"max_drop": 0.5}})
    assert said == f"cannot tell: accuracy can't be compared with 1.0.0: {why}"


def test_without_an_incumbent_there_is_nothing_to_be_worse_than() -> None:
    assert verdict(report({"accuracy": 0.1}), {"accuracy": {"max_drop": 0.01}}) == "pass"


WORST = {"recall": {"min": 0.8, "slice": "worst"}}


NONE_HELD_OUT = ", since no held-out row has that label (write a larger data.holdout, or bring more rows of it)"


@pytest.mark.parametrize(("slices", "said"), [
    ({"0": {"recall": 0.9}, "1": {"recall": 0.7}}, "fail: recall of the worst label (1) is 0.7"),
    ({"0": {"recall": 0.9}, "1": {"recall": 0.8}}, "pass: recall of the worst label (1) is 0.8"),
    ({"0": {"recall": 0.9}, "1": {"recall": None}}, f"cannot tell: recall of label 1 has no value{NONE_HELD_OUT}"),
    ({"0": {"recall": 0.9}, "1": {}}, f"cannot tell: recall of label 1 has no value{NONE_HELD_OUT}"),
    ({}, "cannot tell: recall of the worst slice has no value, since no held-out row is in it"),
])  # fmt: skip
def test_the_worst_label_is_judged_and_none_may_be_unknown(slices: dict, said: str) -> None:
    assert reason(report({"recall": 0.99}, slices), WORST) == f"{said}; it must be at least 0.8"


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: str(value)[:9])
@pytest.mark.parametrize("threshold", [{"min": -1}, {"max": 1e9}, {"max_drop": 1e9}, {"min": 0, "slice": "worst"}])
def test_what_is_no_number_never_passes(value: object, threshold: dict) -> None:
    found = report({"recall": value}, {"0": {"recall": value}}, incumbent=old({"recall": 0.5}))
    assert verdict(found, {"recall": threshold}) == "cannot tell"


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: str(value)[:9])
def test_an_incumbents_metric_that_is_no_number_never_passes(value: object) -> None:
    found = report({"recall": 0.99}, incumbent=old({"recall": value}))
    assert verdict(found, {"recall": {"max_drop": 1e9}}) == "cannot tell"


@given(rows=st.integers(0, subjects.FEWEST_ROWS - 1), value=SHARES)
def test_too_few_rows_never_pass(rows: int, value: float) -> None:
    assert verdict(report({"accuracy": value}, rows=rows), {"accuracy": {"min": 0}}) == "cannot tell"


def test_the_fewest_rows_are_enough() -> None:
    assert verdict(report({"accuracy": 1}, rows=subjects.FEWEST_ROWS), {"accuracy": {"min": 0}}) == "pass"


@given(low=NUMBERS, high=NUMBERS, limit=NUMBERS)
def test_a_higher_value_never_turns_a_pass_into_a_fail_under_min_nor_a_lower_one_under_max(
    low: float, high: float, limit: float
) -> None:
    low, high = sorted((low, high))
    if verdict(report({"r2": low}), {"r2": {"min": limit}}, "regression") == "pass":
        assert verdict(report({"r2": high}), {"r2": {"min": limit}}, "regression") == "pass"
    if verdict(report({"mae": high}), {"mae": {"max": limit}}, "regression") == "pass":
        assert verdict(report({"mae": low}), {"mae": {"max": limit}}, "regression") == "pass"


@given(low=NUMBERS, high=NUMBERS, before=NUMBERS, limit=st.floats(0, 1e6))
def test_a_better_value_never_turns_a_pass_against_the_incumbent_into_a_fail(
    low: float, high: float, before: float, limit: float
) -> None:
    low, high = sorted((low, high))
    for metric, worse, better in ("r2", low, high), ("mae", high, low):
        thresholds = {metric: {"max_drop": limit}}
        incumbent = old({metric: before})
        if verdict(report({metric: worse}, incumbent=incumbent), thresholds, "regression") == "pass":
            assert verdict(report({metric: better}, incumbent=incumbent), thresholds, "regression") == "pass"


@given(st.lists(st.sampled_from(["pass", "fail", "cannot tell"]), min_size=1))
def test_one_fail_fails_and_one_doubt_keeps_all_from_passing(found: list[str]) -> None:
    judgements = [questions.Judgement((), "m", "", None, one, "") for one in found]
    wanted = "fail" if "fail" in found else "cannot tell" if "cannot tell" in found else "pass"
    assert verdicts.overall(judgements) == wanted


def test_nothing_judged_is_no_pass() -> None:
    assert verdicts.overall([]) == "cannot tell"


def test_every_limit_is_judged_at_its_line_of_the_spec() -> None:
    found = report({"accuracy": 0.95, "log_loss": 0.2}, incumbent=old({"accuracy": 0.94}))
    thresholds = {"log_loss": {"max": 1, "min": 0}, "accuracy": {"min": 0.9, "max_drop": 0.1}}
    assert [one.place for one in verdicts.judge(found, thresholds, "classification")] == [
        ("data", "holdout"),
        ("thresholds", "accuracy", "min"),
        ("thresholds", "accuracy", "max_drop"),
        ("thresholds", "log_loss", "min"),
        ("thresholds", "log_loss", "max"),
    ]
