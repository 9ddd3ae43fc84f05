"""A team's own metrics: called apart, off the network, with what went wrong in one line; judged, compared and planted like others."""

import json
from pathlib import Path

import numpy as np
import pytest
from test_marking import COLUMNS, answers, rows
from tinymodels import tiny

from registry.errors import RegistryError
from registry.judging import verdicts
from registry.examining.measuring import Team
from registry.scoring import marking, planted, resampling, scorecard
from registry.scoring.marking import Answers
from registry.scoring.planted import Ground, Stand

CODE = """\
import socket

import numpy as np

import helper


def cost(outputs, labels):
    return helper.PRICE * (outputs.argmax(axis=1) != labels)


def gini(outputs, labels, columns):
    assert columns["age"].tolist() == sorted(columns["age"]) or len(set(columns["age"])) < len(labels)
    return 2 * np.mean(outputs.argmax(axis=1) == labels) - 1


def fails(outputs, labels):
    return {}


"""
BETTER = {"cost": {"better": "lower"}, "gini": {"better": "higher"}}


def team(folder: Path, better: dict = BETTER, fault: str = "1 / 0") -> Team:
    folder.mkdir(exist_ok=True)
    (folder / "metrics.py").write_text(CODE.replace("{}", fault))
    (folder / "helper.py").write_text("PRICE = 5\n")
    return Team(str(folder), "models/tiny", better)


def answered(one: Team, seed: int = 1, count: int = 200) -> Answers:
    outputs, labels = answers(count, 3, seed)
    columns = {name: column[:count] for name, column in COLUMNS.items()}
    return Answers(rows(labels, 3, team=one, columns=columns), [outputs])


def test_one_number_a_row_and_one_number_of_all_are_metrics_as_sure_as_their_resamples(tmp_path: Path) -> None:
    one, other = (answered(team(tmp_path), seed) for seed in (1, 2))
    found = scorecard.whole(one)
    right = found["metrics"]["accuracy"]
    assert found["metrics"]["cost"] == pytest.approx(5 * (1 - right)) and found["metrics"]["gini"] == pytest.approx(
        2 * right - 1
    )
    widths = {name: np.ptp([found["evidence"][name][end][0] for end in ("low", "high")]) for name in BETTER}
    error = 2 * 1.645 * (right * (1 - right) / 200) ** 0.5
    assert widths == pytest.approx({"cost": 5 * error, "gini": 2 * error}, rel=0.2)
    both = scorecard.compared(one, other)
    assert (
        both["evidence"]["cost"]["low"][0]
        < both["candidate"]["cost"] - both["metrics"]["cost"]
        < both["evidence"]["cost"]["high"][0]
    )
    assert {*scorecard.slices(["source"], COLUMNS, one, None, np.ones(200, bool))[0]["metrics"]} == {*one.names}
    report = {"version": "1.0.0", "rows": {"holdout": 200}, "data": {}, "slices": [], "incumbent": None} | found
    judged = verdicts.judge(
        report | {"own_metrics": BETTER, "baseline": None},
        {"cost": {"max": 4}, "gini": {"min": 0.99}},
        "classification",
    )
    assert [(one.name, one.verdict) for one in judged if one.place[:1] == ("thresholds",)][:2] == [
        ("cost", "pass"),
        ("gini", "fail"),
    ]


def test_values_just_beyond_their_limits_are_planted_with_the_bounds_that_they_have(tmp_path: Path) -> None:
    grounds = [Ground(answered(team(tmp_path), seed), COLUMNS) for seed in (1, 2)]
    stand = Stand(*grounds, np.random.default_rng(3).gamma(9, 0.1, 200), [])
    asked = {"cost": {"max": 3, "max_drop": 0.5}, "gini": [{"min": 0.2}, {"max_drop": 0.1}]}
    assert planted.prove(stand, asked) == {"refused": 4, "reason": None}
    broken = planted.prove(stand, asked, lambda *args: [replaced(one) for one in verdicts.judge(*args)])
    assert broken["reason"].startswith("a planted candidate passed: cost is 3.0")


def replaced(one: verdicts.Judgement) -> verdicts.Judgement:
    return type(one)(**{**vars(one), "verdict": "pass"})


FAULTS = {
    "raise KeyError(labels[0])": "metrics.py:18: fails: KeyError: np.int64(",
    "[1, 2]": "metrics.py:17: fails: returned a list; return one number, or a NumPy array with one number a row",
    "np.ones(3)": "metrics.py:17: fails: returned an array of shape (3,) for 200 rows; return one number",
    "np.where(labels == 1, np.nan, 1)": "metrics.py:17: fails: returned NaN or infinity for ",
    "float('nan')": "metrics.py:17: fails: returned nan; return one number",
    "labels.astype(str)": "metrics.py:17: fails: returned a ndarray; return one number",
    "labels.__setitem__(0, 1)": "metrics.py:18: fails: ValueError: assignment destination is read-only",
    "socket.create_connection(('192.0.2.1', 80), 1)": "metrics.py:18: fails: OSError: [Errno 101] Network is unreachable",
    "__import__('os')._exit(3)": "metrics.py: its process ended with exit code 3, and without an answer",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_metric_that_is_none_is_told_in_one_line(tmp_path: Path, fault: str) -> None:
    returned = fault.removeprefix("raise ") if fault.startswith("raise") else fault
    one = team(tmp_path, {"fails": {"better": "lower"}}, returned)
    if fault.startswith("raise"):
        path = tmp_path / "metrics.py"
        path.write_text(path.read_text().replace(f"return {returned}", fault))
    with pytest.raises(RegistryError) as error:
        answered(one).value("fails")
    (problem,) = error.value.problems
    assert str(problem).removeprefix("models/tiny/").startswith(FAULTS[fault])


def test_one_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.workers.quota.CHECKS", 1e-4)
    one = team(tmp_path, {"fails": {"better": "lower"}}, "[None for _ in iter(int, 1)]")
    with pytest.raises(RegistryError, match="models/tiny/metrics.py: its process took more than"):
        answered(one).value("fails")


def test_a_judged_model_is_measured_by_the_metrics_of_its_team(tmp_path: Path) -> None:
    found = tiny(tmp_path / "tiny")
    team(tmp_path / "own")
    (tmp_path / "own/metrics.py").write_text(
        "def cost(outputs, labels):\n    return 2.0 * (outputs.argmax(1) != labels)\n"
    )
    better = {"cost": {"better": "lower"}}
    found.asked["team"] = {"folder": str(tmp_path / "own"), "place": "models/tiny", "better": better}
    found.asked["thresholds"] = {"cost": {"max": 2}}
    found.train()
    report = json.loads(json.dumps(found.assess()))
    assert report["own_metrics"] == better
    assert report["metrics"]["cost"] == pytest.approx(2 * (1 - report["metrics"]["accuracy"]))
    assert report["baseline"]["metrics"]["cost"] > 0 and report["proof"] == {"refused": 1, "reason": None}
    assert report["runtimes"]["litert"]["cost"] == report["metrics"]["cost"]


def test_a_mean_of_rows_is_that_of_the_bootstrap_of_sums() -> None:
    each = np.random.default_rng(1).normal(size=300)
    found = resampling.mean("cost", each, resampling.units(300, None))
    assert found.values[0] == pytest.approx(each.mean())
    assert marking.resampled(found, 300)["low"][0] < each.mean()
