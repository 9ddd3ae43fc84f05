"""What main went through, by first parent, decides how long a pin stands and what was pinned before."""

import re
import time
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, candidate, commit, git, template

DAY = 24 * 3600
STAGING, PRODUCTION = "environments/staging/digits.yaml", "environments/production/digits.yaml"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three releases, made a month ago; a version soaks a day in staging."""
    root = template(tmp_path_factory.mktemp("start"))
    spec = root / "environments/production.yaml"
    spec.write_text(f"{spec.read_text('utf-8')}soak: 24h\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        at(30, patch)
        for version in "1.0.0", "1.1.0", "1.2.0":
            model = root / "models/digits/model.yaml"
            model.write_text(re.sub("version: .*", f"version: {version}", model.read_text("utf-8"), count=1), "utf-8")
            commit(root)
            candidate(root)
            verb(root, "publish", "digits")
    return root


@pytest.fixture(autouse=True)
def a_month_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    at(30, monkeypatch)


def at(days: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is committed from now on be so many days old."""
    monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", f"@{time.time() - days * DAY:.0f} +0000")


def pin(root: Path, version: str, place: str = "staging") -> None:
    verb(root, "promote", "digits", place, "--version", version)
    commit(root)


def branch(root: Path, *more: str) -> None:
    git(root, "checkout", "--quiet", "-b", "topic", *more)


def merge(root: Path) -> None:
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--message", "a merge", "topic")


def refused(root: Path, hours: float) -> None:
    said = verb(root, "promote", "digits", "production", code=1)
    assert said == f"{PRODUCTION}: digits@v1.0.0 must soak in staging for 24h; {hours:.1f} hours are left\n1 problem\n"


def test_a_soak_begins_with_the_merge_not_with_the_branch(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    branch(root)
    at(20, monkeypatch)
    pin(root, "1.0.0")
    at(0.5, monkeypatch)
    merge(root)
    refused(root, 12)
    at(0, monkeypatch)
    commit(root)
    refused(root, 12)


def test_a_date_that_was_set_back_shortens_no_soak(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(0.25, monkeypatch)
    commit(root)
    at(20, monkeypatch)
    pin(root, "1.0.0")
    refused(root, 18)


def test_a_soak_goes_on_when_a_pin_is_written_otherwise_and_begins_anew_when_it_comes_back(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(2, monkeypatch)
    pin(root, "1.0.0")
    at(0.5, monkeypatch)
    (root / STAGING).write_text(f"# the first\n{(root / STAGING).read_text('utf-8')}", "utf-8")
    commit(root)
    assert verb(root, "promote", "digits", "production").startswith(f"{PRODUCTION}: nothing → 1.0.0\n")
    (root / PRODUCTION).unlink()
    at(0.25, monkeypatch)
    pin(root, "1.1.0")
    at(0.125, monkeypatch)
    git(root, "revert", "--no-edit", "HEAD")
    refused(root, 21)


def test_a_pin_that_is_not_committed_has_not_begun_to_soak(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(10, monkeypatch)
    pin(root, "1.1.0")
    verb(root, "promote", "digits", "staging", "--version", "1.0.0")
    refused(root, 24)


def test_a_merge_that_decides_by_itself_what_is_pinned_is_seen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    branch(root)
    pin(root, "1.1.0")
    git(root, "checkout", "--quiet", "main")
    at(5, monkeypatch)
    git(root, "merge", "--quiet", "--no-ff", "--no-commit", "topic")
    pin(root, "1.0.0")  # neither side has it
    assert len(git(root, "show", "--no-patch", "--format=%P").split()) == 2
    assert verb(root, "promote", "digits", "production").startswith(f"{PRODUCTION}: nothing → 1.0.0\n")


def test_only_what_main_pinned_can_be_gone_back_to(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(*words: str, code: int = 0) -> str:
        said = verb(root, "promote", "digits", "production", *words, code=code)
        commit(root)
        return said

    at(20, monkeypatch)
    pin(root, "1.0.0")
    follow()
    branch(root)
    pin(root, "1.1.0")
    follow()
    pin(root, "1.2.0")
    follow("--version", "1.0.0")
    merge(root)
    assert follow() == (
        f"{PRODUCTION}: 1.0.0 → 1.2.0\nnext: `git add {PRODUCTION} && git commit -m 'promote digits@v1.2.0 to production'`,"
        " then `tox run -e deploy -- production --apply`\n"
    )
    assert follow("--version", "1.1.0", code=1) == (
        f"{PRODUCTION}: digits@v1.1.0 does not run in staging: staging runs 1.2.0; promote it there first\n1 problem\n"
    )
    assert follow("--version", "1.0.0").startswith(f"{PRODUCTION}: 1.2.0 → 1.0.0\n")
