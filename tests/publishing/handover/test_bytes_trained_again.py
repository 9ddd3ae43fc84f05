"""Bytes that other code, another branch or somebody else brought are trained again, and the reason is told."""

import shutil
from pathlib import Path

import pytest
import teams
from hub import Hub
from hub.caller import Caller
from registries import IDENTITY, commit, git
from reviewing import NO_RUN, TREES, collects, edit, handed, reviewed, saying


def test_a_commit_that_was_checked_against_another_branch_too_is_trained_again(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    pull, _ = reviewed(root, hub)
    hub.take(root, "other")
    octo = Caller(hub, hub.token)
    octo.branch("mine", pull["base"]["sha"])
    octo.post("/pulls", title="t", head="topic", base="mine", body="")
    teams.merge(root, hub, pull)
    said = collects(root, hub, tmp_path, trains=True)
    assert "#2 had the same commit checked against mine, and a run does not tell which of them it checked" in said


@pytest.mark.parametrize("tree", ["same", "empty"])
def test_a_merge_that_somebody_made_into_another_history_is_not_believed(
    root: Path, hub: Hub, tmp_path: Path, tree: str
) -> None:
    pull, made = reviewed(root, hub)
    bare = hub.repository.git
    top = bare.text("rev-parse", "topic^{tree}") if tree == "same" else bare.tree(None, "")
    orphan = bare.text("commit-tree", top, "-m", "o", **IDENTITY)
    first = orphan if tree == "same" else pull["base"]["sha"]
    forged = bare.text("commit-tree", top, "-p", first, "-p", pull["head"]["sha"], "-m", "m", **IDENTITY)
    handed(lambda files: files.update(saying(files, commit=forged)))(hub, made)
    teams.merge(root, hub, pull)
    reason = "which is no merge of" if tree == "same" else "models/digits differ from what the checks ran with"
    assert reason in collects(root, hub, tmp_path, trains=True)


@pytest.mark.parametrize("parents", ["", "base", "base other", "base head other", "head base"])
def test_only_the_merge_of_the_reviewed_commit_into_main_is_believed_whatever_others_hold(
    root: Path, hub: Hub, tmp_path: Path, parents: str
) -> None:
    pull, made = reviewed(root, hub)
    bare, same = hub.repository.git, "topic^{tree}"
    known = {"base": pull["base"]["sha"], "head": pull["head"]["sha"]}
    known["other"] = bare.text("commit-tree", same, "-m", "o", **IDENTITY)
    words = [word for name in parents.split() for word in ("-p", known[name])]
    forged = bare.text("commit-tree", same, *words, "-m", "m", **IDENTITY)
    handed(lambda files: files.update(saying(files, commit=forged)))(hub, made)
    teams.merge(root, hub, pull, "merge")
    assert f"was built from {forged[:12]}, which is no merge of" in collects(root, hub, tmp_path, trains=True)


def test_a_tree_that_github_does_not_list_whole_agrees_with_nothing(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    hub.tree_limit = 3
    assert "is too large to be listed whole" in collects(root, hub, tmp_path, trains=True)


@pytest.mark.parametrize("place", TREES)
def test_other_code_than_the_checks_ran_with_is_trained_again(root: Path, hub: Hub, tmp_path: Path, place: str) -> None:
    pull, _ = reviewed(root, hub)
    git(root, "checkout", "--quiet", "main")
    (root / place).write_text("second\n")
    commit(root)
    hub.take(root)
    teams.merge(root, hub, pull)
    said = collects(root, hub, tmp_path, trains=True)
    assert f"{place.split('/')[0]} differ from what the checks ran with in " in said


def test_another_model_folder_is_trained_again_although_its_fingerprint_is_the_same(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    pull, _ = reviewed(root, hub)
    git(root, "checkout", "--quiet", "main")
    (root / "models/digits/README.md").write_text("prose\n")
    commit(root)
    hub.take(root)
    teams.merge(root, hub, pull)
    assert "models/digits differ from what the checks ran with in " in collects(root, hub, tmp_path, trains=True)


def test_a_fork_is_trained_again(root: Path, hub: Hub, tmp_path: Path) -> None:
    fork = hub.add("someone/models", parent=hub.repository)
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "theirs")
    commit(root)
    hub.take(root, "theirs", fork)
    octo = Caller(hub, hub.token)
    pull = octo.post("/pulls", title="t", head="someone:theirs", base="main", body="")
    teams.checked(root, hub, pull, head=fork)
    teams.merge(root, hub, pull)
    assert "#1 comes from a fork, whose bytes are never taken" in collects(root, hub, tmp_path, trains=True)


def test_a_run_of_a_fork_s_commit_is_not_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    fork = hub.add("someone/models", parent=hub.repository)
    pull, made = reviewed(root, hub)
    hub.repository.runs[made["id"]]["head_repository"] = fork.full_name
    teams.merge(root, hub, pull)
    assert NO_RUN in collects(root, hub, tmp_path, trains=True)


def test_a_push_without_a_pull_request_is_trained(root: Path, hub: Hub, tmp_path: Path) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    commit(root)
    hub.take(root)
    head = git(root, "rev-parse", "HEAD")[:12]
    assert f"no merged pull request brought commit {head}" in collects(root, hub, tmp_path, trains=True)


def test_a_pull_request_that_is_still_open_has_brought_nothing(root: Path, hub: Hub, tmp_path: Path) -> None:
    reviewed(root, hub)
    shutil.rmtree(root / "candidates")
    assert "no merged pull request brought commit" in collects(root, hub, tmp_path, trains=True)


def test_a_pull_request_that_was_merged_into_another_branch_has_brought_nothing_to_main(
    root: Path, hub: Hub, octo: Caller, tmp_path: Path
) -> None:
    octo.branch("dev", octo.head())
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root)
    hub.take(root, "topic")
    pull = octo.post("/pulls", title="t", head="topic", base="dev", body="")
    teams.checked(root, hub, pull)
    octo.put("/pulls/1/merge", merge_method="merge")
    hub.take(root)
    shutil.rmtree(root / "candidates")
    assert "no merged pull request brought commit" in collects(root, hub, tmp_path, trains=True)
