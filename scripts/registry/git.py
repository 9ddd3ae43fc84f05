"""What the verbs ask of Git. The one door to it."""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from registry.errors import RegistryError, refuse


def root() -> Path:
    """Return the top folder of the repository in the current directory."""
    try:
        return Path(os.fsdecode(_bytes(Path.cwd(), "rev-parse", "--show-toplevel")).removesuffix("\n"))
    except FileNotFoundError as error:
        raise refuse(".", "is a folder that is gone; change to the repository") from error
    except RegistryError as error:
        if "not a git repository" in str(error):
            raise refuse(".", "is not in a Git repository; change to one, or run `git init`") from error
        if "must be run in a work tree" in str(error):
            text = "holds no files of a commit (a bare repository, or .git itself); change to a clone with files"
            raise refuse(".", text) from error
        raise


def run(root: Path, *words: str, given: str | None = None, within: Mapping[str, str] = MappingProxyType({})) -> str:
    """Run a Git command in the repository and return what it prints; raise RegistryError with Git's words.

    `within` is what its environment holds besides.
    """
    raw = None if given is None else given.encode("utf-8", "surrogateescape")
    return _bytes(root, *words, given=raw, within=within).decode("utf-8", "surrogateescape")


def _bytes(
    root: Path, *words: str, given: bytes | None = None, within: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    english = os.environ | {"LC_ALL": "C"} | within
    try:
        done = subprocess.run(["git", *words], cwd=root, input=given, env=english, capture_output=True, check=True)
    except FileNotFoundError as error:
        raise refuse("git", "is not installed; install it and run the same command again") from error
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.decode("utf-8", "replace").split()).removeprefix("fatal: ")
        raise refuse(f"git {words[0]}", said[:500] or f"failed with exit code {error.returncode}") from error
    return done.stdout


def settings(values: Mapping[str, str], besides: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment that gives a command settings, on top of those that an environment gives it already."""
    first = int(besides.get("GIT_CONFIG_COUNT") or 0)
    found = {"GIT_CONFIG_COUNT": str(first + len(values))}
    for number, (name, value) in enumerate(values.items(), first):
        found |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def head(root: Path) -> str | None:
    """Return the commit that is checked out, or None in a repository without commits."""
    return resolve(root, "HEAD")


def resolve(root: Path, revision: str) -> str | None:
    """Return the commit a revision names, or None when there is no such commit here."""
    done = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], cwd=root, capture_output=True, text=True
    )
    return done.stdout.strip() or None


def is_shallow(root: Path) -> bool:
    """Say whether history was cut off when the repository was cloned."""
    return run(root, "rev-parse", "--is-shallow-repository").strip() == "true"


def is_clean(root: Path, folder: str) -> bool:
    """Say whether a commit of a folder would change nothing; a file with other line ends may look touched all the same."""
    differ = changed_since(root, "HEAD") if head(root) else [f"{folder}/"]
    return not any(path.startswith(f"{folder}/") for path in differ)


def touched(root: Path, folder: str) -> list[str]:
    """Return the files below a folder that may not be what the checked-out commit holds: all others are."""
    listed = run(root, "status", "--porcelain", "--no-renames", "--untracked-files=all", "-z", "--", folder)
    return [entry[3:] for entry in listed.split("\0") if entry]


def changed_since(root: Path, revision: str) -> list[str]:
    """Return the files that differ between a commit and what lies on the disk, those new to Git included."""
    if resolve(root, revision) is None:
        raise refuse(revision, "is no commit here; name one, or fetch the whole history")
    listed = run(root, "diff", "--name-only", "--no-renames", "-z", revision, "--")
    new = run(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({*listed.split("\0"), *new.split("\0")} - {""})


def last_change(root: Path, path: str) -> str:
    """Return the last commit that changed what is at a path."""
    return run(root, "log", "-1", "--format=%H", "--", path).strip()


def objects(root: Path, names: list[str]) -> list[str | None]:
    """Return the object that each name such as `v1.0:models/digits` stands for, None where there is none."""
    asked = "".join(f"{name}\n" for name in names)
    answer = run(root, "cat-file", "--buffer", "--batch-check=%(objectname)", given=asked)
    return [None if line.endswith(" missing") else line for line in answer.splitlines()]


def is_ancestor(root: Path, old: str, new: str) -> bool:
    """Say whether a commit is there and in the history of another."""
    command = ["git", "merge-base", "--is-ancestor", old, new]
    return subprocess.run(command, cwd=root, capture_output=True).returncode == 0


def tree(root: Path, name: str) -> str | None:
    """Return the tree that a name such as `HEAD:scripts` stands for, or None when there is none."""
    return objects(root, [name])[0]


def folders(root: Path, folder: str) -> dict[str, str]:
    """Return the folders in a folder of the checked-out commit: name -> tree."""
    if head(root) is None:
        return {}
    listed = run(root, "ls-tree", "-d", "-z", "HEAD", f"{folder}/").split("\0")
    entries = [entry.split("\t") for entry in listed if entry]
    return {path.removeprefix(f"{folder}/"): facts.split()[2] for facts, path in entries}


def files(root: Path, folder: str) -> list[str]:
    """Return the files below a folder that are tracked or could be: all but what .gitignore names; sorted."""
    listed = run(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder)
    return sorted(set(listed.split("\0")) - {""})


def contents(root: Path, revision: str, folder: str) -> dict[str, bytes]:
    """Return the files that a commit holds below a folder: path from the top -> bytes."""
    listed = run(root, "ls-tree", "-r", "-z", "--full-tree", revision, "--", folder).split("\0")
    entries = [entry.split("\t", 1) for entry in listed if entry]
    blobs = [(facts.split()[2], path) for facts, path in entries if facts.split()[1] == "blob"]
    return dict(zip((path for _, path in blobs), _blobs(root, [name for name, _ in blobs]), strict=True))


def history(root: Path, path: str) -> list[tuple[int, bytes]]:
    """Return every committed content of a file, newest first, each with its commit's time in seconds."""
    listed = run(root, "log", "--format=%H %ct", "--diff-filter=AM", "--", path).split("\n")
    commits = [line.split() for line in listed if line]
    found = _blobs(root, [f"{commit}:{path}" for commit, _ in commits])
    return [(int(time), content) for (_, time), content in zip(commits, found, strict=True)]


def _blobs(root: Path, names: Iterable[str]) -> list[bytes]:
    answer = _bytes(root, "cat-file", "--buffer", "--batch", given="".join(f"{name}\n" for name in names).encode())
    found, start = [], 0
    while start < len(answer):
        end = answer.index(b"\n", start)
        if answer[start:end].endswith(b" missing"):
            name = answer[start:end].decode().split()[0]
            raise refuse("git cat-file", f"{name} is missing from this repository; clone it anew")
        size = int(answer[start:end].split()[-1])
        found.append(answer[end + 1 : end + 1 + size])
        start = end + size + 2
    return found


def tags(root: Path, pattern: str) -> list[tuple[str, str, str, dict[str, str]]]:
    """Return the tags whose name matches: name, commit, subject, trailers; only annotated ones have a message."""
    message = ["contents:subject", "contents:trailers:only,unfold"]
    fields = ["refname:strip=2", "objecttype", "objectname", "*objectname", *message]
    form = "".join(f"%({field})%00" for field in fields)
    words = run(root, "for-each-ref", f"--format={form}", f"refs/tags/{pattern}").split("\0")
    rows = zip(*[iter(words)] * len(fields), strict=False)
    return [
        (name.lstrip("\n"), tagged, subject, _trailers(trailers))
        if kind == "tag"
        else (name.lstrip("\n"), itself, "", {})
        for name, kind, itself, tagged, subject, trailers in rows
    ]


def _trailers(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def create_tag(root: Path, name: str, commit: str, message: str) -> None:
    """Put an annotated tag on a commit."""
    try:
        run(root, "tag", "--annotate", "--cleanup=verbatim", "--file=-", name, commit, given=message)
    except RegistryError as error:
        if re.search("tell me who you are|empty ident name", str(error)):
            advice = "run `git config user.name 'Your Name'` and `git config user.email you@example.org`"
            raise refuse("git tag", f"does not know who makes {name}; {advice}") from error
        raise


def take_tag(root: Path, name: str, sha: str, content: str) -> bool:
    """Take over an annotated tag that a server made, to the byte; say whether a tag of that name is here then."""
    if objects(root, [f"refs/tags/{name}"])[0]:
        return True
    target = content.partition("\n")[0].removeprefix("object ")
    if resolve(root, target) is None or run(root, "hash-object", "-t", "tag", "--stdin", given=content).strip() != sha:
        return False
    run(root, "hash-object", "-t", "tag", "-w", "--stdin", given=content)
    run(root, "update-ref", f"refs/tags/{name}", sha, "")
    return True
