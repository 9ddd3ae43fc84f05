"""What a version needs that is only written yet, and which push makes the tags of a laptop known elsewhere."""

from functools import partial
from pathlib import Path
from types import ModuleType

import forks
import judge
import publish
import pytest
import rich.table  # noqa: F401  what judge imports late is here before the forks
import withdraw
from registries import candidate, commit

from registry import console

SPEC = "models/digits/model.yaml"
NOT_YET = "is not released, so no report of it is recorded; `tox run -e build -- digits` makes and judges it"


@pytest.fixture
def made(root: Path) -> Path:
    candidate(root)
    return root


def say(root: Path, verb: ModuleType, *words: str, code: int = 0) -> str:
    found, said = forks.run(root, partial(console.run, verb.main), *words)
    assert (found, "Traceback" in said) == (code, False), said
    return said


def test_a_version_that_was_raised_is_told_what_it_would_need(made: Path) -> None:
    assert say(made, judge, "digits", code=1) == f"{SPEC}:2: version: 1.0.0 {NOT_YET}\n1 problem\n"
    say(made, publish, "digits")
    assert "digits 1.0.0, which runs nowhere: pass" in say(made, judge, "digits")
    text = (made / SPEC).read_text()
    (made / SPEC).write_text(text.replace("version: 1.0.0", "version: 1.1.0"))
    commit(made)
    assert say(made, judge, "digits", code=1) == (
        f"{SPEC}:2: version: 1.1.0 {NOT_YET}; to judge 1.0.0, write that version for a moment\n1 problem\n"
    )
    (made / SPEC).write_text(text)
    assert "digits 1.0.0, which runs nowhere: pass" in say(made, judge, "digits")
    assert say(made, judge, "digits", "--releases", "elsewhere", code=1) == (
        f"digits@v1.0.0: is not in {made}/elsewhere, and only what is released can be judged again; name where it lies"
        " with --releases or --repository\n1 problem\n"
    )


def test_a_laptop_is_told_which_push_makes_its_tags_known_elsewhere(made: Path) -> None:
    assert "\nnext: `git push origin 'digits@v1.0.0'` makes the tag known elsewhere\n" in say(made, publish, "digits")
    assert say(made, withdraw, "digits", "1.0.0", "--reason", "bad").endswith(
        "\nnext: `git push origin 'digits@v1.0.0!'`, so that `promote` refuses it in other clones after a fetch\n"
    )
