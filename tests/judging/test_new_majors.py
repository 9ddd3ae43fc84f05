"""A new MAJOR that changes inputs or outputs can't be held against the incumbent: max_drop is dropped, and told."""

from pathlib import Path

import pytest
from samples import report

from registry.formats import documents
from registry.judging import reporting
from registry.pulls import comments
from registry.pulls.comments import Checked
from registry.showing import reportpage, sections

HERE = {"inputs": [{"name": "image", "dtype": "float32", "shape": [None, 28, 28, 1]}],
        "outputs": [{"name": "output_0", "dtype": "float32", "shape": [None, 10]}]}  # fmt: skip
OTHER = {"inputs": [{"name": "pixels", "dtype": "float32", "shape": [None, 784]}],
         "outputs": [{"name": "output_0", "dtype": "float32", "shape": [None, 12]}]}  # fmt: skip
FED = "input image takes (None, 28, 28, 1), but load() returns (1000, 784)"
CAN_NOT = "accuracy can't be compared with 1.0.0"
LEAVE = "see that 1.0.0 can be fetched and run here, or leave max_drop out of this version's thresholds"


def judged(version: str, *, metrics: dict | None = None, accuracy: object = 0.956, **signature: object) -> dict:
    """Return a report of a candidate beside 1.0.0, which could be scored only where it has metrics."""
    incumbent = {"version": "1.0.0", "metrics": metrics, "reason": None if metrics else FED} | signature
    found = {"accuracy": accuracy, "latency_ms": 0.3, "size_mb": 1.8}
    return report(version=version, incumbent=incumbent, metrics=found, thresholds={"accuracy": {"max_drop": 0.01}})


def said(made: dict) -> tuple[str, str, str]:
    (one,) = [one for one in made["judgements"] if one["place"][-1] == "max_drop"]
    return one["verdict"], one["asked"], one["reason"]


@pytest.mark.parametrize(("differ", "signature"), [
    ("inputs", HERE | {"inputs": OTHER["inputs"]}),
    ("outputs", HERE | {"outputs": OTHER["outputs"]}),
    ("inputs and outputs", OTHER),
])  # fmt: skip
def test_it_is_dropped_with_the_reason_in_the_report_and_on_the_pull_request(differ: str, signature: dict) -> None:
    made = judged("2.0.0", **signature)
    why = f"max_drop of accuracy is dropped: 2.0.0 is a new MAJOR, whose {differ} differ from 1.0.0"
    assert said(made) == ("pass", "at most 0.01 worse than 1.0.0 (dropped)", why)
    assert made["verdict"] == "pass"
    assert reporting.follows(made)
    shown = sections.text(why)
    assert shown in reportpage.page(made)
    assert shown in comments.comment(Checked(reports=[made]))


def test_without_a_new_major_it_is_no_pass_and_says_which_version_drops_it() -> None:
    advice = "raise version to 2.0.0, which asks clients to change: max_drop is dropped then"
    verdict, _, why = said(judged("1.1.0", **OTHER))
    assert (verdict, why) == ("cannot tell", f"{CAN_NOT}, whose inputs and outputs differ; {advice}")


@pytest.mark.parametrize("signature", [{}, {"inputs": None, "outputs": None}, HERE], ids=["old", "unread", "the same"])
def test_an_incumbent_that_only_can_not_be_run_is_no_pass_in_a_new_major_either(signature: dict) -> None:
    verdict, _, why = said(judged("2.0.0", **signature))
    assert (verdict, why) == ("cannot tell", f"{CAN_NOT}: {FED}; {LEAVE}")


def test_one_that_could_be_scored_is_compared_whatever_its_signature() -> None:
    assert said(judged("2.0.0", metrics={"accuracy": 0.99}, **OTHER))[0] == "fail"
    assert said(judged("2.0.0", metrics={"accuracy": 0.95}, **OTHER))[0] == "pass"
    assert said(judged("2.0.0", metrics={"accuracy": None}, **OTHER))[0] == "cannot tell"


def test_a_candidate_without_a_value_is_no_pass() -> None:
    assert said(judged("2.0.0", accuracy=None, **OTHER))[0] == "cannot tell"


def test_a_report_says_what_the_incumbent_takes_and_gives(tmp_path: Path) -> None:
    for signature in OTHER, {"inputs": None, "outputs": None}, {}:
        made = judged("2.0.0", **signature)
        (tmp_path / "report.json").write_text(documents.dump_json(made))
        assert documents.load_json(tmp_path / "report.json", "report", "report.json", "") == made
