"""What train() says of its arguments is held against the spec's values before anything is fetched or trained."""

import ast
from pathlib import Path

import pytest
from registries import verb

from registry.code import annotations
from registry.errors import RegistryError
from registry.specs import models


def said(annotation: str, value: object, above: str = "") -> list[str]:
    """Return what is wrong with a value, each with its place in front; `above` is the top of the module."""
    meant = annotations.Annotations(annotations.aliases(ast.parse(above).body))
    read = meant.read(ast.parse(annotation, mode="eval").body)
    return [": ".join([*map(str, place), text]) for place, text in annotations.faults(read, value)]


FIT = {
    "int": [0, -3, 10**18],
    "float": [0.5, 5, -1],
    "str": ["five", "5", ""],
    "bool": [True, False],
    "None": [None],
    "'int'": [5],
    "'float | None'": [0.5, None],
    "int | None": [5, None],
    "Optional[float]": [0.5, 1, None],
    "typing.Optional['int']": [5, None],
    "Union[int, str]": [5, "five"],
    "Literal['adam', 'sgd']": ["adam"],
    "t.Literal['adam', 1, None]": ["adam", 1, None],
    "Literal[-1] | bool": [-1, False],
    "list": [[], [1, "a"]],
    "list[int]": [[], [64, 32]],
    "list[Epochs]": [[5, "x"]],
    "List[list[float]]": [[[1, 0.5], []]],
    "tuple[int, ...]": [[3, 3]],
    "tuple[int, str]": [[3, "a"], [3]],
    "Sequence[int | str]": [[3, "a"]],
    "dict": [{"a": []}],
    "dict[str, float]": [{"a": 1}, {}],
    "Annotated[int, '1..100']": [1, 100],
    "Annotated[float, '0.5..']": [0.5, 1e9],
    "Annotated[int, '..-1']": [-1],
    "Annotated[int, Ge(1), Le(100)]": [1, 100],
    "Annotated[float, annotated_types.Gt(0), at.Lt(1)]": [0.5],
    "Annotated[float, Interval(gt=0, le=1)] | None": [1, None],
    "Annotated[int, 'how many passes over the rows', 7]": [5, -5],
    "Annotated[int, Ge(LOWEST)]": [-5],
    "Annotated[str, '1..100']": ["five"],
}
UNKNOWN = [
    "Any", "object", "np.int64", "np.float32", "Epochs", "int | Epochs", "Optional[Epochs]", "Literal[Color.RED]",
    "'not an annotation'", "''", "Callable[[int], int]", "lambda: 0", "Annotated[Epochs, '1..2']", "type", "5",
    "Literal", "Optional", "bytes", "Path",
]  # fmt: skip
REFUSED = [
    ("int", "five", "five is text, and train() takes a whole number; write one, for example 5"),
    ("int", "5", "5 is text, and train() takes a whole number; write 5 without quotes"),
    ("int", "5.0", "5.0 is text, and train() takes a whole number; write 5 without quotes"),
    ("int", 5.0, "5.0 is a number, and train() takes a whole number; write 5"),
    ("int", 5.5, "5.5 is a number, and train() takes a whole number; write one, for example 5"),
    ("int", True, "true is true or false, and train() takes a whole number; write one, for example 5"),
    ("int", None, "null is nothing, and train() takes a whole number; write one, for example 5"),
    ("int", [5], "is a list, and train() takes a whole number; write one, for example 5"),
    ("'int'", "five", "five is text, and train() takes a whole number; write one, for example 5"),
    ("float", "1e-3", "1e-3 is text, and train() takes a number; write 0.001 without quotes"),
    ("float", "nan", "nan is text, and train() takes a number; write one, for example 0.5"),
    ("float", False, "false is true or false, and train() takes a number; write one, for example 0.5"),
    ("str", 5, "5 is a number, and train() takes text; put it in quotes"),
    ("str", None, "null is nothing, and train() takes text; write text"),
    ("bool", "True", "True is text, and train() takes true or false; write true without quotes"),
    ("bool", 1, "1 is a number, and train() takes true or false; write one of both"),
    ("None", 1, "1 is a number, and train() takes null; write null"),
    ("int | None", "five", "five is text, and train() takes a whole number or null; write one of those"),
    ("Optional[int]", "7", "7 is text, and train() takes a whole number or null; write 7 without quotes"),
    ("Literal['adam', 'sgd']", "adm", "adm is not known, and train() takes adam or sgd; did you mean adam?"),
    ("Literal['adam', 'sgd']", "x", "x is not known, and train() takes adam or sgd; write one of those"),
    ("Literal[1, 2]", True, "true is true or false, and train() takes 1 or 2; write one of those"),
    ("Literal[1, 2]", "2", "2 is text, and train() takes 1 or 2; write 2 without quotes"),
    ("list[int]", 64, "64 is a number, and train() takes a list; write [64]"),
    ("list[int]", [64, "x"], "1: x is text, and train() takes a whole number; write one, for example 5"),
    ("list[int] | None", [6.0], "0: 6.0 is a number, and train() takes a whole number; write 6"),
    ("dict[str, list[float]]", {"a": [True]},
     "a: 0: true is true or false, and train() takes a number; write one, for example 0.5"),
    ("dict", [1], "is a list, and train() takes a mapping; write `name: value` lines"),
    ("Annotated[int, '1..100']", 101,
     "101 is out of range, since train() takes a whole number from 1 to 100; write one of those"),
    ("Annotated[int, '1..1000000']", "five",
     "five is text, and train() takes a whole number from 1 to 1000000; write one of those"),
    ("Annotated[int, '1..100']", "101",
     "101 is text, and train() takes a whole number from 1 to 100; write one of those"),
    ("Annotated[float, Gt(0), Lt(1)]", 1,
     "1 is out of range, since train() takes a number above 0 and below 1; write one of those"),
    ("Annotated[float, Interval(ge=1e-6)]", 0,
     "0 is out of range, since train() takes a number of at least 0.000001; write one of those"),
    ("Annotated[int | None, Le(9)]", 10,
     "10 is out of range, since train() takes a whole number of at most 9; write one of those"),
]  # fmt: skip


@pytest.mark.parametrize("annotation", FIT)
def test_a_value_that_an_annotation_allows_is_taken(annotation: str) -> None:
    assert [said(annotation, value) for value in FIT[annotation]] == [[]] * len(FIT[annotation])


@pytest.mark.parametrize("annotation", UNKNOWN)
def test_an_annotation_that_is_not_known_is_not_judged(annotation: str) -> None:
    assert [said(annotation, value) for value in ([5], [5, "x"])] == [[], []]


@pytest.mark.parametrize(("annotation", "value", "text"), REFUSED)
def test_another_value_is_told_with_what_to_write(annotation: str, value: object, text: str) -> None:
    assert said(annotation, value) == [text]


def test_values_are_held_against_train_each_at_its_own_line(root: Path) -> None:
    code = root / "models/digits/model.py"
    signature = "seed: int, epochs: int, batch_size: int, learning_rate: float):"
    assert signature in code.read_text("utf-8")
    others = "seed, epochs: Epochs, layers: list[int], rate: 'Annotated[float, Gt(0)]', **more: str):"
    text = code.read_text("utf-8").replace(signature, others)
    code.write_text(f"from __future__ import annotations\n{text}", "utf-8")
    spec = root / "models/digits/model.yaml"
    before, _, rest = spec.read_text("utf-8").partition("  batch_size: 32\n  learning_rate: 0.001\n")
    values = "  layers:\n    - 64\n    - many\n  rate: 0\n  optimizer: adam\n  warm_up: 3\n"
    spec.write_text(f"{before.replace('epochs: 5', 'epochs: five')}{values}{rest}", "utf-8")
    with pytest.raises(RegistryError) as error:
        models.load(root, ["digits"])
    assert [str(problem).removeprefix("models/digits/model.yaml:") for problem in error.value.problems] == [
        "18: training.layers[1]: many is text, and train() takes a whole number; write one, for example 5",
        "19: training.rate: 0 is out of range, since train() takes a number above 0; write one of those",
        "21: training.warm_up: 3 is a number, and train() takes text; put it in quotes",
    ]


NAMED = """from typing import Annotated as A, Literal as L, TypeAlias
import typing as t
Count = A[int, "1.."]
Few: TypeAlias = "A[Count, '..9']"
Rate, Kind = float, int
Union = t.Optional
A1 = B1
B1 = A1
bool = str
"""


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        ("Count", 0, "0 is out of range, since train() takes a whole number of at least 1; write one of those"),
        ("list['Few']", [5, 10],
         "1: 10 is out of range, since train() takes a whole number from 1 to 9; write one of those"),
        ("Union[Few]", 0, "0 is out of range, since train() takes a whole number from 1 to 9; write one of those"),
        ("L['adam', 'sgd']", "adm", "adm is not known, and train() takes adam or sgd; did you mean adam?"),
        ("Rate", "fast", None),
        ("A1", 5, None),
        ("bool", "five", None),
    ],
)  # fmt: skip
def test_names_that_model_py_gives_to_annotations_are_known(annotation: str, value: object, text: str | None) -> None:
    assert said(annotation, value, NAMED) == ([text] if text else [])


def test_a_fault_of_the_spec_is_told_once(root: Path) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace("seed: 7", "seed: 7.0"), "utf-8")
    with pytest.raises(RegistryError, match=r"^models/digits/model.yaml:14: training.seed: 7.0 is no whole number"):
        models.load(root, ["digits"])


def test_what_the_template_of_new_says_of_its_arguments_is_held_against_the_spec(root: Path) -> None:
    verb(root, "new", "flowers")
    spec = root / "models/flowers/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace("epochs: 60", "epochs: 0"), "utf-8")
    assert verb(root, "validate", "flowers", code=1) == (
        "models/flowers/model.yaml:15: training.epochs: 0 is out of range,"
        " since train() takes a whole number of at least 1; write one of those\n1 problem\n"
    )
