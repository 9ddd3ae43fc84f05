"""What a search tries, without training: the same trials whenever they end, whatever stops it in between."""

import math
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.errors import refuse
from registry.tuning.search import Search
from registry.tuning.space import Axis
from registry.tuning.study import Study
from registry.tuning.trials import Trial
from registry.workers import sharing

AXES = [
    Axis("epochs", 3, 10, is_whole=True), Axis("rate", 1e-4, 1e-2, is_log=True), Axis("size", choices=([16], [32], [64])),
]  # fmt: skip
OWN = {"epochs": 5, "rate": 0.001, "size": [32]}


def score(trial: Trial, fold: int) -> dict:
    """Return what a model of these arguments might reach; some fail."""
    given = trial.arguments
    if given["size"] == [64] and given["epochs"] > 7:
        raise refuse("models/digits/model.py", "runs out of memory", field="train")
    far = (math.log10(given.get("rate", 0.5)) + 2.7) ** 2 + abs(given["epochs"] - 8) / 10
    return {"accuracy": 1 - far / 10 + fold / 100}


def study(file: Path, axes: list[Axis] = AXES) -> Study:
    return Study(file, axes, "accuracy", is_rising=True, seed=7)


def search(
    file: Path, wanted: int, train: Callable = score, axes: list[Axis] = AXES, own: dict = OWN, tell: Callable = id
) -> list[Trial]:
    known = study(file, axes)
    Search(known, axes, own, 2, wanted).run(train, lambda _, answers: answers, lambda: None, tell)
    found = Search(known, axes, own, 2, wanted)
    assert found.is_over
    return study(file, axes).trials


def arguments(those: list[Trial]) -> list[dict]:
    return [one.arguments for one in those]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    return search(tmp_path_factory.mktemp("whole") / "study", 24)


def test_the_spec_s_own_arguments_come_first_and_what_fails_holds_nothing_up(whole: list[Trial]) -> None:
    assert (whole[0].number, whole[0].arguments) == (0, OWN)
    failed = [one for one in whole if one.reason]
    assert failed and {one.reason for one in failed} == {"models/digits/model.py: train: runs out of memory"}
    assert all(one.arguments["size"] == [64] for one in failed)
    assert len(whole) == 24 and all(len(one.values) == 2 for one in whole if not one.reason)
    assert all(type(one.arguments["epochs"]) is int and 3 <= one.arguments["epochs"] <= 10 for one in whole)
    late = [one.mean for one in whole[12:] if one.values]
    assert sum(late) / len(late) > sum(one.mean for one in whole[1:10] if one.values) / 9, "it learns"


def test_the_same_search_tries_the_same_in_whatever_order_trials_end(tmp_path: Path) -> None:
    """Each fourth trial ends only when the three after it have; each is the best so far, so that all of them count."""
    ended = {number: threading.Event() for number in range(25)}
    order = []

    def rising(trial: Trial, fold: int) -> dict:
        return {"accuracy": trial.number / 100 + fold}

    def late(trial: Trial, fold: int) -> dict:
        if fold and trial.number % 4 == 0 and sharing.cores() > 1:
            assert ended[trial.number + 3].wait(60)
        return rising(trial, fold)

    def tell(trial: Trial) -> None:
        order.append(trial.number)
        ended[trial.number].set()

    whole = search(tmp_path / "whole", 24, rising)
    assert arguments(search(tmp_path / "late", 24, late, tell=tell)) == arguments(whole)
    assert order != sorted(order) or sharing.cores() == 1


def test_a_search_that_is_stopped_goes_on_with_the_same_trials(whole: list[Trial], tmp_path: Path) -> None:
    tried = []

    def stopped(trial: Trial, fold: int) -> dict:
        tried.append((trial.number, fold))
        if len(tried) == 15:
            raise KeyboardInterrupt
        return score(trial, fold)

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "study", 24, stopped)
    before = [one for one in study(tmp_path / "study").trials if one.values or one.reason]
    assert 3 < len(before) < 24
    with (tmp_path / "study").open("ab") as file:
        file.write(b'{"op_code":6,"wor')  # what a process that was killed had begun to write
    (tmp_path / "study.lock").symlink_to("study")
    again = []
    found = search(tmp_path / "study", 24, lambda trial, fold: again.append(trial.number) or score(trial, fold))
    assert arguments(found) == arguments(whole)
    assert not {one.number for one in before} & {*again}, "what ended is not trained again"


def test_few_combinations_are_tried_once_each(tmp_path: Path) -> None:
    axes, own = [Axis("epochs", 3, 5, is_whole=True), Axis("size", choices=([16], [32]))], {"epochs": 9, "size": [32]}
    tried = []
    found = search(tmp_path / "study", 20, lambda trial, fold: tried.append(fold) or score(trial, fold), axes, own)
    assert arguments(found)[0] == own, "the spec's own may lie elsewhere"
    assert sorted(map(str, arguments(found)[1:])) == sorted(
        str({"epochs": epochs, "size": size}) for epochs in (3, 4, 5) for size in ([16], [32])
    )
    assert len(tried) == 2 * 7


def test_what_is_suggested_twice_is_trained_once(tmp_path: Path) -> None:
    axes, own, tried = [Axis("epochs", 3, 12, is_whole=True)], {"epochs": 5}, []

    def train(trial: Trial, fold: int) -> dict:
        tried.append((trial.arguments["epochs"], fold))
        return {"accuracy": trial.arguments["epochs"] / 100 + fold / 10}

    found = search(tmp_path / "study", 9, train, axes, own)
    assert len(tried) == len({*tried}) == 2 * len(found) and len(found) < 9
    assert study(tmp_path / "study", axes).count == 9


def test_other_own_arguments_are_tried_too_and_more_trials_go_on(tmp_path: Path) -> None:
    before = search(tmp_path / "study", 6)
    found = search(tmp_path / "study", 8, own=OWN | {"epochs": 40})
    assert arguments(found)[: len(before)] == arguments(before)
    assert arguments(found)[len(before)] == OWN | {"epochs": 40} and len(found) == 8
