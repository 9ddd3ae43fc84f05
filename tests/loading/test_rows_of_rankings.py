"""A ranking asks each person once, by items that are held out and new to that person; a clustering takes labels or none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import returning
from returning import USUAL

from registry.errors import RegistryError
from registry.loading import rows
from registry.loading.rows import Rows
from registry.tasks import asked
from registry.tasks.asked import Truth

# Persons 1 to 40 have ten items on ten days; 7 has one more item again on the last day, 99 only one day, and 8 a new item.
DATA = """\
import numpy as np

users = np.r_[np.repeat(np.arange(1, 41), 10), 7, 99, 99, 8]
items = np.r_[(np.arange(400) * 7) % 60, (60 * 7) % 60, 1, 2, 777]
days = np.r_[np.tile(np.arange(10), 40), 10, 5, 5, 10]
labels = np.ones(len(users))
date = np.datetime64("2024-01-01") + days.astype("m8[D]")
features, columns = {"user": users, "item": items}, {"date": date, "country": np.array(["de", "fr"])[users % 2]}
names = {name: np.char.add("n", part.astype(str)) for name, part in features.items()}
"""


def loaded(folder: Path, returned: str = USUAL, other: str | None = None, **facts: object) -> Rows:
    facts = {"split": {"time": "date", "group": "user"}} | facts
    return returning.rows(DATA, folder, returned, other, **{"task": "ranking"} | facts)


def refused(folder: Path, *args: object, **facts: object) -> str:
    with pytest.raises(RegistryError) as error:
        loaded(folder, *args, **facts)
    (problem,) = error.value.problems
    return problem.text


def true(found: Rows) -> Truth:
    return asked.of_arrays(found.held_out.features["user"], found.held_out.truth, 10)


@pytest.mark.parametrize("features", ["features", "names", "{k: v.astype(object) for k, v in names.items()}"])
def test_each_persons_own_last_part_is_asked_for_and_who_was_there_once_is_trained_with(
    tmp_path: Path, features: str
) -> None:
    found = loaded(tmp_path / "code", f"{features}, labels, columns", slices=["country"])
    found.held_out.store(tmp_path / "stored")
    found = replace(found, held_out=rows.read(tmp_path / "stored"))
    name = int if features == "features" else lambda one: int(str(one)[1:])
    truth, persons = true(found), [name(one) for one in found.held_out.features["user"]]
    assert sorted(persons) == [*range(1, 41)]
    assert {name(one) for one in found.training.features["user"]} == {*range(1, 41), 99}
    for number, person in enumerate(persons):
        had = [(person - 1) * 70 + 7 * day for day in range(10)]
        seen = {
            name(truth.catalogue[item]) for item in truth.seen.items[slice(*truth.seen.starts[number : number + 2])]
        }
        wanted = {
            name(truth.catalogue[item])
            for item in truth.relevant.items[slice(*truth.relevant.starts[number : number + 2])]
        }
        kept = 9 if person in (7, 8) else 8  # of eleven rows
        first = {item % 60 for item in had[:kept]}
        assert seen == first
        assert wanted == ({item % 60 for item in had[kept:]} | ({777} if person == 8 else set())) - first
        assert truth.relevance[truth.relevant.starts[number]] == 1
    assert found.held_out.labels.tolist() == truth.relevant.sizes.tolist()
    assert found.held_out.columns["country"].tolist() == ["fr" if person % 2 else "de" for person in persons]
    trained = {name(one) for one in found.training.features["item"]}
    assert {name(one) for one in truth.catalogue[truth.known]} == trained
    assert 777 in {name(one) for one in truth.catalogue[~truth.known]}
    assert (truth.trained, truth.repeated) == (41, 1)
    assert (found.near, found.shared, found.counts["holdout"]) == (None, 0, 40)
    held = found.held_out.trained.holds(found.held_out.keys)
    assert len(held) == truth.relevant.sizes.sum() and held.mean() < 0.05


def test_one_date_for_all_asks_only_for_those_who_came_after_it_also_new_persons(tmp_path: Path) -> None:
    code = 'features, labels, {"date": date + (users > 35).astype("m8[D]") * 90}'
    found = loaded(tmp_path, code, split={"time": "date"}, holdout=0.125)
    truth = true(found)
    assert truth.persons.tolist() == [36, 37, 38, 39, 40, 99]
    assert truth.seen.sizes.tolist() == [0] * 6
    assert not {*found.training.features["user"]} & {*truth.persons}


def test_labels_of_0_are_seen_and_not_relevant_and_the_higher_relevance_of_an_item_counts_once(tmp_path: Path) -> None:
    code = "features, np.r_[np.arange(400) % 5, 9, 0, 0, 3.5], columns"
    truth = true(loaded(tmp_path, code))
    assert set(truth.relevance) <= {1, 2, 3, 3.5, 4}
    relevant = np.bincount(truth.relevant.owners)
    assert relevant.min() >= 1 and len(relevant) == len(truth)
    twice = "{name: np.r_[part, part[-1]] for name, part in features.items()}, np.r_[labels, 4]"
    truth = true(loaded(tmp_path, f'{twice}, {{"date": np.r_[date, date[-1]]}}'))
    assert truth.relevance.max() == 4 and (truth.relevance > 1).sum() == 1


def test_a_second_file_asks_about_persons_of_the_first(tmp_path: Path) -> None:
    later = '{"user": users[:30], "item": items[:30] + 1000}, labels[:30], {"date": date[:30] + np.timedelta64(60)}'
    first = 'features, labels, {"date": date}'
    truth = true(loaded(tmp_path, first, later))
    assert truth.persons.tolist() == [1, 2, 3] and truth.relevant.sizes.tolist() == [10, 10, 10]
    assert not truth.known[truth.relevant.items].any() and truth.seen.sizes.tolist() == [10, 10, 10]


@pytest.mark.parametrize(
    "split", [{"time": "date"}, {"time": "date", "group": "user"}], ids=["one date", "each person"]
)
def test_folds_follow_the_split_and_who_has_too_few_times_is_trained_with_in_each(tmp_path: Path, split: dict) -> None:
    found = loaded(tmp_path, folds=3, split=split)
    training = found.training
    for fold, (train, test) in enumerate(training.folds):
        truth = asked.of_fold(training.features, training.labels, train, test)
        assert len(truth) > 20 and not {*train} & {*test}
        assert training.asked("ranking", fold)["user"].tolist() == truth.persons.tolist()
    if "group" in split:
        assert all(99 in training.features["user"][train] for train, _ in training.folds)
    assert len(training.folds) == 3


REFUSED = {
    "other names": ('{"who": users, "item": items}, labels, columns', 'returned features by item, who; a ranking has {"user": users, "item": items}'),
    "one array": ("np.stack([users, items], 1), labels, columns", 'returned features as one array; a ranking has {"user": users, "item": items}'),
    "no ids": ('features | {"item": items / 2}, labels, columns', "returned features['item'] of shape (404,) and type float64; return one id a row, as text or a whole number"),
    "negative": ("features, labels - 2 * (users == 3), columns", "returned -1 in row 20 of labels, the first of 10 (counted from 0); how relevant an item was is a number from 0 up"),
    "nothing relevant": ("features, 0 * labels, columns", "returned labels that are all 0; a ranking needs items that were relevant"),
    "text": ('features, np.where(labels > 0, "yes", "no"), columns', "returned text as labels (yes); a ranking needs numbers: how relevant each item was, 0 for not at all"),
    "groups": ("features, labels, users, columns", "returned groups; those of a ranking are its persons: return features, labels and columns"),
    "a column of persons": ('features, labels, columns | {"user": users}', "returned a column named user, which a ranking has by itself; leave it out"),
    "nothing new": ('{"user": users, "item": 0 * items}, labels, columns', "returned rows of which none that is held out is relevant and of an item that its person has not had, so there is nothing to rank; hold out more, or bring more rows"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_ranking_is_told(tmp_path: Path, fault: str) -> None:
    returned, said = REFUSED[fault]
    assert refused(tmp_path, returned) == said


def test_a_slice_that_differs_within_a_person_is_told(tmp_path: Path) -> None:
    code = 'features, labels, columns | {"hour": np.arange(len(users))}'
    said = refused(tmp_path, code, slices=[{"hour": [200]}, "hour"])
    assert said.startswith("names hour, of which user 1 has several; slices of a ranking are of persons")


LABELS = {
    "None": 0,
    "np.array(['a', 'b', 'c'])[users % 3]": 3,
    "users % 3 > 0": 2,
    "(users % 3).astype(object)": None,
    "users % 3 / 2": None,
}


@pytest.mark.parametrize("labels", LABELS)
def test_a_clustering_takes_whole_numbers_or_text_as_labels_or_none(tmp_path: Path, labels: str) -> None:
    code, facts = f"np.stack([users, items], 1), {labels}", {"task": "clustering", "split": {}, "folds": 3}
    if LABELS[labels] is None:
        assert "a clustering has classes as labels, whole numbers or text, or None" in refused(tmp_path, code, **facts)
        return
    found = loaded(tmp_path, code, **facts)
    assert found.held_out.classes == LABELS[labels] and found.held_out.baseline is None
    assert len(found.training.folds) == 3 and {*np.unique(found.held_out.labels)} <= {-1, 0, 1, 2}
