"""Every kind of target passes the same tests, and is told of in the same places."""

import re
from collections.abc import Iterator
from pathlib import Path

import forks
import pytest
from anytarget import *  # noqa: F403  the tests
from servers import ROOT
from stages import STAGES, Stage

from registry.destinations import aiming
from registry.formats import schemas

CLUSTER = "kubernetes"  # it passes the same tests in tests/cluster


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    made = STAGES[request.param](tmp_path)
    yield made
    made.close()


def test_every_kind_is_a_value_of_the_schema_a_case_where_it_is_found_and_a_row_on_the_page() -> None:
    kinds = schemas.load("environment")["properties"]["target"]["properties"]["type"]["enum"]
    found = re.findall(r'^        case "([a-z-]+)":$', Path(aiming.__file__).read_text("utf-8"), re.MULTILINE)
    head, *_ = (ROOT / "environments/TARGETS.md").read_text("utf-8").partition("\n## ")
    rows = re.findall(r"^\| `([a-z-]+)` \|", head, re.MULTILINE)
    assert sorted(found) == sorted(rows) == sorted(kinds)
    assert sorted([*STAGES, CLUSTER]) == sorted(kinds)


def test_the_verb_tells_the_same_plan_of_each_kind(stage: Stage) -> None:
    stage.pin("1.0.0")
    stage.pin("1.1.0", "spam")
    stage.deploy()
    stage.pin("1.1.0")
    stage.pin(None, "spam")
    stage.pin("1.0.0", "words")
    said = forks.verb(stage.root, "deploy", "staging")
    plan = "staging\n  ~ digits   1.0.0 → 1.1.0\n  - spam     1.1.0\n  + words    1.0.0\n"
    assert said == f"{plan}3 changes. Nothing was touched: run with --apply.\n"
