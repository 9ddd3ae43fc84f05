"""A spec with other arguments: what of it changes, and which version it must have then."""

from pathlib import Path

import pytest
from mistakes import replace
from registries import commit

from registry import versions
from registry.errors import RegistryError
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.specs import models
from registry.specs.models import Model
from registry.tuning import rewriting

FILE = "models/digits/model.yaml"


def digits(root: Path) -> tuple[Model, Release | None]:
    (model,) = models.load(root, ["digits"])
    return model, (ledger.load_all(root, "digits").get("digits") or [None])[-1]


def test_only_arguments_and_the_version_change_and_the_spec_is_valid(pinned: Path) -> None:
    model, last = digits(pinned)
    before = (pinned / FILE).read_text("utf-8")
    arguments = {"epochs": 8, "batch_size": model.spec["training"]["batch_size"], "learning_rate": 0.00123}
    version = rewriting.version(model, arguments, last, ())
    text = rewriting.text(model, before, arguments, version)
    (pinned / FILE).write_text(text, "utf-8")
    changed = [line for line in text.splitlines() if line not in before.splitlines()]
    assert changed == ["version: 1.1.0", "  epochs: 8", "  learning_rate: 0.00123"]
    after, _ = digits(pinned)
    assert (after.version, after.spec["training"]) == ("1.1.0", model.spec["training"] | arguments)


def test_the_version_rises_by_a_minor_where_the_recipe_is_no_more_that_of_the_last_release(pinned: Path) -> None:
    model, last = digits(pinned)
    assert rewriting.version(model, {"epochs": 8}, last, ()) == "1.1.0"
    assert rewriting.version(model, {"epochs": 8}, last, ("1.1.0", "1.2.0")) == "1.3.0", "tags that are no releases"
    assert rewriting.version(model, {"epochs": 5}, last, ()) == "1.0.0", "nothing changes"
    assert rewriting.version(model, {"epochs": 8}, None, ()) == "1.0.0", "nothing is released"
    replace(pinned, FILE, "version: 1.0.0", "version: 1.0.1")
    commit(pinned)
    model, last = digits(pinned)
    assert rewriting.version(model, {"epochs": 8}, last, ()) == "1.0.1", "a person raised it"
    highest = last._replace(version=f"{versions.LARGEST_MAJOR}.999.0")
    with pytest.raises(RegistryError) as error:
        rewriting.version(model, {"epochs": 8}, highest, ())
    assert str(error.value) == f"{FILE}: version: has no version left above {highest.version}; raise it yourself"
