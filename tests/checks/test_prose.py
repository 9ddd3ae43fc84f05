"""Prose, wherever it lies: it is no model, no environment and no pin, and asks for no build, deploy or test."""

import json
import re
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, commit, git, template
from servers import ROOT

from registry.checks import scope

NOTHING = {"models": [], "assess_on": "ubuntu-latest", "judge": [], "environments": [], "code": False, "approvals": []}
PROSE = [
    "README.md", "NOTES.md", "LICENSE", "docs/picture.png", "models/README.md", "models/digits/NOTES.md",
    "environments/README.md", "scripts/README.md", "scripts/registry/specs/WHY.md", "requirements/README.md",
    "tests/README.md", ".github/SETUP.md", ".github/workflows/README.md", ".github/pull_request_template.md",
    ".github/ISSUE_TEMPLATE/fault.yml",
]  # fmt: skip
CODE = [
    "scripts/registry/specs/models.py", "tests/invalid/said.txt", "requirements/base.txt", ".github/CODEOWNERS",
    ".github/workflows/check.yml", "tox.ini", "scripts/readme.md.py", "scripts/templates/model.md",
    "tests/invalid/model/page.md", "tests/fixtures/template/README.md", "tests/docs.md/helper.py", ".gitattributes",
    ".devcontainer/Dockerfile", "Jenkinsfile",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A branch of a repository whose model has no release yet: any change of its recipe would build it."""
    root = template(tmp_path / "root")
    git(root, "checkout", "--quiet", "-b", "branch")
    return root


def write(root: Path, *places: str) -> None:
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text("words\n")


def outputs(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_OUTPUT", str(root.parent / "outputs"))
    verb(root, "changed", "--base", "main")
    lines = (root.parent / "outputs").read_text().splitlines()
    return {name: json.loads(value) for name, value in (line.split("=", 1) for line in lines)}


def test_a_branch_of_prose_alone_builds_and_tests_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, *PROSE)
    commit(root)
    assert outputs(root, monkeypatch) == NOTHING
    git(root, "branch", "--force", "main")
    git(root, "rm", "--quiet", *PROSE)
    assert outputs(root, monkeypatch) == NOTHING, "what is taken away asks for nothing either"


@pytest.mark.parametrize("place, wanted", [
    ("models/digits/model.py", {"models": [{"models": "digits", "runs_on": "ubuntu-latest", "number": 1}]}),
    ("environments/staging.yaml", {"environments": ["staging"]}), ("scripts/new.py", {"code": True}),
])  # fmt: skip
def test_beside_prose_each_other_change_asks_for_what_it_needs(
    root: Path, monkeypatch: pytest.MonkeyPatch, place: str, wanted: dict
) -> None:
    write(root, *PROSE)
    (root / place).parent.mkdir(exist_ok=True)
    with (root / place).open("a") as file:
        file.write("# more\n")
    assert outputs(root, monkeypatch) == NOTHING | wanted


@pytest.mark.parametrize("place", CODE)
def test_what_verbs_workflows_and_tests_read_is_tested(root: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    write(root, *PROSE, place)
    assert outputs(root, monkeypatch) == NOTHING | {"code": True}


def test_the_page_on_workflows_names_all_that_is_tested() -> None:
    page = (ROOT / ".github/workflows/README.md").read_text("utf-8")
    (row,) = re.findall(r"^\| (`scripts/`.*) \| `tests` \|$", page, re.MULTILINE)
    assert re.findall("`([^`]+)`", row) == [*scope.CODE]


def test_pages_beside_models_and_environments_are_neither(root: Path) -> None:
    before = {name: verb(root, name) for name in ("validate", "changed", "status", "targets")}
    write(root, "models/README.md", "models/digits/README.md", "environments/README.md")
    assert {name: verb(root, name) for name in before} == before
    assert "made models/flowers" in verb(root, "new", "flowers")
