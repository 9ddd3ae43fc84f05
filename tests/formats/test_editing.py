"""Values of YAML that a person wrote, put in place of others: all else of the text stays."""

import pytest

from registry.errors import RegistryError
from registry.formats import editing, reader

SPEC = """\
# a model: ü × 7
version: 1.0.0   # three numbers
training: # keywords
  seed: 7
  epochs: 5  # few

  activation: 'relu'
  "name": "x: y"   # quoted
  layers: [64, 32] # two
  rate: 0.001
# then
limits: {accuracy: {min: 0.9}, # flow
  other: 1}
"""
EDITED = """\
# a model: ü × 7
version: 1.1.0   # three numbers
training: # keywords
  seed: 7
  epochs: 12  # few

  activation: 'tanh'
  "name": "on"   # quoted
  layers: [16, 0.5] # two
  rate: 0.00001
  momentum: 1.0
  text: "on"
# then
limits: {accuracy: {min: 0.95, max: 1}, # flow
  other: true}
"""


def test_comments_order_quotes_and_styles_stay() -> None:
    changes = {
        ("version",): "1.1.0", ("training", "epochs"): 12, ("training", "activation"): "tanh", ("training", "name"): "on",
        ("training", "layers"): [16, 0.5], ("training", "rate"): 1e-5, ("training", "momentum"): 1.0,
        ("training", "text"): "on", ("limits", "accuracy", "min"): 0.95, ("limits", "accuracy", "max"): 1,
        ("limits", "other"): True,
    }  # fmt: skip
    made = editing.replaced("spec", SPEC, changes)
    assert made == EDITED
    found = reader.parse("spec", made.encode())
    assert not found.problems
    assert found.data["training"] == {
        "seed": 7, "epochs": 12, "activation": "tanh", "name": "on", "layers": [16, 0.5], "rate": 1e-5, "momentum": 1.0,
        "text": "on",
    }  # fmt: skip
    assert editing.replaced("spec", SPEC, {}) == SPEC


@pytest.mark.parametrize(("text", "changes", "expected"), [
    ("a: 1", {("b",): 2}, "a: 1\nb: 2"),
    ("a:\r\n  b: 1 # c\r\nd: 1\r\n", {("a", "c"): 6, ("d",): 2}, "a:\r\n  b: 1 # c\r\n  c: 6\r\nd: 2\r\n"),
    ("a: {b: 1,}\n", {("a", "c"): "x, y"}, "a: {b: 1, c: 'x, y',}\n"),
    ("a: {b: 'it''s'}\n", {("a", "b"): "it's"}, "a: {b: it's}\n"),
    ("a: \"x\"\n", {("a",): 'say "y"'}, "a: say \"y\"\n"),
    ("a: '16'\n", {("a",): 16}, "a: 16\n"),
    ("a: null\n", {("a",): [[1, "b"], "null"]}, "a: [[1, b], \"null\"]\n"),
])  # fmt: skip
def test_whatever_is_written_is_read_again_as_it_was_meant(text: str, changes: dict, expected: str) -> None:
    assert editing.replaced("spec", text, changes) == expected


@pytest.mark.parametrize(("text", "changes", "said"), [
    ("a:\n  - 1\n  - 2 # c\n", {("a",): [1]}, f"spec:1: a: {editing.ONE_LINE}"),
    ("b: 1\na: [1, # c\n  2]\n", {("a",): [1]}, f"spec:2: a: {editing.ONE_LINE}"),
    ("a: >\n  x\n", {("a",): "y"}, f"spec:1: a: {editing.ONE_LINE}"),
    ("a: 'x\n  y'\n", {("a",): "y"}, f"spec:1: a: {editing.ONE_LINE}"),
    ("a: &x 1\nb: *x\n", {("a",): 5},
     "spec:1: a: &x is an anchor; leave it out and write values out\nspec:2: b: *x is an alias; write the value out"),
    ("a:\nb: 1\n", {("a",): 5}, "spec: a: can't be edited as it stands; write `a: 5` there yourself"),
])  # fmt: skip
def test_what_can_t_be_edited_is_refused_with_what_to_write(text: str, changes: dict, said: str) -> None:
    with pytest.raises(RegistryError) as error:
        editing.replaced("spec", text, changes)
    assert str(error.value) == said
