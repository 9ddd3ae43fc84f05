"""Repositories that are not as usual: tags lost, moved and made by hand, no commits, shallow clones, worktrees."""

import shutil
from functools import partial
from pathlib import Path

import changed
import promote
import publish
import pytest
import status
import validate
import withdraw
from registries import candidate, commit, git
from saying import DEPLOY, RELEASE, TARGET, refused, say


def test_a_release_without_its_tag_gets_it_again_only_for_the_same_bytes(pinned: Path) -> None:
    git(pinned, "tag", "--delete", "digits@v1.0.0")
    other = Path(shutil.copytree(pinned, pinned.with_name("other")))
    assert say(pinned, publish, "digits").startswith("published digits@v1.0.0: ")
    assert git(pinned, "tag") == "digits@v1.0.0\n"
    candidate(other, factor=3.0)
    assert refused(other, publish, "digits") == (
        "digits@v1.0.0: is released with other bytes, and a version is never reused; raise it: 1.0.1, 1.1.0 or 2.0.0"
    )
    assert git(other, "tag") == ""


def test_a_tag_without_its_release_gets_it_again(pinned: Path) -> None:
    shutil.move(pinned / RELEASE, pinned.with_name("was"))
    assert say(pinned, publish, "digits").startswith("published digits@v1.0.0: ")
    names = {path.name: path.read_bytes() for path in pinned.with_name("was").iterdir()}
    assert {path.name: path.read_bytes() for path in (pinned / RELEASE).iterdir()} == names


def test_a_tag_that_was_moved_is_told(pinned: Path) -> None:
    message = git(pinned, "tag", "--list", "--format=%(contents)", "digits@v1.0.0")
    was = git(pinned, "rev-parse", "digits@v1.0.0^{commit}")[:12]
    commit(pinned)
    git(pinned, "tag", "--force", "--annotate", "--cleanup=verbatim", f"--message={message}", "digits@v1.0.0")
    now = git(pinned, "rev-parse", "HEAD")[:12]
    assert refused(pinned, publish, "digits") == (
        f"digits@v1.0.0: is a tag on {now}, but release.json says {was}; put it back: `git fetch --tags --force`"
    )


@pytest.mark.parametrize("words", [["digits@v1.0.0"], ["--annotate", "--message=by hand", "digits@v1.0.0"]])
def test_a_tag_made_by_hand_that_looks_like_a_release_is_told_by_every_verb(fresh: Path, words: list[str]) -> None:
    git(fresh, "tag", *words)
    what = "digits@v1.0.0: is a tag without a release's trailers ('Fingerprint')"
    told = (
        f"{what}; 1.0.0 can't be released while it is there, and nothing else is held up; to free it, run `git tag -d"
        " 'digits@v1.0.0'`, where it was pushed after `git push --delete origin 'digits@v1.0.0'` by somebody who may"
        " bypass the rule for tags"
    )
    for verb in validate, changed, status:
        assert f"{told}\n" in say(fresh, verb)
    assert say(fresh, changed, "--json").startswith("[\n")
    assert refused(fresh, publish, "digits") == (
        f"{what}; write version: 1.0.1, 1.1.0 or 2.0.0 in models/digits/model.yaml"
    )
    pin = "environments/staging/digits.yaml: digits has no release"
    assert refused(fresh, promote, "digits", "staging") == f"{pin} to pin; publish one: `tox run -e publish -- digits`"
    assert refused(fresh, promote, "digits", "staging", "--version", "1.0.0") == f"{pin} 1.0.0; released: none"


def test_a_tag_made_by_hand_keeps_only_its_own_version_from_being_released_and_pinned(fresh: Path) -> None:
    git(fresh, "tag", "digits@v1.0.1")
    assert say(fresh, publish, "digits").startswith("published digits@v1.0.0: ")
    candidate(fresh, factor=3.0)
    assert refused(fresh, publish, "digits").endswith("never reused; raise it: 1.1.0 or 2.0.0")
    assert "digits.yaml: nothing → 1.0.0\n" in say(fresh, promote, "digits", "staging")
    say(fresh, promote, "digits", "staging", "--version", "1.0.0")


def test_a_withdrawal_tag_made_by_hand_withdraws(pinned: Path) -> None:
    git(pinned, "tag", "digits@v1.0.0!")
    (pinned / "environments/staging/digits.yaml").unlink()
    assert refused(pinned, promote, "digits", "staging", "--version", "1.0.0") == (
        "environments/staging/digits.yaml: digits@v1.0.0 is withdrawn: no reason is given; choose another version"
    )


def test_a_repository_without_commits_validates_and_publishes_nothing(fresh: Path) -> None:
    shutil.rmtree(fresh / ".git")
    git(fresh, "init", "--quiet")
    assert say(fresh, validate).startswith("1 model, 2 environments, 0 pins: all valid\n")
    assert say(fresh, changed).startswith("digits 1.0.0: has no release yet\n")
    assert say(fresh, *DEPLOY) == "staging: nothing to do; it runs what is pinned\n"
    assert refused(fresh, publish, "digits") == (
        "models/digits: no commit holds what was built; commit your changes: `git add models/digits && git commit`"
    )
    assert refused(fresh, promote, "digits", "staging") == (
        "environments/staging/digits.yaml: digits has no release to pin; publish one: `tox run -e publish -- digits`"
    )


def test_a_shallow_clone_is_told_by_every_verb_that_asks_for_releases(pinned: Path) -> None:
    git(pinned.parent, "clone", "--quiet", "--depth=1", f"file://{pinned}", "shallow")
    for verb in (validate,), (changed,), (status,), (promote, "digits", "staging"):
        assert refused(pinned.parent / "shallow", *verb) == (
            ".: is a shallow clone, which doesn't know all releases; run `git fetch --unshallow --tags`"
        )


def test_what_is_no_checkout_is_told(fresh: Path) -> None:
    git(fresh.parent, "clone", "--quiet", "--bare", str(fresh), "bare.git")
    for place in fresh.parent / "bare.git", fresh / ".git":
        assert refused(place, validate) == (
            ".: holds no files of a commit (a bare repository, or .git itself); change to a clone with files"
        )
    shutil.rmtree(fresh / ".git")
    assert refused(fresh, validate) == ".: is not in a Git repository; change to one, or run `git init`"
    assert say(fresh, validate, code=1, first=partial(shutil.rmtree, fresh)) == (
        ".: is a folder that is gone; change to the repository\n"
    )


def test_the_loop_works_detached_in_a_worktree_and_from_a_folder_below(fresh: Path) -> None:
    tree_of_its_own = fresh.with_name("œuvre of its own")
    git(fresh, "worktree", "add", "--quiet", "--detach", str(tree_of_its_own))
    shutil.copytree(fresh / "candidates", tree_of_its_own / "candidates")
    below = tree_of_its_own / "models/digits"
    for verb in (publish, "digits"), (promote, "digits", "staging"), DEPLOY, (status,), (validate,):
        say(below, *verb)
    assert (tree_of_its_own / TARGET / "1000000/saved_model.pb").read_text() == "J\nSavedModel"


def test_a_withdrawal_that_git_refuses_is_told(pinned: Path) -> None:
    (pinned / ".git/refs/tags/digits@v1.0.0!.lock").touch()
    assert "git tag: cannot lock ref 'refs/tags/digits@v1.0.0!': Unable to create" in refused(
        pinned, withdraw, "digits", "1.0.0", "--reason", "x"
    )
