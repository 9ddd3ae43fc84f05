"""Ids of items are compared exactly: those of 64 bits in either kind of number, and no number that is rounded is one."""

import numpy as np
import pytest

from registry.scoring import evaluation
from registry.tasks import asked, ranking
from registry.tasks.asked import Interactions, Truth

LISTED = -np.tile(np.arange(6.0), (5, 1))


def truth(items: np.ndarray, k: int = 2) -> Truth:
    """Return what is true of five persons, who all had the first four items, and for each of whom another one is relevant."""
    known = Interactions(np.repeat(np.arange(5), 4), np.tile(items[:4], 5), np.ones(20))
    return asked.truth(known, Interactions(np.arange(5), items[4:9], np.ones(5)), k)[0]


@pytest.mark.parametrize("kinds", [("uint64", "int64"), ("int64", "uint64"), ("uint64", "uint64"), ("int64", "int32")])
def test_ids_of_any_size_are_found_in_either_kind_of_whole_number(kinds: tuple[str, str]) -> None:
    known, given = kinds
    items = np.arange(10).astype(known) + np.array(2**60 if given != "int32" else 7, known)
    one = truth(items)
    lists = ranking.numbered(one, np.tile(items[4:10].astype(given), (5, 1)), LISTED)
    assert lists.tolist() == [[4, 5]] * 5
    assert evaluation.score("ranking", lists, one)["recall"] == pytest.approx(0.4)


def test_an_id_that_no_row_has_is_none_even_where_it_wraps_around() -> None:
    items = np.arange(10).astype("uint64") + np.uint64(2**64 - 10)
    given = np.tile((items.astype("int64"))[4:10], (5, 1))
    assert (ranking.numbered(truth(items), given, LISTED) == ranking.UNKNOWN).all()


@pytest.mark.parametrize("kind", ["float32", "float64", "bool"])
def test_numbers_that_are_no_whole_ones_are_told(kind: str) -> None:
    with pytest.raises(ValueError, match=f"^gives items as {kind}, and load\\(\\) has them as int64$"):
        ranking.numbered(truth(np.arange(10)), np.tile(np.arange(4, 10), (5, 1)).astype(kind), LISTED)
