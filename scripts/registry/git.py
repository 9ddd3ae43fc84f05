"""What the verbs ask of Git, whatever a person's settings are. The one door to it."""

import base64
import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import IO

from registry.errors import RegistryError, refuse

# Of Git's environment only this counts: a hook hands down which repository, index and pathspecs *it* is about.
OUTSIDE = (
    "GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_", "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_SSH", "GIT_SSL_", "GIT_ASKPASS", "GIT_PROXY_",
    "GIT_USERNAME", "GIT_PASSWORD",  # what Jenkins' program for GIT_ASKPASS answers
)  # fmt: skip
INSIDE = {
    "LC_ALL": "C", "GIT_LITERAL_PATHSPECS": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": "",
    "GIT_OPTIONAL_LOCKS": "0", "GIT_FLUSH": "0", "GIT_TRACE2": "0", "GIT_TRACE2_EVENT": "0", "GIT_TRACE2_PERF": "0",
}  # fmt: skip
SETTINGS = ("core.fsmonitor=false", "diff.autoRefreshIndex=true")
DIGITS = re.compile("[0-9a-fA-F]{4,64}")  # of an object's name: fewer are none to Git
GIT = ["git", *(word for setting in SETTINGS for word in ("-c", setting))]


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


def run(
    root: Path,
    *words: str,
    given: str | None = None,
    within: Mapping[str, str] = MappingProxyType({}),
    seconds: float | None = None,
) -> str:
    """Run a Git command in the repository and return what it prints; raise RegistryError with Git's words.

    `within` is what its environment holds besides, `seconds` the most that it may take.
    """
    raw = None if given is None else given.encode("utf-8", "surrogateescape")
    return ask(root, *words, given=raw, within=within, seconds=seconds).stdout.decode("utf-8", "surrogateescape")


def lines(
    root: Path, *words: str, given: str | None = None, within: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Return the lines that a Git command prints: line feeds end them, and nothing else that Unicode has for that."""
    return run(root, *words, given=given, within=within).split("\n")[:-1]


def _bytes(
    root: Path, *words: str, given: bytes | None = None, within: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    return ask(root, *words, given=given, within=within).stdout


def ask(
    root: Path,
    *words: str,
    given: bytes | IO[bytes] | None = None,
    within: Mapping[str, str] = MappingProxyType({}),
    is_question: bool = False,
    seconds: float | None = None,
) -> subprocess.CompletedProcess:
    """Run a Git command and return all it gave back; raise RegistryError with Git's words when it fails.

    To a question the exit code 1 is an answer: no.
    """
    fed = {"input": given} if given is None or isinstance(given, bytes) else {"stdin": given}
    own = {"env": _environment(within), "timeout": seconds}
    try:
        done = subprocess.run([*GIT, *words], cwd=root, capture_output=True, **own, **fed)
    except FileNotFoundError as error:
        raise refuse("git", "is not installed; install it and run the same command again") from error
    except subprocess.TimeoutExpired as error:
        raise refuse(f"git {words[0]}", f"did not end within {seconds:g} s") from error
    if done.returncode and not (is_question and done.returncode == 1):
        raise _failed(words[0], done.returncode, done.stderr)
    return done


def _environment(within: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(OUTSIDE)}
    return own | INSIDE | within


def _failed(command: str, code: int, told: bytes) -> RegistryError:
    said = " ".join(told.decode("utf-8", "replace").split()).removeprefix("fatal: ")
    if re.search("git-lfs.*not found", said):
        return refuse(
            "git-lfs", "is not installed, and this clone asks for it; install it and run the same command again"
        )
    return refuse(f"git {command}", said[:500] or f"failed with exit code {code}")


def settings(values: Mapping[str, str], besides: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment that gives a command settings, on top of those that an environment gives it already."""
    first = int(besides.get("GIT_CONFIG_COUNT") or 0)
    found = {"GIT_CONFIG_COUNT": str(first + len(values))}
    for number, (name, value) in enumerate(values.items(), first):
        found |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def unattended() -> dict[str, str]:
    """Return what lets Git ask nobody for a password, leave a server that falls silent, and check what it gets."""
    values = {"fetch.fsckObjects": "true", "http.lowSpeedLimit": "1000", "http.lowSpeedTime": "60"}
    return {"GIT_TERMINAL_PROMPT": "0"} | settings(values)


def authorized(server: str, token: str) -> dict[str, str]:
    """Return the setting that hands a token to a server, and to no other."""
    header = f"AUTHORIZATION: basic {base64.b64encode(f'x-access-token:{token}'.encode()).decode()}"
    return {f"http.{server.rstrip('/')}/.extraheader": header}


def own(root: Path) -> Path:
    """Return the checkout's own folder of Git's."""
    return root / run(root, "rev-parse", "--git-dir").removesuffix("\n")


def shared(root: Path) -> Path:
    """Return the repository's own folder, which all of its checkouts share."""
    return root / run(root, "rev-parse", "--git-common-dir").strip()


def head(root: Path) -> str | None:
    """Return the commit that is checked out, or None in a repository without commits."""
    return resolve(root, "HEAD")


def resolve(root: Path, revision: str) -> str | None:
    """Return the commit a revision names, or None when there is no such commit here."""
    done = ask(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", is_question=True)
    return done.stdout.decode().strip() or None


def is_ambiguous(root: Path, start: str) -> bool:
    """Say whether the names of several objects begin so."""
    return bool(DIGITS.fullmatch(start)) and len(lines(root, "rev-parse", f"--disambiguate={start}")) > 1


def forget_locks(root: Path, refs: Iterable[str], seconds: float) -> None:
    """Take away locks of refs that a killed Git left: no living one holds one for so many seconds."""
    for ref in refs:
        lock = shared(root) / f"{ref}.lock"
        with suppress(OSError):
            if time.time() - lock.stat().st_mtime > seconds:
                lock.unlink()


def branches(root: Path) -> dict[str, str]:
    """Return the branches of a clone and of its remotes, by their refs; with what a ref like origin's HEAD leads to."""
    listed = lines(root, "for-each-ref", "--format=%(refname) %(symref)", "refs/heads", "refs/remotes")
    return dict(line.split(" ", 1) for line in listed)


def is_shallow(root: Path) -> bool:
    """Say whether history was cut off when the repository was cloned."""
    return run(root, "rev-parse", "--is-shallow-repository").strip() == "true"


def is_partial(root: Path) -> bool:
    """Say whether a clone was made without all files of its commits, and asks origin for them once they are wanted."""
    return run(root, "config", "--default=", "--get", "remote.origin.promisor").strip() == "true"


def first_commit(root: Path) -> str:
    """Return the commit with which the checked-out history began: the same in every clone that has all of it."""
    if is_shallow(root):
        raise refuse(".", "is a shallow clone, which doesn't know how it began; run `git fetch --unshallow`")
    try:
        return run(root, "rev-list", "--first-parent", "--max-parents=0", "HEAD").strip()
    except RegistryError as error:
        if head(root):
            raise
        text = "has no commit yet, so nothing tells it from other repositories; commit what there is"
        raise refuse(".", text) from error


def origin(root: Path) -> str:
    """Return the address that the repository was cloned from, or nothing."""
    return run(root, "config", "--default=", "--get", "remote.origin.url").strip()


def is_ignored(root: Path, path: Path) -> bool:
    """Say whether Git leaves a path alone, which need not be there."""
    plain = {"GIT_LITERAL_PATHSPECS": "0"}  # which check-ignore refuses to know
    return ask(root, "check-ignore", "--quiet", "--", f"./{path}", within=plain, is_question=True).returncode == 0


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
    plain = ("--no-renames", "--no-relative", "--no-ext-diff", "--ignore-submodules=none", f"-O{os.devnull}")
    listed = run(root, "diff", "--name-only", "-z", *plain, revision, "--")
    new = run(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({*listed.split("\0"), *new.split("\0")} - {""})


def objects(root: Path, names: list[str]) -> list[str | None]:
    """Return the object that each name such as `v1.0:models/digits` stands for, None where there is none."""
    asked = "".join(f"{name}\n" for name in names)
    answer = lines(root, "cat-file", "--buffer", "--batch-check=%(objectname)", given=asked) if names else []
    return [None if line.endswith((" missing", " submodule")) else line for line in answer]


def is_ancestor(root: Path, old: str, new: str) -> bool:
    """Say whether a commit is there and in the history of another."""
    there = all(resolve(root, commit) for commit in (old, new))
    return there and ask(root, "merge-base", "--is-ancestor", old, new, is_question=True).returncode == 0


def independent(root: Path, revisions: Iterable[str]) -> list[str]:
    """Return those commits that no other of them has in its history."""
    return run(root, "merge-base", "--independent", *revisions).split()


def parents(root: Path, revision: str) -> dict[str, list[str]]:
    """Return the parents of each commit in the history of one."""
    return {sha: more for sha, *more in map(str.split, lines(root, "rev-list", "--parents", revision, "--"))}


def mapped(root: Path, people: Iterable[str]) -> list[str]:
    """Return people, each as `Name <email>`, as the repository's mailmap calls them."""
    return lines(root, "check-mailmap", "--stdin", given="".join(f"{one}\n" for one in people))


def outside(root: Path, commits: set[str], branches: Iterable[str]) -> set[str]:
    """Return those of some commits that no branch has in its history."""
    given = "".join(f"{word}\n" for word in (*commits, *(f"^{branch}" for branch in branches)))
    return commits & {*run(root, "rev-list", "--stdin", given=given).split()}


def tree(root: Path, name: str) -> str | None:
    """Return the tree that a name such as `HEAD:scripts` stands for, or None when there is none."""
    return objects(root, [name])[0]


def entries(root: Path) -> dict[str, str]:
    """Return what lies at the top of the checked-out commit: name -> object."""
    return {name: sha for name, _, _, sha in ls_tree(root, "HEAD")}


def ls_tree(root: Path, *words: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield what ls-tree says of a commit, which words name: path from the top, mode, kind, object."""
    for entry in run(root, "ls-tree", "-z", "--full-tree", *words).split("\0")[:-1]:
        facts, _, path = entry.partition("\t")
        mode, kind, sha = facts.split()
        yield path, mode, kind, sha


def folders(root: Path, folder: str, revision: str = "HEAD") -> dict[str, str]:
    """Return the folders in a folder of a commit: name -> tree."""
    if resolve(root, revision) is None:
        return {}
    return {name: sha for name, kind, sha in _within(root, folder, revision) if kind == "tree"}


def plain_files(root: Path, folder: str, revision: str) -> dict[str, bytes]:
    """Return the files right in a folder of a commit, none of what lies deeper: name -> bytes."""
    found = {name: sha for name, kind, sha in _within(root, folder, revision) if kind == "file"}
    return dict(zip(found, read(root, list(found.values())), strict=True))


def _within(root: Path, folder: str, revision: str) -> Iterator[tuple[str, str, str]]:
    """Yield what lies right in a folder of a commit: name, `tree`, `file` or another kind, object."""
    for path, mode, kind, sha in ls_tree(root, revision, f"{folder}/"):
        yield path.removeprefix(f"{folder}/"), "file" if mode.startswith("100") else kind, sha


def files(root: Path, folder: str) -> list[str]:
    """Return the files below a folder that are tracked or could be: all but what .gitignore names; sorted."""
    listed = run(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder)
    return sorted(set(listed.split("\0")) - {""})


def content(root: Path, revision: str, path: str) -> bytes:
    """Return a file that a commit holds; raise RegistryError where it holds none there."""
    return read(root, [f"{revision}:{path}"])[0]


def find(root: Path, revision: str, path: str) -> bytes | None:
    """Return a file that a commit holds, or None where it holds none there."""
    name = f"{revision}:{path}"
    return read(root, [name])[0] if objects(root, [name])[0] else None


def contents(root: Path, revision: str, *folders: str) -> dict[str, bytes]:
    """Return the files that a commit holds below some folders: path from the top -> bytes."""
    found = {path: sha for path, _, kind, sha in ls_tree(root, "-r", revision, "--", *folders) if kind == "blob"}
    return dict(zip(found, read(root, [*found.values()]), strict=True))


def read(root: Path, names: list[str]) -> list[bytes]:
    """Return the contents of objects; raise RegistryError where one is missing."""
    return [*each(root, names)]


def each(root: Path, names: list[str]) -> Iterator[bytes]:
    """Yield the contents of objects one by one: together they may be more than the memory should hold."""
    if not names:
        return
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([*GIT, "cat-file", "--buffer", "--batch"], cwd=root, env=_environment({}), **pipes) as asked:
        feeding = Thread(target=_feed, args=(asked.stdin, "".join(f"{name}\n" for name in names).encode()))
        feeding.start()
        try:
            for name in names:
                told = asked.stdout.readline()
                if not told:
                    raise _failed("cat-file", asked.wait(), asked.stderr.read())
                if told.endswith(b" missing\n"):
                    raise refuse("git cat-file", f"{name} is missing from this repository; clone it anew")
                yield asked.stdout.read(int(told.rpartition(b" ")[2]) + 1)[:-1]
        finally:
            asked.stdout.close()
            feeding.join()


def _feed(pipe: IO[bytes], words: bytes) -> None:
    """Write all that is asked, while answers are read, to a command that may end before."""
    with suppress(OSError), pipe:
        pipe.write(words)
