"""Golden predictions of lists: their items are exact, but those with the same score may come in another order elsewhere."""

from pathlib import Path

import numpy as np
import pytest

from registry.artifacts import golden
from registry.artifacts.golden import Golden
from registry.artifacts.tensors import Tensor
from registry.errors import RegistryError

SCORES = np.array([[3, 2, 2 - 1e-6, 1], [4, 3, 2, 1]], np.float32)
WORDS = np.array([[b"a", b"b", b"c", b"d"], [b"d", b"c", b"b", b"a"]], object)


class Answering:
    """What answers as it is told to."""

    kind = "onnx"
    inputs = (Tensor("user", "int64", (None,)),)

    def __init__(self, items: np.ndarray, scores: np.ndarray = SCORES) -> None:
        self.answer = {"item": items, "score": scores}

    def __call__(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return self.answer


def exchanged(items: np.ndarray, row: int, one: int) -> np.ndarray:
    found = items.copy()
    found[row, [one, one + 1]] = found[row, [one + 1, one]]
    return found


@pytest.mark.parametrize("items", [WORDS, WORDS.astype(str).astype(object), np.arange(8).reshape(2, 4) + 50_000])
def test_items_of_the_same_score_may_change_places_and_no_others(tmp_path: Path, items: np.ndarray) -> None:
    golden.store(tmp_path, Golden({"user": np.array([1, 2])}, {"item": items, "score": SCORES}, np.zeros(2, int)))
    golden.check(tmp_path, Answering(items, SCORES + 1e-6), "here")
    golden.check(tmp_path, Answering(exchanged(items, 0, 1)), "here")
    for odd in exchanged(items, 0, 0), exchanged(items, 1, 1), items[:, :3]:
        with pytest.raises(RegistryError, match="answers golden inputs otherwise than when it was judged"):
            golden.check(tmp_path, Answering(odd), "here")
    with pytest.raises(RegistryError, match=r"\(difference 0.01\)"):
        golden.check(tmp_path, Answering(items, SCORES * np.float32(1.01)), "here")
