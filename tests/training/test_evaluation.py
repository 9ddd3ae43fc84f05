"""Metrics, beside numbers worked out by hand."""

import math

import numpy as np
import pytest

from registry.scoring import evaluation
from registry.tasks import given

#                   0    1    2
OUTPUTS = np.array([
    [0.8, 0.1, 0.1],  # is 0, taken for 0
    [0.5, 0.3, 0.2],  # is 0, taken for 0
    [0.2, 0.7, 0.1],  # is 0, taken for 1
    [0.1, 0.6, 0.3],  # is 1, taken for 1
    [0.4, 0.2, 0.4],  # is 1, taken for 0: the first of equals
])  # fmt: skip
LABELS = np.array([0, 0, 0, 1, 1])
CLASSES = 3


def test_classification_metrics_are_what_they_are_by_hand() -> None:
    found = evaluation.score("classification", OUTPUTS, LABELS)
    # class 0: 2 of 3 guesses right, 2 of 3 rows found; class 1: 1 of 2, 1 of 2; class 2 occurs nowhere: left out
    # pairs in the right order: of class 0 by 0.8, 0.5, 0.2 over 0.1, 0.4 are 5 of 6; of class 1 by 0.6, 0.2: 3 of 6
    # sorted by class 0 its rows come at 1, 2, 4; by class 1 at 2 and 4
    # the likeliest class has the probabilities 0.8 (right), 0.5 (right), 0.7 (wrong), 0.6 (right), 0.4 (wrong)
    assert found == pytest.approx({
        "accuracy": 3 / 5,
        "precision": (2 / 3 + 1 / 2) / 2,
        "recall": (2 / 3 + 1 / 2) / 2,
        "f1": (2 / 3 + 1 / 2) / 2,
        "log_loss": -sum(map(math.log, (0.8, 0.5, 0.2, 0.6, 0.2))) / 5,
        "roc_auc": (5 / 6 + 3 / 6) / 2,
        "pr_auc": ((1 + 1 + 3 / 4) / 3 + (1 / 2 + 2 / 4) / 2) / 2,
        "brier": (0.06 + 0.38 + 1.14 + 0.26 + 0.96) / 5,
        "ece": (0.2 + 0.5 + 0.7 + 0.4 + 0.4) / 5,
    })  # fmt: skip


def test_a_class_that_is_guessed_but_never_right_counts_as_zero() -> None:
    found = evaluation.score("classification", np.eye(3)[[0, 1, 2, 2]], np.array([0, 1, 0, 1]))
    assert found["precision"] == pytest.approx((1 + 1 + 0) / 3)
    assert found["recall"] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)


def test_log_loss_of_a_probability_of_zero_is_a_number() -> None:
    found = evaluation.score("classification", np.eye(2)[[0, 1]], np.array([1, 1]))
    assert found["log_loss"] is not None and found["log_loss"] > 10


def test_each_class_has_its_own_numbers_and_one_without_rows_has_none() -> None:
    assert evaluation.by_label(OUTPUTS, LABELS, CLASSES) == [
        pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3}),
        pytest.approx({"precision": 1 / 2, "recall": 1 / 2, "f1": 1 / 2}),
        {"precision": None, "recall": None, "f1": None},
    ]


def test_the_confusion_matrix_has_a_line_for_each_true_class() -> None:
    assert evaluation.confusion(OUTPUTS, LABELS) == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_the_confusion_matrix_of_very_many_classes_is_left_out() -> None:
    assert evaluation.confusion(np.eye(51), np.arange(51)) is None


def test_regression_metrics_are_what_they_are_by_hand() -> None:
    found = evaluation.score("regression", np.array([1.0, 2.0, 5.0]), np.array([1.0, 4.0, 4.0]))
    # errors 0, -2, 1; the labels' mean is 3, so they lie 4 + 1 + 1 = 6 squares around it
    assert found == pytest.approx({"mae": 1, "rmse": math.sqrt(5 / 3), "r2": 1 - 5 / 6})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_one_output_that_is_no_number_leaves_every_metric_without_a_value(task: str, bad: float) -> None:
    outputs = OUTPUTS.copy() if task == "classification" else OUTPUTS[:, 0].copy()
    outputs[2] = bad
    assert set(evaluation.score(task, outputs, LABELS).values()) == {None}


@pytest.mark.filterwarnings("ignore:R.2 score")
def test_r2_of_a_single_row_has_no_value() -> None:
    assert evaluation.score("regression", np.array([1.0]), np.array([2.0])) == {"mae": 1, "rmse": 1, "r2": None}


def test_a_sigmoid_column_becomes_two_classes() -> None:
    found = given.shaped("classification", np.array([[0.25], [0.75]]), 2, 2)
    assert found.tolist() == [[0.75, 0.25], [0.25, 0.75]]


REFUSED = {
    "too few columns": (np.ones((2, 2)) / 2, [0, 1, 2], "gives outputs of shape (2, 2); 3 classes need (2, 3)"),
    "too few rows": (np.ones((1, 2)) / 2, [0, 1], "gives outputs of shape (1, 2); 2 classes need (2, 2)"),
    "no sum of 1": (np.full((2, 2), 0.4), [0, 1], "gives outputs that don't add up to 1; end it with softmax"),
    "logits": (np.array([[-1.0, 2], [3, -2]]), [0, 1], "gives outputs below 0 or above 1; end it with softmax"),
    "one logit": (np.array([[-1.0], [3]]), [0, 1], "gives outputs below 0 or above 1; end it with sigmoid"),
    "text": (np.array([["a"], ["b"]]), [0, 1], "gives outputs of type <U1; give numbers"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_outputs_that_are_no_probabilities_are_refused(fault: str) -> None:
    outputs, classes, message = REFUSED[fault]
    with pytest.raises(ValueError) as error:
        given.shaped("classification", outputs, 2, max(classes) + 1)
    assert str(error.value) == message


def test_regression_takes_one_number_a_row() -> None:
    assert given.shaped("regression", np.array([[1], [2]]), 2, 0).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"gives outputs of shape \(2, 3\); regression needs \(2, 1\)"):
        given.shaped("regression", np.ones((2, 3)), 2, 0)
