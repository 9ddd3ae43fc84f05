"""Lists of items: the same NDCG as scikit-learn's, the others as they are defined, and what keeps lists from being such."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from registry.scoring import evaluation, marking, planted, resampling, scorecard
from registry.scoring.marking import Answers, Rows
from registry.scoring.planted import Ground, Stand
from registry.tasks import asked, ranking
from registry.tasks.asked import Interactions, Truth

PERSONS, ITEMS, K = 120, 60, 5


def truth(k: int = K) -> Truth:
    """Return what is true of persons who like some items more than others, of graded relevance; the last item is cold."""
    draw = np.random.default_rng(1)
    liking = draw.gamma(0.5, size=ITEMS)
    users, items = np.repeat(np.arange(PERSONS), 14), []
    for _ in range(PERSONS):
        items.append(draw.choice(ITEMS - 1, 14, replace=False, p=(share := liking[:-1] / liking[:-1].sum())))
    items, relevance = np.concatenate(items), draw.integers(1, 4, len(users)).astype(float)
    later = np.arange(len(users)) % 14 >= 10
    items[(users == 5) & later] = np.r_[ITEMS - 1, items[(users == 5) & later][1:]]
    known, held_out = (Interactions(users[part], items[part], relevance[part]) for part in (~later, later))
    assert share.sum() == pytest.approx(1)
    return asked.truth(known, held_out, k)[0]


def scores(seed: int = 2, sharp: float = 1.0) -> np.ndarray:
    """Return scores of all items for everybody, of a model that knows something."""
    one = truth()
    found = np.random.default_rng(seed).normal(size=(len(one), len(one.catalogue)))
    found[one.relevant.owners, one.relevant.items] += sharp * one.relevance
    return found


def lists(one: Truth, found: np.ndarray) -> np.ndarray:
    order = np.argsort(-found, axis=1)
    return ranking.numbered(one, one.catalogue[order], np.take_along_axis(found, order, axis=1))


def dense(one: Truth) -> np.ndarray:
    found = np.zeros((len(one), len(one.catalogue)))
    found[one.relevant.owners, one.relevant.items] = one.relevance
    return found


def seen(one: Truth) -> np.ndarray:
    found = np.zeros((len(one), len(one.catalogue)), bool)
    found[one.seen.owners, one.seen.items] = True
    return found


def rows(one: Truth) -> Rows:
    return Rows("ranking", one, 0, resampling.units(len(one), None), True)


@pytest.mark.parametrize("k", [1, 5, 12])
def test_metrics_are_those_of_scikit_learn_and_of_their_definitions_over_all_items_but_those_seen(k: int) -> None:
    one, found = truth(k), scores()
    told = evaluation.score("ranking", lists(one, found), one)
    open_scores = np.where(seen(one), -1e9, found)
    assert told["ndcg"] == pytest.approx(metrics.ndcg_score(dense(one), open_scores, k=k))
    order = np.argsort(-open_scores, axis=1)[:, :k]
    hits = np.take_along_axis(dense(one) > 0, order, axis=1)
    assert told["recall"] == pytest.approx((hits.sum(1) / (dense(one) > 0).sum(1)).mean())
    ranks = [1 / (np.flatnonzero(hit)[0] + 1) if hit.any() else 0 for hit in hits]
    assert told["mrr"] == pytest.approx(np.mean(ranks))
    assert told["coverage"] == len({*order.flat} & {*np.flatnonzero(one.known)}) / one.known.sum()
    popular = [
        np.mean([one.popular[item] for item in those if one.known[item]] or [0]) / one.trained for those in order
    ]
    assert told["popularity"] == pytest.approx(np.mean(popular))


def test_what_follows_from_the_totals_is_the_same_and_is_as_sure_as_the_persons_are_many() -> None:
    one = truth()
    answers = Answers(rows(one), [lists(one, scores())])
    assert {name: answers.sample(name).values[0] for name in answers.names} == pytest.approx(answers.metrics)
    evidence = marking.of(answers, answers.names)
    assert {found["rows"] for found in evidence.values()} == {len(one)}
    each = ranking.each(one, answers.runtimes[0])["ndcg"]
    width = evidence["ndcg"]["high"][0] - evidence["ndcg"]["low"][0]
    assert width == pytest.approx(2 * 1.645 * each.std() / len(one) ** 0.5, rel=0.15)
    assert all(found["low"][0] <= answers.value(name) <= found["high"][0] for name, found in evidence.items())


def test_the_most_popular_is_the_baseline_and_what_is_seen_is_left_out_of_it() -> None:
    one = truth()
    popular = ranking.most_popular(one)
    for number, those in enumerate(popular):
        left = [
            item for item in np.argsort(-one.popular, kind="stable") if not seen(one)[number, item] and one.known[item]
        ]
        assert those.tolist() == left[:K]
    found = scorecard.baseline(Answers(rows(one), [lists(one, scores(sharp=3))]), popular[None], "most popular")
    assert found["evidence"]["ndcg"]["low"][0] > 0 and found["evidence"]["popularity"]["high"][0] < 0
    assert ranking.most_popular(replace(one, k=70)).shape == (len(one), 70)


def test_a_cold_item_counts_as_missed_and_is_told() -> None:
    one = truth()
    told = ranking.told(one, lists(one, scores()), ranking.most_popular(one))
    assert (told["persons"], told["cold_items"], told["cold_rows"], told["short_lists"]) == (
        PERSONS,
        cold := int((~one.known).sum()),
        cold,
        0,
    )
    assert told["recall"][-1] == pytest.approx(evaluation.score("ranking", lists(one, scores()), one)["recall"])
    assert sum(told["tenths"]["listed"]) == pytest.approx(1) == sum(told["tenths"]["liked"])
    few = truth()[np.array([5])]
    items = few.catalogue[np.r_[few.seen.items, few.relevant.items]][None]
    given = ranking.numbered(few, items, -np.arange(items.size, dtype=float)[None])
    assert given.tolist() == [[*few.relevant.items, ranking.NONE]]
    assert ranking.told(few, given, given)["short_lists"] == 1


ASKED = {
    "ndcg": [{"min": 0.15, "max_drop": 0.01}, {"max": 0.9}],
    "recall": [{"min": 0.1}, {"max_drop": 0.02, "slice": {"half": 0}}],
    "mrr": {"min": 0.1, "max_drop": 0.02},
    "coverage": {"min": 0.5, "max_drop": 0.1},
    "popularity": {"max": 0.3, "max_drop": 0.03},
}


@pytest.mark.parametrize("metric", ASKED)
def test_a_ranking_planted_just_beyond_each_limit_is_refused(metric: str) -> None:
    one, columns = truth(), {"half": np.arange(PERSONS) % 2}
    grounds = [Ground(Answers(rows(one), [lists(one, scores(seed))]), columns) for seed in (2, 3)]
    stand = Stand(*grounds, np.random.default_rng(3).gamma(9, 0.1, 200), ["half"])
    found = planted.prove(stand, {metric: ASKED[metric]})
    assert found == {"refused": 3 if metric == "ndcg" else 2, "reason": None}


def test_persons_are_few_when_some_are_chosen_and_lists_go_with_them() -> None:
    one, chosen = truth(), np.array([7, 3, 99])
    answers = Answers(rows(one), [lists(one, scores())])
    few = answers.few(chosen)
    assert few.rows.labels.persons.tolist() == one.persons[chosen].tolist()
    assert few.value("ndcg") == pytest.approx(ranking.each(one, answers.runtimes[0])["ndcg"][chosen].mean())


def wrong(**changes: object) -> tuple[np.ndarray, np.ndarray]:
    items = np.tile(truth().catalogue[:8], (PERSONS, 1))
    known = {"items": items, "scores": np.tile(np.arange(8.0)[::-1], (PERSONS, 1))} | changes
    return known["items"], known["scores"]


SHORT = np.zeros((PERSONS, 3))
NAN = np.full((PERSONS, 8), np.nan)
REFUSED = {
    "one item each": (wrong(items=np.zeros(PERSONS)), "gives item of shape (120,) and score of shape (120, 8); a ranking needs (120, n) of both"),
    "too short": ((SHORT, SHORT), "gives lists of 3 items; evaluation.k is 5, so give 5 or more, or write a smaller k"),
    "not a number": (wrong(scores=NAN), "gives scores that are NaN, infinite or no numbers; give finite ones"),
    "rising": (wrong(scores=np.tile(np.arange(8.0), (PERSONS, 1))), "gives scores that rise within a list; sort each, the best item first"),
    "twice": (wrong(items=np.ones((PERSONS, 8), int)), "gives an item twice in one list; give each once"),
    "text": (wrong(items=np.full((PERSONS, 8), "a")), "gives items as text, and load() has them as int64"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_lists_that_are_none_are_told(fault: str) -> None:
    (items, given), said = REFUSED[fault]
    with pytest.raises(ValueError) as error:
        ranking.numbered(truth(), items, given)
    assert str(error.value) == said


def test_an_item_that_is_in_no_row_is_a_miss_and_text_may_come_as_bytes() -> None:
    one = truth()
    named = replace(one, catalogue=np.char.add("item ", one.catalogue.astype(str)))
    named = replace(named, catalogue=np.sort(named.catalogue))
    order = np.argsort(np.char.add("item ", one.catalogue.astype(str)))
    items = np.array(
        [[b"nobody's", *(f"item {one.catalogue[place]}".encode() for place in order[:30])]] * PERSONS, object
    )
    found = ranking.numbered(named, items, np.tile(-np.arange(31.0), (PERSONS, 1)))
    assert (found[:, 0] == ranking.UNKNOWN).all()
    assert (ranking.gains(named, found)[:, 0] == 0).all()
