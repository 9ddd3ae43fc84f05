"""A verdict is as sure as its evidence: pass, fail, or what would settle it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import report as sample

from registry.evidence import intervals
from registry.formats import documents
from registry.judging import reporting, verdicts
from registry.judging.questions import WORST_FIRST, Judgement

RESAMPLED = {"kind": "resampled", "rows": 1000}


def share(count: int, rows: int) -> dict:
    return {"kind": "share", "count": count, "rows": rows}


def resampled(low: float, high: float, rows: int = 1000) -> dict:
    """Return evidence of a normal value with these bounds at 5 %."""
    middle, error = (low + high) / 2, (high - low) / 2 / intervals.z(0.05)
    reach = [intervals.z(level) * error for level in intervals.LEVELS]
    return {
        "kind": "resampled", "rows": rows, "low": [middle - one for one in reach], "high": [middle + one for one in reach]
    }  # fmt: skip


def part(label: str, count: int, rows: int, **more: object) -> dict:
    """Return a slice by label with its recall."""
    found = {"slice": {"label": label}, "rows": rows, "metrics": {"recall": count / rows if rows else None}}
    return found | {"evidence": {"recall": share(count, rows)} if rows else {}, "incumbent": None} | more


def report(**facts: object) -> dict:
    """Return a report with evidence, that beats its baseline by far."""
    found = {
        "task": "classification", "metrics": {"accuracy": 0.95, "size_mb": 3.0},
        "evidence": {"accuracy": share(950, 1000), "size_mb": {"kind": "exact"}}, "slices": [],
        "rows": {"train": 4000, "holdout": 1000}, "incumbent": None, "cross_validation": None,
        "baseline": {
            "kind": "majority", "answer": "3", "metrics": {"accuracy": 0.1},
            "evidence": {"accuracy": {"kind": "paired", "better": 860, "worse": 10, "rows": 1000}},
        },
        "checks": [], "proof": {"refused": 2, "reason": None}, "accept": [],
    }  # fmt: skip
    return found | facts


def judged(thresholds: dict, **facts: object) -> list[Judgement]:
    return verdicts.judge(report(**facts), thresholds, "classification")


def said(thresholds: dict, **facts: object) -> list[str]:
    """Return what is said of the thresholds, each with its verdict."""
    found = [one for one in judged(thresholds, **facts) if len(one.place) > 1 and one.place[0] == "thresholds"]
    return [f"{one.verdict}: {one.reason}" for one in found]


@pytest.mark.parametrize(("count", "limit", "told"), [
    (950, 0.93, "pass: accuracy is 0.950 (0.937 to 0.960); it must be at least 0.93"),
    (950, 0.94, "cannot tell: accuracy is 0.950 (0.937 to 0.960); it must be at least 0.94, which could be told with about"
     " 5,200 rows"),
    (950, 0.955, "cannot tell: accuracy is 0.950 (0.937 to 0.960); it must be at least 0.955, which could be told with about"
     " 21,000 rows"),
    (950, 0.97, "fail: accuracy is 0.950 (0.937 to 0.960); it must be at least 0.97"),
    (950, 0.95, "cannot tell: accuracy is 0.950 (0.937 to 0.960); it must be at least 0.95, which no number of rows tells of"
     " such a value"),
])  # fmt: skip
def test_a_metric_passes_and_fails_where_that_is_sure_and_else_it_says_what_would_tell(
    count: int, limit: float, told: str
) -> None:
    found = said(
        {"accuracy": {"min": limit}}, metrics={"accuracy": count / 1000}, evidence={"accuracy": share(count, 1000)}
    )
    assert found == [told]


@given(st.integers(30, 3000), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.99))
def test_more_right_answers_never_make_a_verdict_worse(rows: int, one: float, other: float, limit: float) -> None:
    found = []
    for part in sorted((one, other)):
        count = round(part * rows)
        facts = {"metrics": {"accuracy": count / rows}, "evidence": {"accuracy": share(count, rows)}}
        (judgement,) = (one for one in judged({"accuracy": {"min": limit}}, **facts) if one.name == "accuracy")
        found.append(WORST_FIRST.index(judgement.verdict))
    assert found == sorted(found)


RECALLS = [98, 97, 84, 96, 99, 95, 93, 97, 96, 98]
WORST = {"recall": {"min": 0.8, "slice": "worst"}}


def labels(third: tuple[int, int]) -> list[dict]:
    """Return ten slices by label, of which the third has so many right of so many rows."""
    return [part(str(label), *(third if label == 2 else (count, 100))) for label, count in enumerate(RECALLS)]


@pytest.mark.parametrize(("asked", "third", "told"), [
    ("worst", (84, 100), "cannot tell: recall of the worst label (2) is 0.84 (0.77 to 0.89) on 100 rows; it must be at least"
     " 0.8, which could be told with about 910 rows"),
    ("worst", (95, 100), "pass: recall of the worst label (6) is 0.93 (0.88 to 0.96) on 100 rows; it must be at least 0.8"),
    ("worst", (71, 100), "cannot tell: recall of the worst label (2) is 0.71 (0.63 to 0.78) on 100 rows; it must be at least"
     " 0.8, which could be told with about 270 rows"),  # one of ten labels may be so by chance
    ("worst", (60, 100), "fail: recall of the worst label (2) is 0.60 (0.52 to 0.68) on 100 rows; it must be at least 0.8"),
    ("worst", (3, 3), "cannot tell: recall of the worst label (2) can't be judged, since 3 held-out rows are too few (min_rows"
     " is 30); it must be at least 0.8"),
    ({"label": 2}, (71, 100), "fail: recall of label 2 is 0.71 (0.63 to 0.78) on 100 rows; it must be at least 0.8"),
    ({"label": "2"}, (3, 3), "cannot tell: recall of label 2 can't be judged, since 3 held-out rows are too few (min_rows is"
     " 30); it must be at least 0.8"),
    ({"label": 12}, (3, 3), "cannot tell: recall of label 12 has no value, since no held-out row is in it (did you mean label"
     " 2?); it must be at least 0.8"),
])  # fmt: skip
def test_each_class_is_judged_by_its_own_rows_and_all_together_rarely_fail_by_chance(
    asked: object, third: tuple[int, int], told: str
) -> None:
    assert said({"recall": {"min": 0.8, "slice": asked}}, slices=labels(third)) == [told]


def test_small_slices_of_many_are_shown_and_not_judged_but_classes_and_named_ones_are() -> None:
    phones = [
        {"slice": {"source": name}, "rows": rows, "metrics": {"accuracy": 1.0}, "evidence": {"accuracy": share(rows, rows)},
         "incumbent": None} for name, rows in (("phone", 9), ("web", 400))]  # fmt: skip
    worst, named = {"min": 0.9, "slice": "worst"}, {"min": 0.9, "slice": {"source": "phone"}}
    assert said({"accuracy": worst}, slices=phones) == [
        "pass: accuracy of the worst slice (source web) is 1.0000 (0.9933 to 1.0000) on 400 rows; it must be at least 0.9"
    ]
    assert said(
        {"log_loss": {"max": 1, "slice": "worst"}},
        slices=[part("0", 99, 100)]
        + [one | {"metrics": {"log_loss": 0.1}, "evidence": {"log_loss": {"kind": "exact"}}} for one in phones],
    ) == ["pass: log_loss of the worst slice (source web) is 0.1; it must be at most 1"]  # labels have none
    assert said({"accuracy": named}, slices=phones) == [
        "cannot tell: accuracy of source phone can't be judged, since 9 held-out rows are too few (min_rows is 30); it must be"
        " at least 0.9"
    ]
    assert said({"accuracy": worst | {"min_rows": 500}}, slices=phones) == [
        "cannot tell: accuracy of the worst slice has no value, since no slice has 500 held-out rows; it must be at least 0.9"
    ]


def incumbent(better: int, worse: int, **more: object) -> dict:
    found = {"version": "1.0.0", "reason": None, "rows": 1000, "metrics": {"accuracy": 0.95 + (worse - better) / 1000}}
    found |= {"candidate": {"accuracy": 0.95}, "evidence": {"accuracy": paired(better, worse)}}
    return found | more


def paired(better: int, worse: int) -> dict:
    return {"kind": "paired", "better": better, "worse": worse, "rows": 1000}


@pytest.mark.parametrize(("better", "worse", "threshold", "told"), [
    (20, 30, {"max_drop": 0.03}, "pass: accuracy is 0.950 against 0.960 of 1.0.0, a change of -0.010 (-0.022 to 0.002); it may"
     " be at most 0.03 worse than 1.0.0"),
    (20, 30, {"max_drop": 0.02}, "cannot tell: accuracy is 0.950 against 0.960 of 1.0.0, a change of -0.010 (-0.022 to 0.002);"
     " it may be at most 0.02 worse than 1.0.0, which could be told with about 5,600 rows"),
    (10, 70, {"max_drop": 0.03}, "fail: accuracy is 0.950 against 1.010 of 1.0.0, a change of -0.060 (-0.074 to -0.045); it may"
     " be at most 0.03 worse than 1.0.0"),
    (20, 30, {"max_drop": 0.009, "by": "estimate"}, "fail: accuracy is 0.95 against 0.96 of 1.0.0 by estimate; it may be at most"
     " 0.009 worse than 1.0.0"),
])  # fmt: skip
def test_a_drop_is_judged_by_the_rows_on_which_both_versions_differ(
    better: int, worse: int, threshold: dict, told: str
) -> None:
    assert said({"accuracy": threshold}, incumbent=incumbent(better, worse)) == [told]


def test_a_latency_can_be_held_against_the_incumbents() -> None:
    timed = incumbent(1, 1, metrics={"latency_ms": 0.3}, candidate={"latency_ms": 0.5})
    timed["evidence"] = {"latency_ms": resampled(0.19, 0.21, 200)}
    found = [
        said({"latency_ms": {"max_drop": drop}}, incumbent=timed, metrics={"latency_ms": 0.5}) for drop in (0.1, 0.3)
    ]
    told = "latency_ms is 0.500 against 0.300 of 1.0.0, a change of 0.200 (0.190 to 0.210); it may be at most"
    assert found == [[f"fail: {told} 0.1 worse than 1.0.0"], [f"pass: {told} 0.3 worse than 1.0.0"]]
    for rows in 0, None:  # that the incumbent was not trained on, or nobody knows: a latency takes none
        timed["rows"] = rows
        again = [
            said({"latency_ms": {"max_drop": drop}}, incumbent=timed, metrics={"latency_ms": 0.5})
            for drop in (0.1, 0.3)
        ]
        assert again == found


def test_folds_may_be_asked_for_too() -> None:
    validated = {"accuracy": {"values": [0.95, 0.94, 0.72, 0.96, 0.95], "mean": 0.904, "std": 0.103}}
    asked = {
        "accuracy": [{"min": 0.9, "folds": "worst"}, {"min": 0.75, "folds": "mean"}, {"min": 0.8, "folds": "mean"}]
    }
    assert said(asked, cross_validation=validated) == [
        "fail: accuracy of the worst of 5 folds is 0.72; it must be at least 0.9",
        "pass: accuracy, the mean of 5 folds, is 0.90 (0.76 to 1.05); it must be at least 0.75",
        "cannot tell: accuracy, the mean of 5 folds, is 0.90 (0.76 to 1.05); it must be at least 0.8, which so many folds can't"
        " tell",
    ]


@pytest.mark.parametrize(("facts", "told"), [
    ({}, "pass: accuracy is 0.950 against 0.100 of always answering 3, a change of 0.850 (0.828 to 0.868); it must be better"),
    ({"baseline": None}, "cannot tell: nothing could be compared with a baseline, so it is not known whether a constant would do"
     " as well"),
    ({"baseline": {"kind": "majority", "answer": "0", "metrics": {"accuracy": 0.95}, "evidence": {"accuracy": paired(0, 0)}}},
     "cannot tell: accuracy is 0.9500 against 0.9500 of always answering 0, a change of 0.0000 (-0.0023 to 0.0023); it must be"
     " better, which no number of rows tells of such a value"),
    ({"baseline": {"kind": "mean", "answer": None, "metrics": {"accuracy": 0.99}, "evidence": {"accuracy": paired(5, 45)}}},
     "fail: accuracy is 0.950 against 0.990 of always answering the same, a change of -0.040 (-0.052 to -0.028); it must be"
     " better"),
])  # fmt: skip
def test_what_is_no_better_than_an_answer_without_a_model_never_passes(facts: dict, told: str) -> None:
    (found,) = (one for one in judged({"accuracy": {"min": 0.9}}, **facts) if one.name == "baseline")
    assert f"{found.verdict}: {found.reason}".startswith(told)


@pytest.mark.parametrize(("facts", "name", "told"), [
    ({"proof": {"refused": 1, "reason": "it let accuracy 0.8999 through"}}, "the gate itself",
     "cannot tell: the gate is broken: it let accuracy 0.8999 through; trust no verdict of it"),
    ({"proof": None}, "the gate itself",
     "cannot tell: the gate is broken: no planted candidate was held against it; trust no verdict of it"),
    ({"checks": [{"name": "test_blank", "outcome": "failed", "reason": "assert 7 != 7"}]}, "test_blank",
     "fail: test_blank failed: assert 7 != 7"),
    ({"checks": [{"name": "test_blank", "outcome": "timed out", "reason": None}]}, "test_blank",
     "cannot tell: test_blank timed out"),
    ({"checks": [{"name": "test_blank", "outcome": "skipped", "reason": "no GPU"}]}, "test_blank",
     "cannot tell: test_blank skipped: no GPU"),
    ({"evidence": {}}, "accuracy", "cannot tell: accuracy has no interval; `by: estimate` would do without; it must be at least"
     " 0.9"),
])  # fmt: skip
def test_what_could_not_be_made_sure_never_passes(facts: dict, name: str, told: str) -> None:
    found = judged({"accuracy": {"min": 0.9}}, **facts)
    assert [f"{one.verdict}: {one.reason}" for one in found if one.name == name] == [told]
    assert verdicts.overall(found) != "pass"


def taken(threshold: str) -> list[dict]:
    return [{"version": "1.1.0", "threshold": threshold, "reason": "Labelled twice.", "by": "ada"}]


def test_a_person_takes_a_doubt_but_never_a_fail() -> None:
    doubtful, failing = {"accuracy": {"min": 0.94}}, {"accuracy": {"min": 0.97}}
    (one,) = (one for one in judged(doubtful, accept=taken("accuracy.min")) if one.name == "accuracy")
    assert (one.verdict, one.accepted) == ("cannot tell", {"reason": "Labelled twice.", "by": "ada"})
    assert verdicts.overall(judged(doubtful, accept=taken("accuracy.min"))) == "pass"
    assert verdicts.overall(judged(doubtful, accept=taken("accuracy.max"))) == "cannot tell"
    assert verdicts.overall(judged(failing, accept=taken("accuracy.min"))) == "fail"
    assert said(failing, accept=taken("accuracy.min"))[0].endswith("; accept takes what can't be told, never a fail")


def test_a_report_with_all_that_there_is_follows_and_can_be_read_again(tmp_path) -> None:
    compared = {
        "rows": 90,
        "metrics": {"recall": 0.9},
        "candidate": {"recall": 0.95},
        "evidence": {"recall": paired(9, 4)},
    }
    facts = report(slices=[part("0", 95, 100, incumbent=compared)], incumbent=incumbent(20, 30))
    made = sample(**facts, thresholds={"accuracy": [{"min": 0.9}, {"max_drop": 0.03}], **WORST})
    assert made["verdict"] == "pass" and reporting.follows(made)
    (tmp_path / "report.json").write_text(documents.dump_json(made))
    assert documents.load_json(tmp_path / "report.json", "report", "report.json", "") == made
