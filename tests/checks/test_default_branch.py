"""Where the default branch is not the one that release and deploy wait for, `validate` says so and mends nothing."""

import json
import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, ROOT, commit, git

from registry.github import triggers

RELEASE = ".github/workflows/release.yml"
ALL_VALID = "1 model, 2 environments, 0 pins: all valid\n"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    shutil.copytree(ROOT / ".github/workflows", start / ".github/workflows")
    commit(start)
    return start


def said(root: Path, branch: str, of: str = "main") -> str:
    lines = {name: (root / name).read_text().splitlines().index(f"    branches: [{of}]") + 1 for name in triggers.DOES}
    return "".join(
        f"{name}:{lines[name]}: on.push.branches: names {of}, and {branch} is the default branch, so nothing is"
        f" {triggers.DOES[name]}; write {branch} there, or rename the branch: Settings → General → Default branch\n"
        for name in sorted(triggers.DOES)
    )


def origin(root: Path, branch: str) -> None:
    git(root, "update-ref", f"refs/remotes/origin/{branch}", "HEAD")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{branch}")


def event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: object) -> None:
    (tmp_path / "event.json").write_text(facts if isinstance(facts, str) else json.dumps(facts))
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_EVENT_PATH", str(tmp_path / "event.json"))


def test_a_clone_whose_origin_has_another_default_branch_is_told_and_mended_by_either_way(root: Path) -> None:
    assert verb(root, "validate").startswith(ALL_VALID)
    origin(root, "main")
    assert verb(root, "validate").startswith(ALL_VALID)
    origin(root, "our/trunk")
    text = verb(root, "validate")
    assert said(root, "our/trunk") in text and ALL_VALID in text
    for name in triggers.DOES:
        (root / name).write_text((root / name).read_text().replace("branches: [main]", "branches: [main, our/trunk]"))
    assert "default branch" not in verb(root, "validate")


def test_a_run_knows_it_by_its_event_and_a_pull_request_into_another_branch_too(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"repository": {"default_branch": "trunk"}, "pull_request": {"base": {"ref": "trunk"}}}
    event(tmp_path, monkeypatch, facts)
    text = verb(root, "validate")
    assert said(root, "trunk") in text and "this pull request" not in text
    event(tmp_path, monkeypatch, facts | {"repository": {"default_branch": "main"}})
    text = verb(root, "validate")
    assert "on.push.branches" not in text
    assert (
        "this pull request: goes into trunk, and only what is merged into main, the default branch, is released and"
        " deployed; change its base\n"
    ) in text


@pytest.mark.parametrize("facts", ["", "[]", "{", {"repository": None}, {"repository": {"default_branch": 1}}])
def test_an_event_that_tells_nothing_is_no_trouble(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: object
) -> None:
    event(tmp_path, monkeypatch, facts)
    assert verb(root, "validate").startswith(ALL_VALID)


@pytest.mark.parametrize(("branches", "branch", "is_held"), [
    ("[main]", "main", True), ("[main]", "master", False), ("[main]", "mainly", False), ("[a, b]", "b", True),
    ("['**']", "a/b", True), ("['*']", "a/b", False), ("['re*/**']", "releases/a/b", True), ("['m.in']", "main", False),
    ("['**', '!main']", "main", False), ("['!main', '**']", "main", True), ("[1]", "1", True), ("main", "other", True),
])  # fmt: skip
def test_branches_are_read_as_github_reads_them(branches: str, branch: str, is_held: bool) -> None:
    found = triggers.missing(RELEASE, f"on:\n  push:\n    branches: {branches}\n".encode(), branch)
    assert (found is None) == is_held


@pytest.mark.parametrize(
    "raw", [None, b"", b"[", b"on: push\n", b"on: [push]\n", b"on:\n  push:\n", b"\xff", b"a: 1\n"]
)
def test_a_workflow_without_named_branches_leaves_none_out(raw: bytes | None) -> None:
    assert triggers.missing(RELEASE, raw, "main") is None
