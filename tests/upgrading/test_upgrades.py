"""A newer version of a template comes as a branch: the team's changes stay, and models and environments are untouched."""

import re
import shlex
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import forerunners
import forks
import pytest
import registries
from forerunners import text
from registries import git

import registry.git
import upgrade as verb
from registry import console

OURS = {
    ".github/pictures/one.png": b"\0ours", ".github/pictures/two.png": None,
    ".github/workflows/check.yml": text(line_20="ours 20"), ".github/workflows/ours.yml": "ours\n",
    "README.md": "ours\n", "environments/staging/digits.yaml": "version: 1.0.0\n", "models/spam/model.yaml": "spam\n",
    "scripts/moved.py": text(line_20="ours 20"), "scripts/ours.py": "ours\n", "scripts/verb.py": text(line_20="ours 20"),
    "tests/rooms/test_ours.py": "ours\n", "tests/test_ours.py": "ours\n",
}  # fmt: skip

CRLF = "requirements/base.txt"
BOTH = ".github/workflows/check.yml", CRLF, "scripts/moved.py", "scripts/verb.py"


@pytest.fixture(scope="module")
def start(newer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A team's repository, made from version 1.0.0, in which the team changed something."""
    root = forerunners.made_from(newer, "v1.0.0", tmp_path_factory.mktemp("start") / "start")
    (root / "run.sh").symlink_to("scripts/verb.py")
    forerunners.write(root, OURS)
    (root / "crlf").write_bytes(forerunners.text().replace("\n", "\r\n").encode())
    blob = git(root, "hash-object", "-w", "--no-filters", "crlf").strip()
    (root / "crlf").unlink()
    git(root, "update-index", "--cacheinfo", f"100644,{blob},{CRLF}")
    git(root, "commit", "--quiet", "--message", "line ends of another system")
    return root


@pytest.fixture
def root(start: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(start, tmp_path / "root", symlinks=True))


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", forerunners.tox(tmp_path))


def upgrade(root: Path, newer: Path, *words: str, code: int = 0) -> str:
    return forks.verb(root, "upgrade", "--template", str(newer), *words, code=code)


def files(root: Path, revision: str) -> dict[str, tuple[str, bytes]]:
    """Return what a commit holds: path -> mode and content."""
    listed = (line.split("\t") for line in git(root, "ls-tree", "-r", revision).splitlines())
    contents = registry.git.contents(root, revision)
    return {path: (facts.split()[0], contents[path]) for facts, path in listed}


def facts(newer: Path, version: str) -> tuple[str, str]:
    commit = git(newer, "rev-parse", f"v{version}^{{commit}}").strip()
    return commit, git(newer, "show", "--no-patch", f"v{version}").partition("SHA256: ")[2].split()[0]


def test_what_is_newer_comes_and_what_is_the_teams_stays(root: Path, newer: Path) -> None:
    before, mine, state = git(root, "rev-parse", "HEAD"), files(root, "HEAD"), git(root, "status", "--porcelain")
    assert b"\r\n" in mine[CRLF][1]
    commit, sha256 = facts(newer, "1.1.0")
    assert upgrade(root, newer, "--check") == (
        "this repository has 1.0.0 of the template; newer: 1.1.0\nnext: `tox run -e upgrade -- 1.1.0`\n"
    )
    assert upgrade(root, newer) == (
        f"from 1.0.0\nto 1.1.0, commit {commit[:12]}, sha256 {sha256}, not signed\n"
        f".github/pictures/one.png is yours, and stays; the newer one: `git show {commit[:12]}:.github/pictures/one.png`\n"
        f"README.md is yours, and stays; the newer one: `git show {commit[:12]}:README.md`\n"
        "tox run -e migrate ...\ntox run -e validate ...\ntox run -e fast ...\n"
        + "".join(f"{path}: both changed it, and Git merged that; look at it\n" for path in BOTH)
        + "upgrade-1.1.0 brings 1.1.0 of the template\n"
        "next: `git diff HEAD...upgrade-1.1.0`, then `git push origin upgrade-1.1.0` and a pull request\n"
    )
    made, theirs = files(root, "upgrade-1.1.0"), files(newer, "v1.1.0")
    teams = {path for path in mine if re.match("models/.+/|environments/.+[/.]yaml|environments/staging/", path)}
    assert {path: made[path] for path in teams} == {path: mine[path] for path in teams}
    merged = "100644", text(line_3="newer 3", line_20="ours 20").encode()
    both = {".github/workflows/check.yml": merged, "scripts/verb.py": merged, "scripts/registry/moved.py": merged}
    assert {path: made[path] for path in both} == both
    rest = {path: entry for path, entry in made.items() if path not in teams and path not in both}
    only = {path for path in mine if path not in files(newer, "v1.0.0")} | {"README.md", ".github/pictures/one.png"}
    taken = {
        path for path in theirs if path not in both and not re.match("models/.+/|environments/.+yaml|.+two.png", path)
    }
    assert rest == {path: theirs[path] for path in taken} | {path: mine[path] for path in only - teams}
    assert git(root, "log", "-1", "--format=%P", "upgrade-1.1.0") == before == git(root, "rev-parse", "HEAD")
    assert git(root, "log", "-1", "--format=%B", "upgrade-1.1.0") == (
        "template: upgrade to 1.1.0\n\n"
        "From 1.0.0. Models, environments and pins are as they were; changes of the team's own stay.\n\n"
        f"Template: {forerunners.ADDRESS}\nTemplate-Version: 1.1.0\nTemplate-Commit: {commit}\nTemplate-SHA256: {sha256}\n\n"
    )
    assert git(root, "status", "--porcelain") == state and git(root, "worktree", "list").count("\n") == 1
    assert git(root, "tag") == ""
    again = upgrade(root, newer)
    assert "\nupgrade-1.1.0 is there already\n.github" in again and "tox run -e fast" not in again
    git(root, "reset", "--quiet", "--hard", "upgrade-1.1.0")
    assert upgrade(root, newer) == "this repository has 1.1.0 of the template; nothing to do\n"


CLASHES = {
    ".github/CODEOWNERS": None, "requirements/base.txt": text(line_3="ours 3"), "scripts/gone.py": "ours\n",
    "scripts/verb.py": None, "tests/new.py": "ours\n", "tests/picture": b"\0\1\4",
    "models/digits/model.yaml": text(line_3="ours 3"), "scripts/registry": "a file\n",
}  # fmt: skip


ODD = {
    "color.ui": "always", "diff.orderFile": "/nowhere", "fetch.prune": "true", "i18n.logOutputEncoding": "UTF-16",
    "log.showSignature": "true", "merge.renames": "false", "format.pretty": "%s",
}  # fmt: skip


def test_what_clashes_is_told_with_the_words_of_both_and_git_goes_on_from_there(root: Path, newer: Path) -> None:
    forerunners.write(root, CLASHES)
    git(root, "commit", "--quiet", "--amend", "--message", "our\tway \x1b[1m")
    before = git(root, "rev-parse", "HEAD")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in registry.git.settings(ODD, besides={}).items():
            patch.setitem(registries.ENVIRONMENT, name, value)
        said = upgrade(root, newer, code=1).splitlines()
    ours, theirs = (git(one, "rev-parse", "--short", name).strip() for one, name in ((root, "HEAD"), (newer, "HEAD~1")))
    words = f"you: {ours} “our\\tway \\x1b[1m”; the template: {theirs} “a change”"
    ends, first = (git(root, "rev-parse", "--short", f"HEAD~{back}").strip() for back in (1, 2))
    steps = [
        "git switch --create upgrade-1.1.0",
        "git -c merge.directoryRenames=false cherry-pick --strategy-option=renormalize refs/template/upgrade-1.1.0",
    ]
    assert said[4:] == [
        *(f"next: `{step}`" for step in steps),
        "next: mend the files below, `git add` them, and `git cherry-pick --continue`",
        "next: `tox run -e migrate`, commit what that did, and `tox`; then push the branch, and open a pull request",
        f"{CRLF}: both changed it; {words.replace('; the', f', {ends} “line ends of another system”; the')}",
        f"scripts/gone.py: the template took it away, and you changed it; {words}",
        f"scripts/registry: one of both moved it, or has a folder there; {words}",
        f"scripts/verb.py: you took it away, and the template changed it; {words.replace('; the', f', {first} “a change”; the')}",
        f"tests/new.py: both made it; {words}",
        f"tests/picture: both changed it; {words}",
        "6 problems",
    ]
    assert git(root, "rev-parse", "HEAD") == before and git(root, "branch", "--format=%(refname:short)") == "main\n"
    assert git(root, "status", "--porcelain") == "" and len(git(root, "worktree", "list").splitlines()) == 1
    git(root, *shlex.split(steps[0])[1:])
    with pytest.raises(subprocess.CalledProcessError):
        git(root, *shlex.split(steps[1])[1:])
    clashing = {
        line[3:]
        for line in git(root, "status", "--porcelain").splitlines()
        if line[:2] in ("UU", "UD", "DU", "AA", "UA", "AU")
    }
    assert {path.partition("~")[0] for path in clashing} == {line.partition(":")[0] for line in said[8:-1]}
    git(
        root,
        "checkout",
        "--quiet",
        "--theirs",
        "--",
        "requirements/base.txt",
        "tests/new.py",
        "tests/picture",
        "scripts/verb.py",
    )
    git(root, "rm", "--quiet", "scripts/gone.py", "scripts/registry~HEAD")
    git(root, "add", "--all")
    git(root, "-c", "core.editor=true", "cherry-pick", "--continue")
    made = files(root, "HEAD")
    assert made["models/digits/model.yaml"][1].decode() == CLASHES["models/digits/model.yaml"]
    assert made["scripts/verb.py"] == files(newer, "v1.1.0")["scripts/verb.py"] and "scripts/gone.py" not in made
    assert ".github/CODEOWNERS" not in made, "the template left it as it was"
    assert git(root, "log", "-1", "--format=%s").strip() == "template: upgrade to 1.1.0"
    assert upgrade(root, newer) == "this repository has 1.1.0 of the template; nothing to do\n"


def test_killed_anywhere_it_leaves_nothing_and_ends_the_same_when_it_is_run_again(
    root: Path, newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    words, before = ("--template", str(newer), "--tests", "validate"), git(root, "rev-parse", "HEAD")
    run = partial(forks.survives, root, partial(console.run, verb.main), *words)
    left = set()
    for steps in (20, 42):
        assert not run(steps=steps)
        assert git(root, "branch", "--format=%(refname:short)") == "main\n" and git(root, "rev-parse", "HEAD") == before
        left.add(git(root, "worktree", "list").count("\n"))
    assert left == {1, 2}, "where it was killed late its checkout lies there"
    upgrade(root, newer, "--tests", "validate")
    assert git(root, "worktree", "list").count("\n") == 1
    record = ".github/template.json"
    assert git(root, "show", f"upgrade-1.1.0:{record}") == git(newer, "show", f"v1.1.0:{record}")


def test_a_branch_that_is_called_as_checkouts_are_is_left_alone(root: Path, newer: Path) -> None:
    git(root, "switch", "--quiet", "--create", "registry-upgrade-of-ours")
    assert "\nupgrade-1.1.0 brings 1.1.0 of the template\n" in upgrade(root, newer, "--tests", "")
