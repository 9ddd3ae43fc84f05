"""How sure a metric is: the same as scikit-learn's value and SciPy's bootstrap, and never more than the rows can tell."""

import numpy as np
import pytest
from scipy import stats

from registry.evidence.slices import called
from registry.judging import conditions, questions
from registry.scoring import calibration, evaluation, marking, resampling, scorecard, slicing, timing
from registry.scoring.marking import Answers, Rows

CLASSES = {"two": 2, "three, one of them rare": 3, "ten": 10}


def answers(count: int, classes: int, seed: int = 1, sharp: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities of a model that is often right, and labels, the last class being rare."""
    draw = np.random.default_rng(0)
    shares = np.r_[np.ones(classes - 1), 0.1]
    labels = draw.choice(classes, count, p=shares / shares.sum())
    scores = np.random.default_rng(seed).normal(size=(count, classes))
    scores[np.arange(count), labels] += sharp
    outputs = np.exp(scores)
    return outputs / outputs.sum(axis=1, keepdims=True), labels


def rows(labels: np.ndarray, classes: int, groups: np.ndarray | None = None, **more: object) -> Rows:
    task = "classification" if classes else "regression"
    return Rows(task, labels, classes, resampling.units(len(labels), groups), groups is None, **more)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("digits", [2, 17], ids=["with ties", "without"])
def test_what_follows_from_the_totals_is_what_scikit_learn_says(kind: str, digits: int) -> None:
    outputs, labels = answers(700, CLASSES[kind])
    outputs = (found := outputs.round(digits)) / found.sum(axis=1, keepdims=True)
    decision = 0.3 if CLASSES[kind] == 2 else None
    one = Answers(rows(labels, CLASSES[kind], decision=decision), [outputs])
    assert {key: one.sample(key).values[0] for key in one.metrics} == pytest.approx(one.metrics, rel=1e-9)
    each = [(name, label) for name in ("precision", "recall", "f1") for label in range(CLASSES[kind])]
    assert {key: one.sample(key).values[0] for key in each} == pytest.approx({key: one.value(key) for key in each})


def test_what_follows_from_the_totals_of_a_regression_is_what_scikit_learn_says() -> None:
    labels = np.random.default_rng(3).normal(1000, 2, 400)
    one = Answers(rows(labels, 0), [labels + np.random.default_rng(4).normal(size=400)])
    assert {key: one.sample(key).values[0] for key in one.metrics} == pytest.approx(one.metrics, rel=1e-9)


BOOTSTRAPPED = ["f1", "log_loss", "roc_auc", "pr_auc", "mae", "r2"]


@pytest.mark.parametrize("metric", BOOTSTRAPPED)
@pytest.mark.parametrize("is_difference", [False, True], ids=["a metric", "a difference"])
def test_bounds_are_those_of_the_bootstrap_of_scipy(metric: str, is_difference: bool) -> None:
    classes = 0 if metric in ("mae", "r2") else 2
    ours, labels = answers(300, 2)
    theirs, _ = answers(300, 2, 2)
    if not classes:
        ours, theirs, labels = ours[:, 0], theirs[:, 0], labels + 0.2 * np.arange(300) / 300
    known = rows(labels, classes)
    new, old = Answers(known, [ours]), Answers(known, [theirs])
    found = (marking.differences(new, old, [metric]) if is_difference else marking.of(new, [metric]))[metric]

    def statistic(chosen: np.ndarray) -> float:
        def one(outputs: np.ndarray) -> float:
            return SCORERS[metric](labels[chosen], outputs[chosen])

        return one(ours) - one(theirs) if is_difference else one(ours)

    count = new.fewest if metric in ("f1", "roc_auc", "pr_auc") else 300  # by Hesterberg (2015), where few vary
    level = 1 - 2 * stats.norm.cdf(stats.t.ppf(0.05, count - 1) * (count / (count - 1)) ** 0.5)
    told = stats.bootstrap(
        (np.arange(300),), statistic, vectorized=False, n_resamples=5000, confidence_level=level, method="BCa", rng=7
    ).confidence_interval
    width = told.high - told.low
    assert (found["low"][0], found["high"][0]) == pytest.approx(tuple(told), abs=0.12 * width)  # by chance
    assert sorted(found["low"], reverse=True) == found["low"] and sorted(found["high"]) == found["high"]


def f1(labels: np.ndarray, outputs: np.ndarray) -> float:
    guesses = outputs.argmax(axis=1)
    found = [
        ((guesses == one) & (labels == one)).sum() / ((guesses == one).sum() + (labels == one).sum()) for one in (0, 1)
    ]
    return float(sum(found))


def area(labels: np.ndarray, outputs: np.ndarray) -> float:
    ones = int(labels.sum())
    ranks = stats.rankdata(outputs[:, 1])[labels == 1].sum()
    return (ranks - ones * (ones + 1) / 2) / (ones * (len(labels) - ones))


def average_precision(labels: np.ndarray, outputs: np.ndarray) -> float:
    scores = np.sort(outputs[:, 1])
    ones = np.sort(outputs[labels == 1, 1])
    above = len(scores) - np.searchsorted(scores, ones)
    return float(((len(ones) - np.searchsorted(ones, ones)) / above).mean())


SCORERS = {
    "f1": f1,
    "log_loss": lambda labels, outputs: -np.log(outputs[np.arange(len(labels)), labels]).mean(),
    "roc_auc": area,
    "pr_auc": average_precision,
    "mae": lambda labels, outputs: np.abs(labels - outputs).mean(),
    "r2": lambda labels, outputs: 1 - ((labels - outputs) ** 2).mean() / labels.var(),
}


def test_many_rows_are_drawn_in_ten_thousand_lots_and_are_as_sure_as_each_by_itself() -> None:
    outputs, labels = answers(50_000, 2)
    known = rows(labels, 2)
    assert known.units.draw.weights.shape == (10_000, 2000)
    found = marking.of(Answers(known, [outputs]), ["log_loss"])["log_loss"]
    losses = -np.log(outputs[np.arange(50_000), labels])
    assert found["high"][0] - found["low"][0] == pytest.approx(2 * 1.645 * losses.std() / 50_000**0.5, rel=0.06)
    assert found["rows"] == 50_000


def test_rows_of_a_group_are_drawn_together_and_shares_of_them_too() -> None:
    outputs, labels = answers(400, 2)
    outputs, labels = (np.repeat(one, 5, axis=0) for one in (outputs, labels))
    groups = np.repeat(np.arange(400), 5)
    alone = marking.of(Answers(rows(labels, 2), [outputs]), ["accuracy", "log_loss"])
    grouped = marking.of(Answers(rows(labels, 2, groups), [outputs]), ["accuracy", "log_loss", ("recall", 1)])
    assert alone["accuracy"] == {"kind": "share", "count": int((outputs.argmax(axis=1) == labels).sum()), "rows": 2000}
    assert [one["kind"] for one in grouped.values()] == ["resampled"] * 3
    assert grouped["accuracy"]["rows"] == 400
    widths = [one["log_loss"]["high"][0] - one["log_loss"]["low"][0] for one in (grouped, alone)]
    assert widths[0] / widths[1] == pytest.approx(5**0.5, rel=0.1)


def test_a_difference_of_shares_counts_what_only_one_of_the_two_has_right() -> None:
    (ours, labels), (theirs, _) = answers(500, 3), answers(500, 3, 2)
    known = rows(labels, 3)
    right = [outputs.argmax(axis=1) == labels for outputs in (ours, theirs)]
    counts = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    found = marking.differences(Answers(known, [ours]), Answers(known, [theirs]), ["accuracy", ("recall", 1)])
    assert found["accuracy"] == {"kind": "paired", "better": counts[0], "worse": counts[1], "rows": 500}
    assert found["recall", 1]["rows"] == int((labels == 1).sum())


def test_no_errors_are_no_certainty() -> None:
    """As many rows as the rarest class has are all that such a metric rests on."""
    labels = np.r_[np.zeros(95, int), np.ones(5, int)]
    sure, unsure = np.eye(2)[labels], 0.8 * np.eye(2)[labels] + 0.1
    one, other = (Answers(rows(labels, 2), [outputs]) for outputs in (sure, unsure))
    found = marking.of(one, [*one.metrics, ("recall", 1), ("precision", 0)])
    assert found["accuracy"] == {"kind": "share", "count": 100, "rows": 100}
    for name in ("precision", "recall", "f1", "roc_auc", "pr_auc", ("recall", 1)):
        assert found[name] == {"kind": "share", "count": 5, "rows": 5}
    assert found["precision", 0] == {"kind": "share", "count": 95, "rows": 95}
    assert found["brier"] == found["ece"] == {"kind": "share", "count": 0, "rows": 100}
    assert "log_loss" not in found
    assert "log_loss" not in marking.differences(one, other, ["log_loss"])
    alike = marking.differences(one, one, ["accuracy", "log_loss", "f1"])
    assert alike == {
        "accuracy": {"kind": "paired", "better": 0, "worse": 0, "rows": 100},
        "log_loss": {"kind": "exact"},
        "f1": {"kind": "paired", "better": 0, "worse": 0, "rows": 5},
    }


def test_where_a_constant_is_beaten_by_a_perfect_model_the_difference_has_evidence_too() -> None:
    labels = np.r_[np.zeros(60, int), np.ones(40, int)]
    found = scorecard.baseline(Answers(rows(labels, 2), [np.eye(2)[labels]]), np.array([0.7, 0.3]), "majority")
    assert (found["kind"], found["answer"], found["metrics"]["accuracy"]) == ("majority", "0", 0.6)
    assert found["evidence"]["accuracy"] == {"kind": "paired", "better": 40, "worse": 0, "rows": 100}
    assert found["evidence"]["roc_auc"] == {"kind": "paired", "better": 20, "worse": 0, "rows": 40}


def test_a_metric_that_noise_makes_worse_keeps_its_estimate_between_its_bounds() -> None:
    labels = np.random.default_rng(0).integers(2, size=300)
    chances = np.random.default_rng(1).uniform(0.3, 0.7, 300)
    labels = (np.random.default_rng(2).uniform(size=300) < chances).astype(int)
    one = Answers(rows(labels, 2), [np.stack([1 - chances, chances], axis=1)])
    found = marking.of(one, ["ece"])["ece"]
    assert found["low"][0] < one.metrics["ece"] < found["high"][0]


def test_a_single_group_tells_nothing_and_answers_that_are_no_numbers_have_no_metric() -> None:
    outputs, labels = answers(50, 2)
    assert marking.of(Answers(rows(labels, 2, np.zeros(50, int)), [outputs]), ["log_loss"]) == {}
    outputs[7, 0] = np.nan
    assert marking.of(one := Answers(rows(labels, 2), [outputs]), ["accuracy", "ece"]) == {}
    assert {*one.metrics.values(), one.value(("recall", 1))} == {None}


def test_of_two_runtimes_the_worse_one_counts_and_its_evidence() -> None:
    (good, labels), (bad, _) = answers(300, 3, sharp=3), answers(300, 3, sharp=1)
    known = rows(labels, 3)
    worse, both = Answers(known, [bad]), Answers(known, [good, bad])
    keys = [*(both.metrics.keys() - {"ece"}), ("recall", 1)]
    assert {key: both.value(key) for key in keys} == {key: worse.value(key) for key in keys}
    assert marking.of(both, keys) == marking.of(worse, keys)
    assert both.metrics["ece"] == Answers(known, [good]).metrics["ece"] > worse.metrics["ece"]


def test_repeats_of_a_timing_tell_how_sure_their_median_is() -> None:
    repeats = np.random.default_rng(1).exponential(size=200)
    found = timing.sure(repeats)
    assert found["low"][0] < timing.median(repeats) < found["high"][0] and found["rows"] == 200
    slower = timing.difference(repeats + 0.5, repeats[::-1])
    assert slower["low"][0] < 0.5 < slower["high"][0]
    assert timing.difference(repeats, repeats) == {"kind": "exact"}
    assert timing.difference(repeats + 0.5, repeats) is None


COLUMNS = {
    "source": np.array(["phone", "web", "phone", "web"] * 50),
    "age": np.arange(200),
    "site": np.repeat([7.0, 8.5], 100),
    "adult": np.arange(200) > 99,
}


def named(entries: list, incumbent: bool = False) -> dict[tuple[str, ...], dict]:
    outputs, labels = answers(200, 3)
    one = Answers(rows(labels, 3), [outputs])
    new = np.arange(200) < 120
    found = scorecard.slices(entries, COLUMNS, one, one if incumbent else None, new)
    return {tuple(" ".join(pair) for pair in each["slice"].items()): each for each in found}


def test_slices_are_of_labels_columns_bins_and_crossings_and_have_names_as_people_write_them() -> None:
    crossing = ["source", {"age": [20, 90.5]}]
    found = named(["label", "source", "site", "adult", {"age": [20, 30, 40]}, ["label", "source"], crossing])
    assert [*found] == [
        ("label 0",), ("label 1",), ("label 2",), ("source phone",), ("source web",), ("site 7",), ("site 8.5",),
        ("adult False",), ("adult True",), ("age below 20",), ("age 20 to 30",), ("age 30 to 40",),
        ("age 40 and above",),
        ("label 0", "source phone"), ("label 1", "source phone"), ("label 2", "source phone"),
        ("label 0", "source web"), ("label 1", "source web"), ("label 2", "source web"),
        ("source phone", "age below 20"), ("source phone", "age 20 to 90.5"), ("source phone", "age 90.5 and above"),
        ("source web", "age below 20"), ("source web", "age 20 to 90.5"), ("source web", "age 90.5 and above"),
    ]  # fmt: skip
    outputs, labels = answers(200, 3)
    assert [found[name]["rows"] for name in [("source web",), ("age 20 to 30",)]] == [100, 10]
    assert found["source web",]["metrics"] == evaluation.score("classification", outputs[1::2], labels[1::2])
    of_web = evaluation.by_label(outputs[1::2], labels[1::2], 3)
    assert found["label 1", "source web"]["metrics"] == of_web[1]
    assert found["label 1", "source web"]["evidence"].keys() == {"precision", "recall", "f1"}


def test_a_slice_has_the_incumbent_on_the_rows_that_are_new_to_it() -> None:
    found = named(["site", "label"], incumbent=True)
    assert [found[name]["incumbent"]["rows"] for name in [("site 7",), ("site 8.5",)]] == [100, 20]
    part = found["site 8.5",]["incumbent"]
    assert part["metrics"] == part["candidate"] != found["site 8.5",]["metrics"]
    assert part["evidence"]["accuracy"] == {"kind": "paired", "better": 0, "worse": 0, "rows": 20}
    assert sum(found[f"label {label}",]["incumbent"]["rows"] for label in range(3)) == 120


def test_a_class_that_no_row_has_stays_to_be_seen_and_a_crossing_without_rows_does_not() -> None:
    labels = np.repeat([0, 1], 20)
    one = Answers(rows(labels, 3), [np.eye(3)[labels]])
    found = scorecard.slices(["label", ["label", "half"]], {"half": labels}, one, one, np.zeros(40, bool))
    empty = {"rows": 0, "metrics": {}, "candidate": {}, "evidence": {}}
    nothing = dict.fromkeys(("precision", "recall", "f1"))
    assert found[2] == {"slice": {"label": "2"}, "rows": 0, "metrics": nothing, "evidence": {}, "incumbent": empty}
    assert [one["slice"] for one in found[3:]] == [{"label": "0", "half": "0"}, {"label": "1", "half": "1"}]


def test_a_slice_is_called_as_people_write_its_value_whatever_type_holds_it() -> None:
    days = np.array(["2024-01-31", "2024-02-01T12:30"], "M8[s]")
    for unit in "M8[s]", "M8[us]", "M8[ns]":
        found = [told["day"] for told, _ in slicing.cells("day", {"day": days.astype(unit)}, 2)]
        assert found == ["2024-01-31", "2024-02-01T12:30:00"]
    for kind in "f2", "f4", "f8":
        found = [told["stars"] for told, _ in slicing.cells("stars", {"stars": np.array([4, 4.1], kind)}, 2)]
        assert found == [*map(called, (4.0, 4.1))] == ["4", "4.1"]
    mixed = {"a": np.array([True, False]), "b": np.array(["7", "7.0"], object)}
    assert [told for told, _ in slicing.cells(["a", "b"], mixed, 2)] == [
        {"a": "False", "b": "7.0"}, {"a": "True", "b": "7"},
    ]  # fmt: skip


def test_probabilities_are_held_against_what_came_true_and_residuals_against_predictions() -> None:
    outputs = np.array([[0.95, 0.05], [0.92, 0.08], [0.95, 0.05], [0.3, 0.7]])
    found = calibration.table(outputs, np.array([0, 1, 0, 1]))["bins"]
    assert [(one["low"], one["high"], one["rows"]) for one in found] == [(0.0, 0.1, 3), (0.7, 0.8, 1)]
    assert [(one["predicted"], one["observed"]) for one in found] == [pytest.approx((0.06, 1 / 3)), (0.7, 1.0)]
    left = calibration.residuals(np.arange(100.0), np.arange(100.0) + 1)["bins"]
    assert [one["rows"] for one in left] == [10] * 10
    assert (left[3]["low"], left[3]["high"], left[3]["mean"]) == (30.0, 39.0, 1.0)


def test_few_groups_tell_little_as_students_t_says_and_fewer_than_five_nothing() -> None:
    means = np.array([2, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 8])
    for count, told in (4, []), (10, ["mae"]):
        errors = np.repeat(means[:count], 20)
        found = marking.of(Answers(rows(0 * errors, 0, np.repeat(np.arange(count), 20)), [errors]), ["mae"])
        assert [*found] == told
    reach = stats.t.ppf(0.95, 9) * means.std(ddof=1) / 10**0.5
    assert (found["mae"]["low"][0], found["mae"]["high"][0]) == pytest.approx(
        (4.8 - reach, 4.8 + reach), abs=0.07 * reach
    )


def test_a_metric_of_two_classes_is_as_sure_as_the_rarer_lets_it_be() -> None:
    outputs, labels = answers(300, 2)
    few = np.r_[np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:4]]
    found = marking.of(
        Answers(rows(labels[few], 2), [outputs[few]]), ["accuracy", "log_loss", "f1", "roc_auc", "pr_auc"]
    )
    assert [*found] == ["accuracy", "log_loss"]


def test_a_constant_is_held_against_the_commonest_class_whatever_the_decision() -> None:
    labels = np.r_[np.zeros(65, int), np.ones(35, int)]
    never = Answers(rows(labels, 2, decision=0.3), [np.tile([0.9, 0.1], (100, 1))])
    found = scorecard.baseline(never, np.array([0.65, 0.35]), "majority")
    assert (found["answer"], found["metrics"]["accuracy"]) == ("0", 0.65)
    assert found["evidence"]["accuracy"] == {"kind": "paired", "better": 0, "worse": 0, "rows": 100}


def test_no_constant_beats_the_baseline_of_a_regression() -> None:
    """The median has a smaller absolute error than the mean, and either a smaller one than a last value of noise."""
    labels = np.random.default_rng(0).lognormal(size=800)
    known = rows(labels, 0)
    answers = np.stack([np.roll(labels, 1), np.full(800, labels.mean()), np.full(800, np.median(labels))])
    for constant in answers[1:]:
        found = scorecard.baseline(Answers(known, [constant + 1e-3]), answers, "last value")
        asked = dict.fromkeys(("mae", "rmse", "r2"), {})
        metrics = Answers(known, [constant + 1e-3]).metrics
        report = {"baseline": found, "metrics": metrics, "task": "regression", "thresholds": asked}
        assert [one.verdict for one in questions.answers([*conditions.baseline(report)])] != ["pass"]
