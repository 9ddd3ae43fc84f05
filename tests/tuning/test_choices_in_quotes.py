"""Choices in quotes: a comma in them parts nothing, and what is told of them can be written again."""

import pytest

from registry.code import signatures
from registry.errors import RegistryError
from registry.tuning import space

TRAIN = signatures.found("def train(features, labels, *, seed: int, words: str, names: list[str]): ...", "train")
SPEC = {"training": {"seed": 7}}
CHOICES = {
    "words='a,b',c": ("a,b", "c"),
    'words="a, [b", don\'t': ("a, [b", "don't"),
    "words=on,'no'": ("on", "no"),
    "names=['a,b',c],[d]": (["a,b", "c"], ["d"]),
}


@pytest.mark.parametrize("word", CHOICES)
def test_what_stands_in_quotes_is_one_choice_and_is_read_again_as_it_is_told(word: str) -> None:
    (axis,) = space.read([word], TRAIN, SPEC)
    assert axis.choices == CHOICES[word]
    assert space.read([axis.words], TRAIN, SPEC) == [axis]


def test_a_quote_that_nothing_closes_is_told() -> None:
    with pytest.raises(RegistryError) as error:
        space.read(["words='a,b"], TRAIN, SPEC)
    assert str(error.value) == "--set: words: 'a,b has a ' without its other; close it, or leave it out"
