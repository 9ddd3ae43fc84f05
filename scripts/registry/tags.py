"""The tags of a clone: found with what they say, made as a person's settings ask, pushed, taken over from a server."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from registry import git
from registry.errors import RegistryError, refuse

FIELDS = ("refname", "objectname", "type", "tag", "object", "tagger", "contents")
TOLD = "".join(f"%({field})%00" for field in FIELDS)
NOBODY = "tell me who you are|empty ident name|auto-detect|disallowed characters|no (name|email) was given"


class Tag(NamedTuple):
    """A tag: its name, the commit that it is on in the end, and, where it is annotated, its message and who made it when.

    `tagger` is as Git keeps it: `Name <email> 1700000000 +0100`. One that only leads to another annotated tag
    (`git tag NEW OLD`), or to no commit, has neither. `sha` is what the name itself leads to.
    """

    name: str
    commit: str
    message: str
    tagger: str = ""
    sha: str = ""


def find(root: Path, *patterns: str) -> list[Tag]:
    """Return the tags whose name matches one of some patterns."""
    wanted = [f"refs/tags/{pattern}" for pattern in patterns]
    words = git.run(root, "for-each-ref", f"--format={TOLD}", *wanted).split("\0")
    told = zip(*(words[at : -1 : len(FIELDS)] for at in range(len(FIELDS))), strict=True)
    return [_tag(root, *one) for one in told]


def _tag(root: Path, ref: str, sha: str, kind: str, own: str, target: str, tagger: str, message: str) -> Tag:
    """Return a tag, with its message and tagger where it is of the name that it has here, and on a commit."""
    name = ref.removeprefix("\n").removeprefix("refs/tags/")
    commit = sha if not target else git.resolve(root, target) if kind == "tag" else target if kind == "commit" else None
    is_own = commit and own == name
    return Tag(name, commit, message, tagger, sha) if is_own else Tag(name, commit or target, "", sha=sha)


def order(name: str) -> bytes:
    """Return by what Git sorts the names of tags."""
    return name.encode("utf-8", "surrogateescape")


def create(root: Path, name: str, commit: str, message: str) -> None:
    """Put an annotated tag on a commit, signed where a person's settings ask for it."""
    words = ("tag", "--annotate", "--cleanup=verbatim", "--file=-", name, commit)
    try:
        with by_somebody("git tag", name):
            said = git.ask(root, *words, given=message.encode("utf-8", "surrogateescape")).stderr
    except RegistryError as error:
        if "unable to sign the tag" in str(error) or "gpg.ssh.defaultKeyCommand" in str(error):
            (problem,) = error.problems
            raise _unsigned(name, problem.text) from error
        raise
    if not _is_signed_as_asked(root, name):
        git.run(root, "update-ref", "-d", f"refs/tags/{name}")
        raise _unsigned(name, " ".join(said.decode("utf-8", "replace").split()).rstrip("?"))


@contextmanager
def by_somebody(command: str, what: str) -> Iterator[None]:
    """Say what to set where Git does not know who makes something."""
    try:
        yield
    except RegistryError as error:
        if not re.search(NOBODY, str(error)):
            raise
        advice = "run `git config user.name 'Your Name'` and `git config user.email you@example.org`"
        raise refuse(command, f"does not know who makes {what}; {advice}") from error


def _is_signed_as_asked(root: Path, name: str) -> bool:
    """Say whether a tag has the signature that settings ask for: Git makes it without one where SSH can't sign."""
    if git.run(root, "config", "--type=bool", "--default=false", "--get", "tag.gpgSign").strip() == "false":
        return True
    return "\n-----BEGIN " in git.run(root, "cat-file", "tag", f"refs/tags/{name}")


def _unsigned(name: str, why: str) -> RegistryError:
    return refuse("git tag", f"can't sign {name}: {why}; mend that, or run `git config tag.gpgSign false`")


def unpushed(root: Path, names: Iterable[str]) -> list[str]:
    """Return those tags that origin does not have; raise RegistryError where it does not answer."""
    try:
        listed = git.lines(root, "ls-remote", "--tags", "--refs", "origin")
    except RegistryError as error:
        (problem,) = error.problems
        text = f"can't be asked for its tags: {problem.text}; mend that and run the same command again"
        raise refuse("origin", text) from error
    there = {line.partition("\trefs/tags/")[2] for line in listed}
    return [name for name in names if name not in there]


def push(root: Path, name: str) -> None:
    """Make origin have a tag of this clone, which it may have already; raise RegistryError where it has another."""
    try:
        git.run(root, "push", "--quiet", "--no-follow-tags", "origin", f"refs/tags/{name}")
    except RegistryError as error:
        if "already exists" in str(error):
            raise refuse(
                name, "is another tag on origin than here; run `git fetch --tags --force` and look at it"
            ) from error
        (problem,) = error.problems
        raise refuse(
            name, f"can't be pushed to origin: {problem.text}; mend that and run the same command again"
        ) from error


def take(root: Path, name: str, sha: str, content: str) -> bool:
    """Take over an annotated tag that a server made, to the byte; say whether a tag of that name is here then."""
    if git.objects(root, [f"refs/tags/{name}"])[0]:
        return True
    target = content.partition("\n")[0].removeprefix("object ")
    if (
        git.resolve(root, target) is None
        or git.run(root, "hash-object", "-t", "tag", "--stdin", given=content).strip() != sha
    ):
        return False
    git.run(root, "hash-object", "-t", "tag", "-w", "--stdin", given=content)
    git.run(root, "update-ref", f"refs/tags/{name}", sha, "")
    return True
