"""A newer version of the template merged with a team's changes: by Git's cherry-pick, which a person can go on with."""

import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from registry import git, tags
from registry.errors import Problem, RegistryError, one_line
from registry.upgrading.extent import Entry

# Files that only a team has stay where they are, whatever folders the template moves; and what somebody decided in
# another merge is not decided again unseen.
SETTINGS = {
    "merge.directoryRenames": "false", "merge.renames": "true", "rerere.enabled": "false", "core.hooksPath": os.devnull,
    "core.sparseCheckout": "false", "i18n.commitEncoding": "UTF-8",
}  # fmt: skip
PLAIN = {"log.showSignature": "false", "i18n.logOutputEncoding": "UTF-8", "diff.orderFile": os.devnull}
PICK = ("cherry-pick", "--allow-empty", "--keep-redundant-commits", "--strategy-option=renormalize")
BY_HAND = "git -c merge.directoryRenames=false cherry-pick --strategy-option=renormalize"
# which of base, yours and the template's have a file that Git can't merge -> what happened
HAPPENED = {
    "123": "both changed it", "12": "the template took it away, and you changed it",
    "13": "you took it away, and the template changed it", "23": "both made it",
}  # fmt: skip
MOVED = "one of both moved it, or has a folder there"
BESIDE = re.compile(r"~(HEAD|[0-9a-f]+ \(.*\))$")  # what Git calls a file beside a folder of its name
MOST = 2


def change(root: Path, before: Mapping[str, Entry], after: Mapping[str, Entry], message: str) -> str:
    """Return a commit that does to one tree what leads to another, and has no other history: made to be picked."""
    old = _commit(root, before, "the template, as it was")
    return _commit(root, after, message, "-p", old)


def _commit(root: Path, entries: Mapping[str, Entry], message: str, *parent: str) -> str:
    listed = "".join(f"{entry.mode} {entry.blob}\t{path}\0" for path, entry in entries.items())
    with tempfile.TemporaryDirectory() as folder:
        within = {"GIT_INDEX_FILE": f"{folder}/index"}
        git.run(root, "update-index", "-z", "--index-info", given=listed, within=within)
        tree = git.run(root, "write-tree", within=within).strip()
    with tags.by_somebody("git commit", f"“{message.splitlines()[0]}”"):
        words = ("commit-tree", tree, *parent, "-F", "-")
        return git.run(root, *words, given=message, within=git.settings(SETTINGS)).strip()


def pick(folder: Path, commit: str) -> dict[str, str]:
    """Make a change in a checkout, as a commit; or return the files in which it clashes: path -> what happened."""
    try:
        git.run(folder, *PICK, commit, within=git.settings(SETTINGS))
    except RegistryError:
        if found := _clashes(folder):
            return found
        raise
    return {}


def _clashes(folder: Path) -> dict[str, str]:
    stages: dict[str, str] = defaultdict(str)
    for word in git.run(folder, "ls-files", "--unmerged", "-z").split("\0")[:-1]:
        facts, path = word.split("\t", 1)
        stages[BESIDE.sub("", path)] += facts[-1]
    return {path: HAPPENED.get(found, MOVED) for path, found in stages.items()}


def commit(folder: Path, title: str, said: list[str]) -> list[str]:
    """Commit what is new in a checkout, with what was said of the files; return that."""
    git.run(folder, "add", "--all")
    found = git.run(folder, "diff-index", "--cached", "--name-only", "-z", "HEAD").split("\0")[:-1]
    told = [line for line in said if line.startswith(tuple(f"{path}: " for path in found))]
    if found:
        words = "\n".join([title, "", *told])
        git.run(folder, "commit", "--quiet", "--file=-", given=words, within=git.settings(SETTINGS))
    return told


def reasons(root: Path, clashes: Mapping[str, str], ours: str, theirs: str) -> list[Problem]:
    """Return each file that clashes, with the last words of both histories about it; `theirs` may be a range."""
    return [Problem(one_line(path), 0, "", f"{told}; you: {_subjects(root, ours, path)}; the template: {_subjects(root, theirs, path)}")
            for path, told in clashes.items()]  # fmt: skip


def _subjects(root: Path, commits: str, path: str) -> str:
    words = ("--min-parents=1", "--no-merges", "--format=%h %s", f"--max-count={MOST}", commits, "--", path)
    found = git.lines(root, "log", *words, within=git.settings(PLAIN))
    pairs = (line.partition(" ") for line in found)
    return ", ".join(f"{commit} “{one_line(subject)}”" for commit, _, subject in pairs) or "no commit of its own"
