"""Targets belong to one environment of one repository: what is not its own is never touched, and why is told."""

import json
import os
from functools import partial
from pathlib import Path

import deploy
import forks
import pytest
import rich.table  # noqa: F401  what status imports late is here before the forks
import status
from registries import candidate, commit, git, template

from registry import console

DEPLOYED = "  + digits   1.0.0\nstaging: 1 change made\nnext: `tox run -e status` shows what runs where\n"
NOTHING = "staging: nothing to do; it runs what is pinned\n"
ADOPT = (
    "write another target.path, or take it over: `tox run -e deploy -- staging --adopt` shows what an earlier deploy "
    "left there\n1 problem\n"
)
TAKEN = "staging: {} is taken over, with what an earlier deploy left:\n  = digits   1.0.0\n  = .staging\n"
LEFT = "was not put there by deploy, so it is left alone; move it away, or write another target.path\n"


def say(root: Path, *words: str, code: int = 0, verb=deploy, first=int) -> str:
    words = words if verb is not deploy else ("staging", *words)
    found, said = forks.run(root, partial(console.run, verb.main), *words, first=first)
    assert (found, "Traceback" in said) == (code, False), said
    return said


def tree(folder: Path) -> dict[str, object]:
    """Return all that lies in a folder, with its bytes, rights and times."""
    found = [folder, *folder.rglob("*")]
    states = {str(one): one.lstat() for one in found}
    content = {str(one): one.read_bytes() for one in found if one.is_file() and not one.is_symlink()}
    return {name: (state.st_mode, state.st_ctime_ns, content.get(name)) for name, state in states.items()}


def aim(root: Path, path: object) -> None:
    """Let the environment staging of a repository have another target."""
    spec = root / "environments/staging.yaml"
    spec.write_text(spec.read_text().replace("path: deployments/staging", f"path: {path}"))
    commit(root)


@pytest.fixture(scope="module")
def start(released: Path) -> Path:
    return released


@pytest.fixture
def target(root: Path, tmp_path: Path) -> Path:
    """A folder outside the repository, not there yet, that is staging's target."""
    aim(root, tmp_path / "served")
    return tmp_path / "served"


def test_the_record_names_environment_repository_and_what_was_put_there(root: Path, target: Path) -> None:
    assert say(root, "--apply") == DEPLOYED
    assert json.loads((target / ".owner.json").read_text()) == {
        "environment": "staging", "models": ["digits"], "name": "root",
        "repository": git(root, "rev-list", "--max-parents=0", "HEAD").strip(),
    }  # fmt: skip
    (root / "environments/staging/digits.yaml").unlink()
    say(root, "--apply", "--prune")
    assert json.loads((target / ".owner.json").read_text())["models"] == []
    assert sorted(os.listdir(target)) == [".lock", ".owner.json", ".staging"]


def planted(folder: Path, record: str = '{"version": "1.0.0", "sha256": "x"}') -> None:
    """Put a folder there that is somebody's, with a record that looks like deploy's."""
    (folder / "2000000").mkdir(parents=True)
    (folder / "2000000/accounts.db").write_text("a year of bills")
    (folder / "deployed.json").write_text(record)


@pytest.mark.parametrize("record", ["", "{}", '{"version": "1.0.0", "sha256": "x", "files": {}}', "the release's"])
def test_a_folder_of_somebody_s_is_left_alone_whatever_record_lies_in_it(root: Path, target: Path, record: str) -> None:
    release = json.loads((root / "releases/digits@v1.0.0/release.json").read_text())["report"]["artifact"]["sha256"]
    record = record if record != "the release's" else json.dumps({"version": "1.0.0", "sha256": release, "files": {}})
    planted(target / "billing", record)
    before = tree(target)
    told = f"{target}: is not empty and has no owner (billing), so nothing in it is touched; {ADOPT}"
    assert say(root, code=1) == say(root, "--apply", code=1) == say(root, "--apply", "--prune", code=1) == told
    assert say(root, verb=status).startswith(told.removesuffix("1 problem\n"))
    assert say(root, "--adopt", "--apply", code=1) == (
        f"{target}: holds nothing of a release of this repository (billing), so nothing is taken over; write another "
        "target.path, or move away what lies there\n1 problem\n"
    )
    assert tree(target) == before


def test_beside_what_is_deploy_s_own_it_is_left_alone_too(root: Path, target: Path) -> None:
    say(root, "--apply")
    planted(target / "billing")
    (target / "letters").symlink_to(root)
    (target / "notes.txt").write_text("ours")
    before = tree(target / "billing")
    assert say(root) == say(root, "--apply") == NOTHING
    (root / "environments/staging/digits.yaml").rename(root / "environments/staging/billing.yaml")
    refused = f"{target}/billing: {LEFT}"
    assert say(root) == (
        f"staging\n  + billing  1.0.0\n  - digits   1.0.0\n1 change. Nothing was touched: run with --apply.\n{refused}"
    )
    said = say(root, "--apply", code=1)
    assert said.startswith("  + billing  1.0.0\n  - digits   1.0.0\n")
    assert (tree(target / "billing"), (target / "digits").exists()) == (before, False)
    assert sorted(os.listdir(target)) == [".lock", ".owner.json", ".staging", "billing", "letters", "notes.txt"]


def test_every_clone_is_the_same_owner_with_or_without_an_origin_and_by_any_name(root: Path, target: Path) -> None:
    assert say(root, "--apply") == DEPLOYED
    git(root.parent, "clone", "--quiet", str(root), "another clone")
    clone = root.parent / "another clone"
    for origin in ("https://me:secret@example.org/octo/models.git", "git@example.org:octo/renamed.git", None):
        git(clone, "remote", "remove", "origin") if origin is None else git(
            clone, "remote", "set-url", "origin", origin
        )
        assert say(clone, "--apply", "--releases", str(root / "releases")) == NOTHING
    git(clone, "checkout", "--quiet", "--orphan", "imported")
    git(clone, "commit", "--quiet", "--message", "elsewhere")
    git(clone, "checkout", "--quiet", "main")
    git(clone, "merge", "--quiet", "--allow-unrelated-histories", "--strategy", "ours", "--no-edit", "imported")
    assert say(clone, "--apply") == NOTHING


def test_a_shallow_clone_is_told_how_to_know_where_it_belongs(root: Path, target: Path) -> None:
    git(root.parent, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
    assert "run `git fetch --unshallow" in say(root.parent / "shallow", "--apply", code=1)
    assert not target.exists()


@pytest.fixture
def other(root: Path, tmp_path: Path, target: Path) -> Path:
    """Another repository with the same models, whose target is the same."""
    other = template(tmp_path / "other")
    git(other, "commit", "--quiet", "--amend", "--message", "another start")
    git(other, "remote", "add", "origin", "https://me:secret@example.org/octo/cat.git")
    candidate(other, factor=2.0, filler=1)
    forks.verb(other, "publish", "digits")
    forks.verb(other, "promote", "digits", "staging")
    aim(other, target)
    return other


def test_a_target_of_another_repository_is_refused_by_name(root: Path, target: Path, other: Path) -> None:
    say(other, "--apply")
    before = tree(target)
    first, own = (git(one, "rev-list", "--max-parents=0", "HEAD").strip() for one in (other, root))
    told = (
        f"{target}: belongs to staging of octo/cat, whose first commit is {first}, not to staging of the repository "
        f"whose first commit is {own}; write another target.path\n"
    )
    for words in ((), ("--apply",), ("--apply", "--prune"), ("--adopt",), ("--adopt", "--apply")):
        assert say(root, *words, code=1) == f"{told}1 problem\n"
    said = say(root, verb=status)
    assert said.startswith(told)
    assert "1.0.0, runs nothing" in said
    assert tree(target) == before
    assert say(other, "--apply") == NOTHING


def test_a_target_of_another_environment_is_refused_by_name(root: Path, target: Path) -> None:
    say(root, "--apply")
    spec = root / "environments/staging.yaml"
    spec.rename(root / "environments/trial.yaml")
    (root / "environments/staging").rename(root / "environments/trial")
    found, said = forks.run(root, partial(console.run, deploy.main), "trial", "--apply")
    assert (found, f"{target}: belongs to staging of root, whose" in said, ", not to trial of" in said) == (
        1,
        True,
        True,
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"environment": "staging", "repository": "x", "name": "y", "models": ["../.."]}']
)
def test_a_damaged_record_of_an_owner_is_no_owner(root: Path, target: Path, text: str) -> None:
    say(root, "--apply")
    (target / ".owner.json").write_text(text)
    before = tree(target)
    told = f"{target}/.owner.json: is damaged, so nothing here is touched; put it back, or write another target.path\n"
    for words in ((), ("--apply", "--prune"), ("--adopt", "--apply")):
        assert say(root, *words, code=1) == f"{told}1 problem\n"
    assert tree(target) == before


def forget(target: Path) -> None:
    """Make a target as an earlier deploy left it, which knew of no owners, and kept nothing in mind."""
    record = target / "digits/deployed.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"files": {}}))
    (target / ".owner.json").unlink()
    (target / ".brought.json").unlink()


def test_what_an_earlier_deploy_left_is_taken_over_after_it_was_shown(root: Path, target: Path) -> None:
    say(root, "--apply")
    forget(target)
    (target / "digits/1000000/saved_model.pb").write_text("damaged")
    planted(target / "billing")
    before = tree(target)
    assert say(root, "--apply", code=1).endswith(ADOPT)
    shown = f"{TAKEN.format(target)}left alone: billing\n"
    assert say(root, "--adopt") == (
        f"{shown}staging\n  ! digits   1.0.0 (drift: repair)\n"
        "1 change. Nothing was touched: run with --adopt --apply.\n"
    )
    assert tree(target) == before
    assert say(root, "--adopt", "--apply").startswith(f"{shown}  ! digits   1.0.0 (drift: repair)\nstaging: 1 change")
    assert tree(target / "billing") == {name: one for name, one in before.items() if "/billing" in name}
    assert say(root) == say(root, "--adopt", "--apply") == NOTHING


def test_a_model_s_folder_with_something_of_somebody_s_in_it_is_not_taken_over(root: Path, target: Path) -> None:
    say(root, "--apply")
    forget(target)
    (target / "digits/accounts.db").write_text("a year of bills")
    assert "nothing is taken over" in say(root, "--adopt", "--apply", code=1)
    assert (target / "digits/accounts.db").exists()


def test_what_another_repository_left_beside_it_is_not_taken_over(root: Path, target: Path, other: Path) -> None:
    say(other, "--apply")
    forget(target)
    before = tree(target)
    assert "holds nothing of a release of this repository (.staging, digits)" in say(root, "--adopt", "--apply", code=1)
    assert tree(target) == before
    assert say(other, "--adopt") == (
        f"{TAKEN.format(target)}staging: nothing to do; it runs what is pinned. "
        "Nothing was touched: run with --adopt --apply.\n"
    )
    say(other, "--adopt", "--apply")
    assert say(other) == NOTHING


def test_a_first_deploy_killed_before_its_record_left_nothing_of_anybody_s(root: Path, target: Path) -> None:
    target.mkdir()
    (target / ".lock").touch()
    (target / "..owner.json.abcdefgh.new").touch()
    assert say(root, "--apply") == DEPLOYED
    assert sorted(os.listdir(target)) == [".brought.json", ".lock", ".owner.json", ".staging", "digits"]


def test_what_was_kept_in_mind_and_cannot_be_believed_is_kept_anew(root: Path, target: Path) -> None:
    say(root, "--apply")
    file = target / ".brought.json"
    whole = file.read_text()
    for text in "", "[]", '{"digits": 1}', '{"digits": {"version": 1, "sha256": null}}', "{" * 9999:
        file.write_text(text)
        assert say(root, "--apply") == NOTHING
        assert file.read_text() == whole


def test_where_nothing_can_be_kept_in_mind_that_is_told_beside_what_was_done(root: Path, target: Path) -> None:
    say(root, "--apply")
    file = target / ".brought.json"
    file.unlink()
    file.mkdir()
    assert say(root, "--apply", code=1) == f"{file}: is a directory; mend that and run the same command again\n1 problem\n"
    file.rmdir()
    assert say(root, "--apply") == NOTHING
