"""A spec, or an environment, with any value in any place is taken or refused in lines."""

import copy
import functools
import json
import operator
from pathlib import Path

import pytest
from drawing import NUMBERS, WORDS
from hypothesis import given
from hypothesis import strategies as st
from registries import TEMPLATE, template

from registry.environments import manifests
from registry.formats import reader
from registry.specs import models


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("digits"))


DIGITS = reader.parse("model.yaml", (TEMPLATE / "models/digits/model.yaml").read_bytes()).data

PRODUCTION = reader.parse("production.yaml", (TEMPLATE / "environments/production.yaml").read_bytes()).data

WRONG = (
    st.none()
    | st.booleans()
    | NUMBERS
    | WORDS
    | st.lists(WORDS, max_size=2)
    | st.dictionaries(WORDS, NUMBERS, max_size=2)
)


def places(value: object, place: tuple = ()) -> list[tuple]:
    """Return every place in a document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*place, step) for step, _ in steps] + [
        one for step, child in steps for one in places(child, (*place, step))
    ]


def with_another(document: dict, place: tuple, value: object) -> dict:
    changed = copy.deepcopy(document)
    *above, last = place
    functools.reduce(operator.getitem, above, changed)[last] = value
    return changed


@given(st.sampled_from(places(DIGITS)), WRONG)
def test_a_spec_with_any_value_in_any_place_is_taken_or_refused_in_lines(
    digits: Path, place: tuple, value: object
) -> None:
    file = digits / "models/digits/model.yaml"
    file.write_text(json.dumps(with_another(DIGITS, place, value), ensure_ascii=False), "utf-8")
    found, problems = models.load_some(digits, [])
    assert bool(found) != bool(problems)
    assert all(str(problem).isprintable() for problem in problems)


@given(st.sampled_from(places(PRODUCTION)), WRONG)
def test_an_environment_with_any_value_in_any_place_is_taken_or_refused_in_lines(
    digits: Path, place: tuple, value: object
) -> None:
    file = digits / "environments/production.yaml"
    file.write_text(json.dumps(with_another(PRODUCTION, place, value), ensure_ascii=False), "utf-8")
    found, problems = manifests.load_all(digits)
    assert ("production" in found) != bool(problems)
    assert all(str(problem).isprintable() for problem in problems)
