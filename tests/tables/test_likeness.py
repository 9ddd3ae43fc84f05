"""What nearly equals a row is found again by a hash, and what is only like it is not."""

import numpy as np
import pytest

from registry.artifacts.arrays import Features
from registry.tables import keys, likeness

RANDOM = np.random.default_rng(3)
PICTURES = np.kron(RANDOM.random((200, 7, 7, 3)), np.ones((1, 4, 4, 1)))


def looks(features: Features) -> np.ndarray | None:
    found = likeness.of(features)
    return None if found is None else np.concatenate([*found])


def found_again(features: Features, others: Features) -> np.ndarray:
    """Return which rows look like the same row of others."""
    return (looks(features) == looks(others)).any(axis=1)


SAME = [
    ("The cat sat, on the mat!", "the  CAT sat on\tthe mat"),
    ("don't", "dont"),
    ("Straße", "STRASSE"),
    ("ﬁve ①", "five 1"),
    ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\N{COMBINING ACUTE ACCENT}"),
    ("naïve\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}NAÏVE"),
]
OTHER = [
    ("a cat", "a cot"),
    ("C", "C++"),
    ("5", "50"),
    ("great 😀", "great 😡"),
    ("!", "?"),
    ("", "a"),
    ("cafe", "café"),
]


@pytest.mark.parametrize("kind", ["U", "O"])
def test_text_is_the_same_but_for_case_white_space_punctuation_and_how_unicode_writes_it(kind: str) -> None:
    for pairs, same in (SAME, True), (OTHER, False):
        ours, theirs = (np.array(texts, kind) for texts in zip(*pairs, strict=True))
        assert found_again(ours, theirs).tolist() == [same] * len(pairs)
        assert found_again({"a": ours, "b": ours}, {"a": theirs, "b": ours}).tolist() == [same] * len(pairs)
    assert len(set(looks(np.array([["ab", "c"], ["a", "bc"]]))[:, 0])) == 2


CHANGES = {
    "brighter": PICTURES + 0.1,
    "with less contrast": PICTURES * 0.8,
    "of another range": np.round(PICTURES * 255).astype("uint8"),
    "noisy": np.clip(PICTURES + RANDOM.normal(0, 0.02, PICTURES.shape), 0, 1).astype("float32"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_is_the_same_but_for_a_little_brightness_contrast_and_noise(change: str) -> None:
    again = found_again(PICTURES, CHANGES[change])
    assert again.mean() > (0.75 if change == "noisy" else 0.98)


def test_pictures_of_other_things_are_not_the_same_nor_is_one_turned_or_moved() -> None:
    assert [len(set(column)) for column in looks(PICTURES).T] == [len(PICTURES)] * likeness.SHIFTS
    for other in PICTURES[::-1], PICTURES[:, ::-1], np.roll(PICTURES, 4, axis=2), PICTURES[..., ::-1]:
        assert not found_again(PICTURES, other).any()


def test_plain_surfaces_are_the_same_and_gaps_are_no_fault() -> None:
    grey = np.full((2, 8, 8), 0.5)
    grey[1] = 0.7
    assert len(set(looks(np.r_[grey, grey + RANDOM.normal(0, 1e-4, grey.shape)])[:, 4])) == 1
    assert looks(np.where(PICTURES > 0.9, np.nan, PICTURES)).shape == (200, likeness.SHIFTS)


def test_rows_that_are_neither_text_nor_pictures_look_like_nothing() -> None:
    texts, numbers = np.array(["a", "b"]), np.zeros((2, 3))
    for features in numbers, {"text": texts, "number": numbers}, np.zeros((2, 7, 9)), np.zeros((2, 9, 9, 5)):
        assert looks(features) is None
    assert looks({"text": texts, "picture": np.zeros((2, 8, 8, 1))}).shape == (2, likeness.SHIFTS)
    assert not found_again({"t": texts, "p": np.zeros((2, 8, 8))}, {"t": texts[::-1], "p": np.zeros((2, 8, 8))}).any()


def test_rows_are_looked_at_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = looks(PICTURES)
    monkeypatch.setattr(keys, "SIZE", 10_000)
    assert len([*likeness.of(PICTURES)]) > 10
    assert looks(PICTURES).tolist() == whole.tolist()
