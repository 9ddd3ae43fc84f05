"""Which trial is best, which are not told apart from it, and what is written of that."""

import pytest

from registry.tuning import pictures, results, trials
from registry.tuning.space import Axis
from registry.tuning.trials import Found, Trial

OWN = {"epochs": 5, "act": "relu"}
AXES = [Axis("epochs", 1, 40, is_whole=True), Axis("act", choices=("relu", "tanh"))]
FOLDS = [0.01, -0.01, 0.02, -0.02, 0.0]  # what every trial meets: hard and easy folds
NOISE = [1, 1, -1, -1, 0]


def trial(number: int, mean: float, noise: float = 0.0, **arguments: object) -> Trial:
    """Return a trial whose folds differ from those of others by noise, too."""
    values = [mean + fold + noise * one for fold, one in zip(FOLDS, NOISE, strict=True)]
    return Trial(number, arguments or {"epochs": number, "act": "tanh"}, values, 10.4)


def found(*those: Trial, is_rising: bool = True) -> Found:
    return Found("digits", "accuracy", is_rising, ["epochs", "act"], OWN, those)


def test_folds_that_are_hard_for_all_hide_no_difference() -> None:
    """Unpaired, 0.02 would drown in folds that differ by as much."""
    both = found(trial(0, 0.90, 0.001, **OWN), trial(1, 0.92))
    assert (both.ranked[0].number, both.alike, both.chosen.number) == (1, [], 1)


def test_the_corrected_test_is_that_of_nadeau_and_bengio() -> None:
    """By hand: differences 0.02 ± 0.01 over 5 folds, error s·√(1/5 + 1/4), Student's t with 4 degrees of freedom."""
    one, other = Trial(0, {}, [0.93, 0.90, 0.93, 0.91, 0.93]), Trial(1, {}, [0.90, 0.89, 0.91, 0.90, 0.90])
    difference, deviation = 0.02, 0.01
    t = difference / (deviation * (1 / 5 + 1 / 4) ** 0.5)
    assert t == pytest.approx(2.981, abs=0.001)
    assert trials._doubt(one, other, True) == pytest.approx(0.0203, abs=0.0002)  # of a table of Student's t
    assert trials._doubt(other, one, False) == pytest.approx(0.0203, abs=0.0002)


def test_the_best_of_many_must_be_more_sure_than_the_better_of_two() -> None:
    best, own = trial(1, 0.915, 0.004), trial(0, 0.90, **OWN)
    assert found(own, best).alike == []
    many = [trial(number, 0.905, 0.02) for number in range(2, 22)]
    assert own in found(own, best, *many).alike


def test_the_spec_s_own_arguments_stay_where_nothing_tells_them_apart() -> None:
    both = found(trial(0, 0.90, **OWN), trial(7, 0.905, 0.01))
    assert (both.ranked[0].number, both.alike[0].number, both.chosen.number) == (7, 0, 0)
    assert [*results.sentences(both)] == [
        "best: trial 7, accuracy 0.905 ± 0.019 over 5 folds: epochs 7, act tanh",
        "not told apart from it: 0 (the spec's own)",
        "the spec's own (trial 0) is as good, as far as these folds tell, so nothing has to change: accuracy 0.900 ± 0.016",
    ]


def test_what_is_better_is_lower_for_some_metrics() -> None:
    both = found(trial(0, 0.90, 0.001, **OWN), trial(1, 0.92), is_rising=False)
    assert (both.ranked[0].number, both.chosen.number) == (0, 0)
    assert [*pictures.bars(both, AXES)][0].beside == (pictures.SO_FAR, [both.ranked[0].mean] * 2)


def test_the_table_begins_with_the_best_and_ends_with_what_failed() -> None:
    those = found(
        trial(0, 0.90, 0.001, **OWN),
        trial(1, 0.93),
        Trial(2, {"epochs": 40, "act": "relu"}, reason="models/digits/model.py:3: train: @octo [x](y)"),
        trial(3, 0.9301, 0.0004, epochs=9, act="relu"),
        Trial(4, {"epochs": 8, "act": "relu"}),
    )
    assert results.heads(those) == ["trial", "accuracy", "epochs", "act", "seconds", ""]
    assert results.rows(those) == [
        ["3", "0.930 ± 0.016", "9", "relu", "10", ""],
        ["1", "0.930 ± 0.016", "1", "tanh", "10", "not told apart"],
        ["0", "0.900 ± 0.016", "5", "relu", "10", "the spec's own"],
        ["2", "failed", "40", "relu", "", ""],
    ]
    assert results.failures(those) == [
        "trial 2 failed (epochs 40, act relu): models/digits/model.py:3: train: @octo [x](y)"
    ]
    page = results.page(those, AXES)
    assert page.count("```mermaid") == 3 and "octo" not in page and "- 1 failed" in page
    assert "| 3 | 0.930 ± 0.016 | 9 | relu | 10 |  |" in page


def test_a_metric_that_is_no_number_fails_its_trial() -> None:
    read = trials.read(3, {"epochs": 1}, [{"accuracy": 0.9}, {"accuracy": None}, {}], "accuracy", 2.0)
    assert (read.values, read.reason) == ((), "accuracy is no number in fold 2")
    assert trials.read(3, {}, [{"accuracy": 0.9}] * 2, "accuracy", 2.0).mean == 0.9
    assert found(read).ranked == [] and found(read).chosen is None


def test_many_trials_are_drawn_as_few_groups() -> None:
    those = found(*(trial(number, 0.5 + number / 100, epochs=number % 40, act="relu") for number in range(50)))
    history, epochs, act = pictures.bars(those, AXES)
    assert (len(history.values), history.labels[0], history.labels[-1]) == (8, "0 to 5", "44 to 49")
    assert epochs.labels[0] == "0 to 2" and act.labels == ["relu"]
    dots = [*pictures.dots(those, AXES)]
    assert [len(one.places) for one in dots] == [50, 50, 0]
