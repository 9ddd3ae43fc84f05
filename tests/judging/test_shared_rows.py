"""Held-out rows that equal one to train with are held against a limit: where they are a file of their own, none may."""

from pathlib import Path

import pytest
from forks import verb
from mistakes import replace
from registries import candidate
from samples import report

from registry.formats import documents
from registry.judging import reporting
from registry.showing import reportpage, sections, summary

APART = {"path": "rows.csv", "sha256": "84" * 32, "holdout": {"path": "exam.csv", "sha256": "85" * 32}}
WRITTEN = ["thresholds", "shared", "max"]
EQUAL = "held-out rows equal one to train with, which is"
ANOTHER = "or allow more by thresholds.shared where they are different cases"
FILES, GROUPS = f"take them out of either file, {ANOTHER}", f"give equal rows the same group, {ANOTHER}"
UNKNOWN = "it is not known how many held-out rows equal one to train with; it must be at most"


@pytest.mark.parametrize(("apart", "limit", "shared", "place", "said"), [
    (True, None, 0, ["data", "holdout"], f"pass: 0 of 1,000 {EQUAL} 0; it must be at most 0"),
    (True, None, 1, ["data", "holdout"], f"fail: 1 of 1,000 {EQUAL} 0.001; it must be at most 0: {FILES}"),
    (True, 0.02, 20, WRITTEN, f"pass: 20 of 1,000 {EQUAL} 0.02; it must be at most 0.02"),
    (True, 0.02, 21, WRITTEN, f"fail: 21 of 1,000 {EQUAL} 0.021; it must be at most 0.02: {FILES}"),
    (True, 1, 1000, WRITTEN, f"pass: 1,000 of 1,000 {EQUAL} 1; it must be at most 1"),
    (False, 0.02, 21, WRITTEN, f"fail: 21 of 1,000 {EQUAL} 0.021; it must be at most 0.02: {GROUPS}"),
    (True, None, None, ["data", "holdout"], f"cannot tell: {UNKNOWN} 0"),
    (False, 0, None, WRITTEN, f"cannot tell: {UNKNOWN} 0"),
])  # fmt: skip
def test_more_than_may_be_is_a_failure_and_what_is_not_known_is_no_pass(
    tmp_path: Path, apart: bool, limit: float | None, shared: int | None, place: list[str], said: str
) -> None:
    facts = {"data": APART} if apart else {}
    rows = {"train": 4000, "holdout": 1000} | ({} if shared is None else {"shared": shared})
    thresholds = {"accuracy": {"min": 0.9}} | ({} if limit is None else {"shared": {"max": limit}})
    made = report(rows=rows, thresholds=thresholds, **facts)
    found = made["judgements"][-1]
    assert (found["place"], f"{found['verdict']}: {found['reason']}") == (place, said)
    assert made["verdict"] == found["verdict"] and reporting.follows(made)
    told = summary.summarize(made)
    assert told.because.startswith("accuracy 0.956" if made["verdict"] == "pass" else found["reason"])
    shown = [(row.new, row.asked) for row in told.rows if row.metric == "shared rows"]
    is_shown = place == WRITTEN or made["verdict"] != "pass"
    assert shown == [(sections.number(found["value"]), [f"≤ {limit or 0:g}"])] * is_shown
    assert is_shown or found["reason"] in told.held_by
    (tmp_path / "report.json").write_text(documents.dump_json(made))
    assert documents.load_json(tmp_path / "report.json", "report", "report.json", "") == made


def test_equal_rows_of_different_groups_have_no_limit_unless_it_is_written() -> None:
    made = report(rows={"train": 4000, "holdout": 1000, "shared": 999})
    assert made["verdict"] == "pass" and "shared rows" not in reportpage.page(made)


def test_nearly_equal_rows_that_nobody_can_tell_are_no_pass_and_the_limit_is_to_go() -> None:
    rows, limits = {"train": 4000, "holdout": 1000, "shared": 0, "near": None}, {"leakage": {"max": 0.5}}
    found = report(rows=rows, thresholds=limits)["judgements"][-1]
    assert (found["verdict"], found["reason"]) == (
        "cannot tell",
        "it is not known how many held-out rows nearly equal one to train with; it must be at most 0.5, which is told of"
        " pixels, and of rows of nothing but text: leave it out",
    )


def test_a_report_tells_both_files_and_how_many_rows_are_in_both() -> None:
    told = sections.origin(report(data=APART, rows={"train": 4000, "holdout": 1000, "shared": 12}))
    assert f"\n- **data**: `rows.csv`, SHA-256 `{'84' * 32}`\n" in told
    assert f"\n- **data.holdout**: `exam.csv`, SHA-256 `{'85' * 32}`\n" in told
    assert "\n- **rows**: 4,000 for training, 1,000 held out; 12 of these equal one for training\n" in told


def test_a_label_without_a_row_is_not_blamed_on_a_share() -> None:
    asked = {"recall": {"min": 0.8, "slice": "worst"}}
    slices, rows = {"0": {"recall": None}}, {"train": 400, "holdout": 100, "shared": 0}
    found = report(data=APART, thresholds=asked, slices=slices, rows=rows)["judgements"][1]
    assert "since no held-out row has that label (bring more rows of it); it must be" in found["reason"]


def test_a_candidate_above_the_limit_is_not_released_and_the_line_that_asks_is_told(root: Path) -> None:
    replace(root, "models/digits/model.yaml", "  size_mb: {max: 10}\n", "  size_mb: {max: 10}\n  shared: {max: 0.1}\n")
    candidate(root, rows={"train": 80, "holdout": 40, "shared": 5})
    line = (root / "models/digits/model.yaml").read_text("utf-8").splitlines().index("  shared: {max: 0.1}") + 1
    assert verb(root, "publish", "digits", code=1) == (
        f"models/digits/model.yaml:{line}: thresholds.shared.max: 5 of 40 {EQUAL} 0.125; it must be at most 0.1:"
        f" {GROUPS}\n1 problem\n"
    )
