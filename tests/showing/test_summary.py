"""The one value that people are told of a report by: what it claims, in which colour, and what it says of why."""

import re
from pathlib import Path

import build
import pytest
import samples
from samples import accepted, better, failing, first, houses, report, sure, undecided, worse

from registry.evidence import intervals
from registry.judging.candidates import Candidate
from registry.publishing import pages
from registry.pulls import comments
from registry.pulls.comments import Checked
from registry.showing import plots, reportpage, sections, summary, tabular
from registry.showing.summary import BLUE, GREEN, PURPLE, RED, YELLOW

APART = "0.5 points more (-0.3 to 1.3)"
UNSCORED = {"version": "1.1.0", "metrics": None, "reason": "the tar is damaged"}
TOLD = {
    "better": (better, GREEN, "digits 1.2.0 passes, and is better than 1.1.0: accuracy 0.968 (0.958 to 0.976), 1.6 points more"),
    "worse": (worse, PURPLE, "digits 1.2.0 passes, but is worse than 1.1.0: accuracy 0.955 (0.943 to 0.965), 0.8 points less"),
    "alike": (sure, BLUE, f"digits 1.2.0 passes, and is not told apart from 1.1.0: accuracy 0.956 (0.944 to 0.965), {APART}"),
    "fails": (failing, RED, "digits 1.2.0 fails, and is worse than 1.1.0: accuracy 0.902 (0.885 to 0.916), 6.2 points less"),
    "fails, better": (
        lambda: better(thresholds={"accuracy": {"min": 0.99}}), RED,
        "digits 1.2.0 fails, but is better than 1.1.0: accuracy 0.968 (0.958 to 0.976), 1.6 points more"),
    "doubt": (
        undecided, YELLOW,
        f"cannot tell whether digits 1.2.0 passes, and it is not told apart from 1.1.0: accuracy 0.956 (0.944 to 0.965), {APART}"),
    "accepted": (
        accepted, PURPLE,
        "digits 1.2.0 passes, since ada accepted what can't be told, and is not told apart from 1.1.0: accuracy 0.956"
        f" (0.944 to 0.965), {APART}"),
    "less is better": (houses, GREEN, "houses 1.2.0 passes, and is better than 1.1.0: mae 2.41 (2.26 to 2.56), 0.19 less"),
    "first": (first, GREEN, "digits 1.0.0 passes, and is the first version: accuracy 0.951"),
    "not scored": (
        lambda: sure(incumbent=UNSCORED), YELLOW,
        "cannot tell whether digits 1.2.0 passes, and it is not comparable with 1.1.0: accuracy 0.956 (0.944 to 0.965)"),
    "older than evidence": (report, BLUE, "digits 1.1.0 passes: accuracy 0.956, 0.5 points more than 1.0.0, by estimate"),
    "nothing measured": (
        lambda: report(metrics={}, thresholds={}, incumbent=None), BLUE, "digits 1.1.0 passes"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_the_verdict_and_the_comparison_are_told_in_one_colour(case: str) -> None:
    make, kind, headline = TOLD[case]
    told = summary.summarize(make())
    assert (told.kind, told.headline) == (kind, headline)


def test_better_and_worse_are_what_the_interval_of_the_difference_says() -> None:
    for gained, lost in ((20, 4), (4, 20), (9, 9), (3, 11), (6, 12)):
        made = sure(better=gained, worse=lost)
        low, high = intervals.bounds(made["incumbent"]["evidence"]["accuracy"], (gained - lost) / 1000)
        wanted = "better" if low > 0 else "worse" if high < 0 else "not told apart"
        assert f" is {wanted} " in summary.summarize(made).headline


def test_an_incumbent_that_may_know_the_rows_makes_nothing_worse() -> None:
    """It has an advantage, in spite of which a version may be better."""
    for make, relation in ((worse, ""), (sure, ""), (better, "better than 1.1.0")):
        made = make()
        made["incumbent"] |= {"rows": None}
        assert summary.summarize(made).relation == relation


def test_the_first_metric_that_was_asked_of_all_rows_leads() -> None:
    asked = {"recall": {"min": 0.8}, "accuracy": {"min": 0.7, "slice": "worst"}, "latency_ms": {"max": 20}}
    assert summary.leading(sure(thresholds=asked)) == "recall"
    assert summary.leading(sure(thresholds={"latency_ms": {"max": 20}})) == "accuracy"


def test_reasons_are_the_worst_first_and_a_doubt_says_what_would_settle_it() -> None:
    told = summary.summarize(failing(thresholds={"accuracy": {"min": 0.9}, "recall": {"min": 0.8, "slice": "worst"}}))
    assert told.reasons == [
        "recall of the worst label (7) is 0.61 (0.53 to 0.69) on 100 rows; it must be at least 0.8",
        "accuracy is 0.902 (0.885 to 0.916); it must be at least 0.9, which could be told with about 240,000 rows",
    ]
    assert told.because == f"{told.reasons[0]} (and 1 more)"
    assert [(row.mark, row.metric) for row in told.rows] == [("✗", "recall of the worst label (7)"), ("?", "accuracy")]
    assert told.lost == "label 7: recall 0.61 against 0.96 on 100 rows, 35 points less"


def test_limits_that_so_many_rows_cannot_tell_are_told_wherever_the_report_is(capsys: pytest.CaptureFixture) -> None:
    """A limit that this version was left in doubt of is told as its reason."""
    made = sure(thresholds={"accuracy": {"min": 0.9, "max_drop": 0.01}}, right=970, better=20, worse=4)
    untold = (
        "thresholds.accuracy.max_drop: 0.01 needs about 2,800 rows; these 1,000 can see drops of 1.7 points in accuracy"
    )
    assert made["verdict"] == "pass" and summary.summarize(made).untold == [untold]
    for page in reportpage.page(made), comments.comment(Checked(reports=[made])), pages.page(samples.release(made)):
        assert f"\n- {untold}\n" in page
    build.speak(Candidate(Path("candidates/digits"), made))
    assert f"\ntoo few rows: {untold}\n" in capsys.readouterr().out
    assert summary.summarize(undecided()).untold == summary.summarize(report()).untold == []


def test_no_digest_and_no_class_makes_a_page_wider_than_a_phone() -> None:
    """In a table nothing breaks but at spaces; in lists all does."""
    matrix = [[90 if a == b else (a * b) % 7 for a in range(30)] for b in range(30)]
    page = reportpage.page(sure(confusion=matrix))
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert max(line.count(" | ") for line in rows) <= 3
    assert max(len(word) for line in rows for word in re.split(r"[\s|]|<br>", line)) < 30
    told = page.partition("\n| is | taken for | rows |\n| --- | --- | --- |\n")[2].split("\n\n")
    assert told[0].splitlines()[0] == f"| 1 | 6 | 6 of {sum(matrix[1])} |" and re.fullmatch(r"and \d+ more", told[1])
    assert f"\n- **fingerprint**: `{'4f' * 32}`\n" in page


def test_what_must_be_so_for_every_model_is_told_where_it_is_not() -> None:
    broken = sure(checks=[{"name": "test_zero", "outcome": "failed", "reason": "said 8"}],
                  proof={"refused": 1, "reason": "it passed a recall of 0"})  # fmt: skip
    told = summary.summarize(broken)
    assert told.reasons == [
        "test_zero failed: said 8", "the gate is broken: it passed a recall of 0; trust no verdict of it",
    ]  # fmt: skip
    assert [row.metric for row in told.rows[:2]] == ["test_zero", "the gate itself"]
    assert not {"test_zero", "gate"} & {one.split()[0] for one in told.held_by}


def test_a_limit_by_estimate_is_marked_wherever_it_is_shown() -> None:
    made = sure(thresholds={"accuracy": {"min": 0.95, "by": "estimate"}})
    assert [row.metric for row in summary.summarize(made).rows] == ["accuracy, by estimate"]
    assert "| **✓** accuracy, by estimate | 0.956<br>0.944 to 0.965 |" in sections.metrics(summary.summarize(made))


def test_a_recorded_version_is_told_in_the_same_rows() -> None:
    rows = tabular.recorded(failing()["judgements"])
    assert [(row.mark, row.metric, row.new, row.asked) for row in rows[:2]] == [
        ("✗", "accuracy", "0.902", ["≥ 0.9", "≤ 0.03 worse"]), ("✗", "recall of the worst label (7)", "0.61", ["≥ 0.8"]),
    ]  # fmt: skip


def test_a_regression_has_pictures_of_its_own_and_bins_keep_their_order() -> None:
    ages, residuals, folds = plots.charts(houses())
    assert (ages.title, ages.labels, ages.is_ordered) == (
        "mae by age", ["below 20", "20 to 30", "30 to 40", "40 and above"], True,
    )  # fmt: skip
    assert (ages.beside, ages.level) == (("1.1.0", [2.5, 2.5, 2.5, 2.5]), ("at most 4", 4))
    assert (residuals.labels, residuals.values, residuals.is_signed) == (
        ["15", "25", "35", "45"],
        [0.3, -0.2, -0.6, -1.4],
        True,
    )
    assert (folds.is_ordered, folds.level) == (False, ("their mean", 2.4))


def test_numbers_of_a_stranger_that_no_build_writes_are_left_out_of_the_pictures() -> None:
    bins = [{"low": 0, "high": 1, "rows": 9, "predicted": 0.5, "observed": observed} for observed in (3, -1)]
    folds = {"accuracy": {"values": [0.9, 0.95], "mean": None, "std": None}}
    (_, drawn) = plots.charts(sure(calibration={"bins": bins}, cross_validation=folds))
    assert (drawn.title, drawn.level) == ("accuracy by fold", ("their mean", 0.925))


def test_of_thousands_of_slices_the_worst_come_first_everywhere() -> None:
    labels = [samples._label(str(label), 99 - label % 40) for label in range(3000)]
    made = sure(slices=labels, thresholds={"recall": {"min": 0.5, "slice": "worst"}})
    told, table, (forest, *_) = summary.summarize(made), sections.slices(made), plots.charts(made)
    assert told.lost.startswith("label 39: recall 0.60 against 0.96 on 100 rows, 36 points less")
    assert table.splitlines()[2].startswith("| label 39 | 0.60<br>") and table.endswith("\n\nand 2,950 more")
    assert (forest.heading(12), forest.labels[0], len(forest.labels)) == (
        "recall by label, the 12 worst of 3,000",
        "39",
        30,
    )
