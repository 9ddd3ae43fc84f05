"""What main's commits changed, told from its trees alone, is what Git says of each commit by itself."""

from pathlib import Path

import pytest
import registries
from pasts import Past

from registry import git
from registry.commits import revisions, trees
from registry.environments import manifests

FOLDER = manifests.FOLDER


@pytest.mark.parametrize("objects", ["sha1", "sha256"])
def test_files_that_come_go_turn_into_folders_and_links_and_come_back_are_told_as_git_tells_them(
    tmp_path: Path, objects: str
) -> None:
    odd, deep = f"{FOLDER}/staging/\udcff a\tb.yaml", f"{FOLDER}/staging/digits.yaml/deep/er.yaml"
    plain = f"{FOLDER}/staging/digits.yaml"
    steps = [
        ({"README.md": "no folder yet\n"}, {}), ({odd: "a\n", plain: "a\n", f"{FOLDER}/staging.yaml": "a\n"}, {}),
        ({plain: "a\n"}, {plain: "100755"}), ({plain: "else\n"}, {plain: "120000"}), ({}, {}),
        ({plain: None, deep: "b\n"}, {}), ({deep: None, plain: "a\n"}, {}), ({"README.md": "other\n"}, {}),
        ({odd: None, plain: None, f"{FOLDER}/staging.yaml": None}, {}), ({FOLDER: "a file\n"}, {}),
        ({FOLDER: None, **{f"{FOLDER}/a/{number:03}.yaml": "x\n" for number in range(40)}}, {}),
        ({f"{FOLDER}/a/000.yaml": None, f"{FOLDER}/a/039.yaml": "y\n", f"{FOLDER}/a/020x.yaml": "z\n"}, {}),
    ]  # fmt: skip
    past = Past()
    for number, (files, modes) in enumerate(steps):
        past.commit(files, f"{number}\n\nmore\n", modes=modes)
    past.commit({plain: "of a branch\n"}, "beside", onto=2, branch="topic")
    past.commit({plain: "merged\n"}, "merge it", merged=(past.count,))
    root = tmp_path / "root"
    registries.git(tmp_path, "init", "--quiet", f"--object-format={objects}", str(root))
    past.write(root)
    each = revisions.past(root, "HEAD", FOLDER, is_whole=True)[::-1]
    commits, states = revisions.main(root, "HEAD")
    assert [one[:6] for one in commits] == [one[:6] for one in each]
    found: list[list[trees.Change]] = [[] for _ in commits]
    for place, change in trees.changes(root, FOLDER, states):
        found[place].append(change)
    wanted = [[one for one in commit.changes if one.path != FOLDER] for commit in each]
    assert [sorted(those) for those in found] == [sorted(those) for those in wanted]
    assert git.read(root, [one.blob for one in found[1] if one.blob]) == [b"a\n"] * 3


def test_an_object_that_is_missing_is_told_and_not_all_that_is_asked_has_to_be_read(tmp_path: Path) -> None:
    past = Past()
    past.commit({"a b": "x\n"})
    root = tmp_path / "root"
    past.write(root)
    with pytest.raises(git.RegistryError, match="git cat-file: HEAD:a c is missing from this repository; clone it anew"):
        git.read(root, ["HEAD:a b", "HEAD:a c", "HEAD:a b"])
    with pytest.raises(git.RegistryError, match="git rev-list: bad object aaaa"):
        revisions.main(root, "a" * 40)
    few = git.each(root, ["HEAD:a b"] * 100_000)
    assert next(few) == b"x\n"
    few.close()
