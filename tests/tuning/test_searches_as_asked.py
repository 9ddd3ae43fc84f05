"""The verb `tune` before and after a search: nobody else at it, nothing changed meanwhile, and what to run again."""

from argparse import Namespace
from pathlib import Path

import pytest
import tune
from mistakes import replace
from registries import verb

from registry import files
from registry.errors import RegistryError
from registry.specs import models
from registry.tuning import results, wishes
from registry.tuning.trials import Found, Trial

FILE = "models/digits/model.yaml"
OWN, BEST = {"epochs": 5}, {"epochs": 7}
FOUND = Found("digits", "accuracy", True, ["epochs"], OWN, [Trial(0, OWN, [0.8, 0.8]), Trial(1, BEST, [0.9, 0.8])])


def test_one_search_is_not_made_twice_at_a_time(root: Path) -> None:
    (model,) = models.load(root, ["digits"])
    lock = wishes.wish(model, ["epochs=3..10"], None, None).folder(root).with_suffix(".lock")
    with files.lock(lock, "this test"):
        said = verb(root, "tune", "digits", "--set", "epochs=3..10", code=1)
    assert said == f"{lock}: digits is being tuned by another process; wait until it is done\n1 problem\n"


def test_a_spec_that_was_changed_while_it_was_searched_is_not_written(root: Path) -> None:
    (model,) = models.load(root, ["digits"])
    replace(root, FILE, "batch_size: 32", "batch_size: 64")
    before = (root / FILE).read_bytes()
    with pytest.raises(RegistryError) as error:
        tune.write(root, model, FOUND, Namespace(write=1))
    assert str(error.value) == "models/digits: was changed while it was searched; run the same command again"
    assert (root / FILE).read_bytes() == before


def test_the_command_that_goes_on_has_all_that_was_asked() -> None:
    asked = Namespace(model="digits", words=["a=1,2"], trials=9, metric=None, folds=None, limit=tune.LIMIT)
    assert tune.again(asked) == "tox run -e tune -- digits --trials 9 --set a=1,2"
    more = vars(asked) | {"metric": "f1", "folds": 3, "limit": 0.5}
    assert tune.again(Namespace(**more), "--write") == (
        "tox run -e tune -- digits --trials 9 --set a=1,2 --metric f1 --folds 3 --limit 0.5 --write"
    )


def test_what_the_spec_leaves_out_is_said() -> None:
    assert results.arguments(FOUND, Trial(0, {})) == "epochs left out"
