"""What max_drop makes of the rows that are left, once those are gone that the incumbent was trained on."""

from pathlib import Path

import pytest
from samples import report

from registry.formats import documents
from registry.judging import reporting
from registry.showing import reportpage, sections, summary

LEAVE_OUT = "leave max_drop out of this version's thresholds, and write it again for the next"
LIMIT = "it may be at most 0.01 worse than 1.0.0"
UNSAID = "its release does not say whether 1.0.0 was trained on these rows"
CASES = {
    "all rows": (1000, 0.97, 0.965, "pass", f"accuracy is 0.965 against 0.97 of 1.0.0; {LIMIT}"),
    "all rows, worse": (1000, 0.97, 0.95, "fail", f"accuracy is 0.95 against 0.97 of 1.0.0; {LIMIT}"),
    "fewer": (
        200, 0.94, 0.95, "pass",
        f"accuracy is 0.95 against 0.94 of 1.0.0 on the 200 held-out rows that it was not trained on; {LIMIT}"),
    "fewer, worse": (
        30, 0.97, 0.95, "fail",
        f"accuracy is 0.95 against 0.97 of 1.0.0 on the 30 held-out rows that it was not trained on; {LIMIT}"),
    "too few": (
        29, None, None, "cannot tell",
        "accuracy can't be compared with 1.0.0: it was trained on all but 29 of the 1000 held-out rows, and it takes 30"
        f" to tell; {LEAVE_OUT}"),
    "none": (
        0, None, None, "cannot tell",
        "accuracy can't be compared with 1.0.0: it was trained on all but 0 of the 1000 held-out rows, and it takes 30"
        f" to tell; {LEAVE_OUT}"),
    "not known": (None, 0.96, 0.956, "pass", f"accuracy is 0.956 against 0.96 of 1.0.0; {LIMIT}, and {UNSAID}"),
    "not known, worse": (
        None, 0.99, 0.956, "cannot tell",
        f"accuracy is 0.956 against 0.99 of 1.0.0; {LIMIT}, and {UNSAID}; {LEAVE_OUT}"),
}  # fmt: skip


def compared(rows: int | None, old: float | None, new: float | None) -> dict:
    """Return the report of a candidate that has 0.956 on all rows, beside what both have on some of them."""
    found = {
        name: {} if value is None else {"accuracy": value} for name, value in (("metrics", old), ("candidate", new))
    }
    incumbent = {"version": "1.0.0", "reason": None, "rows": rows, **found}
    return report(thresholds={"accuracy": {"min": 0.9, "max_drop": 0.01}}, incumbent=incumbent)


@pytest.mark.parametrize("case", CASES)
def test_the_verdict_is_of_the_rows_that_are_left_and_says_so(case: str, tmp_path: Path) -> None:
    rows, old, new, verdict, reason = CASES[case]
    made = compared(rows, old, new)
    _, least, drop = made["judgements"]
    assert (least["value"], least["verdict"]) == (0.956, "pass")
    assert (drop["verdict"], drop["reason"]) == (verdict, reason)
    assert made["verdict"] == verdict
    assert reporting.follows(made)
    assert verdict == "pass" or sections.text(reason) in reportpage.page(made)
    (tmp_path / "report.json").write_text(documents.dump_json(made))
    assert documents.load_json(tmp_path / "report.json", "report", "report.json", "") == made


def test_what_is_recorded_of_the_rows_is_told() -> None:
    told = sections.origin(report())
    assert "\n- **rows**: 4,000 for training, 1,000 held out\n" in told and "record of the rows" not in told
    rows, trained = {"train": 4000, "holdout": 1000, "shared": 12}, {"kind": "groups", "size": 7_500}
    told = sections.origin(report(rows=rows, trained=trained))
    assert (
        "- **rows**: 4,000 for training, 1,000 held out; 12 of these equal one for training, of another group" in told
    )
    assert (
        "- **record of the rows**: groups for training, by their hashes, 7,500 bytes that size_mb does not count"
        in told
    )


def test_a_change_is_told_of_the_same_rows() -> None:
    told = summary.summarize(compared(200, 0.94, 0.95))
    assert sections.metrics(told).splitlines()[::2] == [
        "| metric | new | old (1.0.0 on 200 rows new to it), change | asked |",
        "| **✓** accuracy | 0.956 | 0.94<br>+0.01, better | ≥ 0.9<br>≤ 0.01 worse |",
    ]
    assert summary.summarize(compared(3, None, None)).before == "1.0.0 as recorded"
    assert summary.summarize(compared(1000, 0.94, 0.95)).before == "1.0.0"
