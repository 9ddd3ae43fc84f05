"""metrics.py of a model, told from its text and its spec: nothing of it is run."""

from pathlib import Path

import pytest
from mistakes import said
from registries import commit

from registry.checks import consistency
from registry.specs import models

FILE = "models/digits/metrics.py"
TAKES = "must take outputs and labels, and maybe columns as a third; write `def cost(outputs, labels):`"
GOOD = "def cost(outputs, labels):\n    return 1.0\n"


def asking(
    root: Path, code: str | None = GOOD, metrics: str = "{cost: {better: lower}}", limit: str = "{max: 5}"
) -> None:
    spec = root / "models/digits/model.yaml"
    text = spec.read_text("utf-8").replace(
        "evaluation:\n", f"evaluation:\n  metrics: {metrics}\n" if metrics else "evaluation:\n"
    )
    spec.write_text(
        text.replace("thresholds:\n", f"thresholds:\n  cost: {limit}\n" if metrics else "thresholds:\n"), "utf-8"
    )
    if code is not None:
        (root / FILE).write_text(code)


@pytest.mark.parametrize(("code", "expected"), [
    (None, "evaluation.metrics: names functions of metrics.py, which is missing; write `def cost(outputs, labels):` there"),
    ("def costs(outputs, labels): pass\n", "cost: is not defined at the top level; did you mean costs?"),
    ("", "cost: is not defined at the top level; write `def cost(outputs, labels):`"),
    ("def cost(outputs): pass\n", f"cost: {TAKES}"),
    ("def cost(outputs, labels, columns, price): pass\n", f"cost: {TAKES}"),
    ("def cost(outputs, labels, *, price): pass\n", f"cost: {TAKES}"),
    ("def cost(outputs, labels:\n", "is not Python: '(' was never closed; run it through `python` and mend what that says"),
])  # fmt: skip
def test_functions_that_a_spec_names_must_be_there_and_take_what_they_are_given(
    root: Path, code: str | None, expected: str
) -> None:
    asking(root, code)
    (told,) = said(root)
    assert told.partition(": ")[2] == expected


@pytest.mark.parametrize(("code", "limit"), [
    (GOOD, "{max: 5}"), ("def cost(outputs, labels, columns):\n    pass\n", "{max: 5, folds: mean}"),
    ("def cost(a, b, c=None, *, d=1):\n    pass\n", "[{max: 5, folds: worst}, {max_drop: 1}]"),
])  # fmt: skip
def test_good_ones_are_taken_count_for_the_fingerprint_and_may_be_asked_for(root: Path, code: str, limit: str) -> None:
    (before,) = models.load(root, ["digits"])
    asking(root, code, limit=limit)
    commit(root)
    assert consistency.validate(root, [])
    (after,) = models.load(root, ["digits"])
    assert before.fingerprint != after.fingerprint and "metrics.py" in after.contents.code


def test_a_file_that_nobody_asks_for_is_told(root: Path) -> None:
    asking(root, metrics="")
    (told,) = said(root)
    assert told.startswith(f"{FILE}: has metrics, and evaluation.metrics in model.yaml names none; name them there")
