"""What is asked of a search, held against its model, and which search it goes on with."""

from pathlib import Path

import pytest
from mistakes import replace
from registries import commit

from registry.errors import RegistryError
from registry.formats import schemas
from registry.specs import models
from registry.tuning import wishes
from registry.tuning.wishes import Wish

FILE = "models/digits/model.yaml"
EPOCHS = ("epochs=3..10",)


def wish(root: Path, *words: str, metric: str | None = None, folds: int | None = None) -> Wish:
    (model,) = models.load(root, ["digits"])
    return wishes.wish(model, words or EPOCHS, metric, folds)


def test_the_first_metric_with_a_threshold_is_searched_over_the_spec_s_folds(root: Path) -> None:
    found = wish(root, "epochs=3..10 learning_rate=1e-4..1e-2:log")
    assert (found.metric, found.folds, found.found([]).is_rising, found.found([]).reach) == (
        "accuracy",
        5,
        True,
        (0.0, 1.0),
    )
    assert found.own == {"epochs": 5, "learning_rate": 0.001}
    assert not wish(root).found([]).by_time
    replace(root, FILE, "holdout: 0.2", "holdout: 0.2\n  split: {time: day}")
    assert wish(root).found([]).by_time
    replace(root, FILE, "accuracy: {min: 0.90, max_drop: 0.03}", "latency_ms: {max: 20}")
    replace(root, FILE, "  latency_ms: {max: 20}\n  size_mb", "  size_mb")
    assert wish(root).metric == "recall", "what is packed costs, no fold does"
    loss = wish(root, metric="log_loss", folds=3)
    assert (loss.found([]).is_rising, loss.folds) == (False, 3)


@pytest.mark.parametrize(("asked", "said"), [
    ({"metric": "acuracy"}, "--metric: acuracy is no metric of classification; did you mean accuracy?"),
    ({"metric": "size_mb"}, "--metric: size_mb is of a packed model, which a trial is not; known: accuracy, brier, ece,"
                            " f1, log_loss, pr_auc, precision, recall, roc_auc"),
    ({"folds": 1}, "--folds: 1 are too few to compare; write 2 to 20"),
    ({"folds": 21}, "--folds: 21 are too many; write 2 to 20"),
])  # fmt: skip
def test_what_can_t_be_searched_by_is_told(root: Path, asked: dict, said: str) -> None:
    with pytest.raises(RegistryError) as error:
        wish(root, **asked)
    assert str(error.value) == said


def test_a_search_may_have_as_many_folds_as_a_spec() -> None:
    evaluation = schemas.load("model")["properties"]["evaluation"]
    assert evaluation["properties"]["folds"]["maximum"] == wishes.MOST_FOLDS


def test_a_spec_without_folds_is_told_what_to_write_and_an_option_has_some(root: Path) -> None:
    replace(root, FILE, "folds: 5", "folds: 0")
    with pytest.raises(RegistryError) as error:
        wish(root)
    text = "is 0, and trials are compared over folds; write `folds: 5` there, or add --folds 5"
    assert str(error.value) == f"{FILE}:20: evaluation.folds: {text}"
    assert wish(root, folds=5).folds == 5


def test_a_search_is_another_where_anything_else_decides_what_trials_reach(root: Path) -> None:
    before = wish(root).key
    replace(root, FILE, "epochs: 5", "epochs: 6")
    replace(root, FILE, "version: 1.0.0", "version: 1.1.0")
    replace(root, FILE, "accuracy: {min: 0.90", "accuracy: {min: 0.80")
    assert wish(root).key == before, "what is searched, and what is prose or asked, has no say"
    assert wish(root, "epochs=3..9").key != before
    assert wish(root, metric="recall").key != before
    assert wish(root, folds=4).key != before
    replace(root, FILE, "batch_size: 32", "batch_size: 64")
    assert wish(root).key != before
    replace(root, FILE, "batch_size: 64", "batch_size: 32")
    with (root / "models/digits/data.py").open("a") as file:
        file.write("# another\n")
    commit(root)
    assert wish(root).key != before
