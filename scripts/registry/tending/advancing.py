"""Main's steps: asked of origin, fetched, and held against what was seen before. Nothing is checked out, nothing run.

Only what comes after the commit that was followed last is followed, commit by commit of main's first parents. Where
its environment asks for signatures, each of them has to have one that Git finds good by the keys that this user knows.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from registry import git
from registry.commits import revisions
from registry.errors import Problem, RegistryError, refuse
from registry.github import access
from registry.releases import mainline
from registry.tending import seen

SECONDS = 120.0  # that a call of origin may take
BRINGING = 3600.0  # seconds that a fetch may take
LOCKED = 600.0  # seconds after which nobody can be at a ref any more
MARK = "@v"  # what stands in the name of a release's tag
PLAIN = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
SIGNERS = "gpg.ssh.allowedSignersFile"


@dataclass(frozen=True)
class Offer:
    """What origin has: the commit that its main is at, and its releases' tags, by name."""

    main: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Step:
    """How far main is followed, and why no further."""

    commit: str
    stop: Problem | None = None


def ref(environment: str) -> str:
    """Return where what origin has is fetched to, followed or not."""
    return f"refs/agent/{environment}/offered"


def branch(root: Path) -> str:
    """Return what main is called; raise RegistryError where there is nothing to follow."""
    if not git.origin(root):
        raise refuse(
            "origin", "has no address here, so there is no main to follow; run `git remote add origin ADDRESS`"
        )
    if git.is_partial(root):
        raise refuse(".", "is a partial clone, which can't do without origin; clone it anew, without --filter")
    name = mainline.find(root).name
    if git.resolve(root, f"refs/heads/{name}") or git.resolve(root, f"{mainline.ORIGIN}{name}"):
        return name
    raise refuse("origin", "has no main that this clone knows; run `git fetch origin && git remote set-head origin -a`")


def offered(root: Path, name: str) -> Offer:
    """Return what origin has now; raise RegistryError where it can't be asked."""
    words = ("ls-remote", "--heads", "--tags", "--refs", "origin")
    listed = git.run(root, *words, within=_within(root), seconds=SECONDS).split("\n")[:-1]
    refs = dict(line.split("\t")[::-1] for line in listed)
    if f"refs/heads/{name}" not in refs:
        raise refuse("origin", f"has no branch {name} any more, which this clone calls main; what runs keeps running")
    tags = {ref.removeprefix("refs/tags/"): sha for ref, sha in refs.items() if ref.startswith("refs/tags/")}
    return Offer(refs[f"refs/heads/{name}"], {tag: sha for tag, sha in tags.items() if _is_releases(tag)})


def _is_releases(tag: str) -> bool:
    """Say whether a tag may be a release's; one below another's name would keep Git from all that comes with it."""
    return MARK in tag and "/" not in tag


def fetch(root: Path, name: str, place: str, offer: Offer) -> list[Problem]:
    """Bring what origin has to a ref of the agent's own, with tags that are new; return which tags were moved there.

    A release's tag stays the one that was seen first.
    """
    here = _tags(root)
    new = [tag for tag in offer.tags if tag not in here]
    wanted = [f"+refs/heads/{name}:{place}", *(f"refs/tags/{tag}:refs/tags/{tag}" for tag in new)]
    written = [place, f"{mainline.ORIGIN}{name}", *(f"refs/tags/{tag}" for tag in new)]
    git.forget_locks(root, written, LOCKED)
    git.run(root, "fetch", *PLAIN, "--stdin", "origin", given="".join(f"{one}\n" for one in wanted), within=_within(root),
            seconds=BRINGING)  # fmt: skip
    text = "is another tag on origin than the one that was seen first, which still counts; ask who moved it"
    moved = (tag for tag, sha in offer.tags.items() if here.get(tag, sha) != sha)
    return [Problem(tag, 0, "", f"{text}, and only then run `git fetch --tags --force`") for tag in moved]


def _tags(root: Path) -> dict[str, str]:
    listed = git.lines(root, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", f"refs/tags/*{MARK}*")
    return dict(line.split(" ", 1)[::-1] for line in listed)


def _within(root: Path) -> dict[str, str]:
    """Return what lets Git work while nobody looks, with the token where origin is on the server that it is for."""
    token = access.first_token()
    server = os.environ.get("GITHUB_SERVER_URL") or "https://github.com"
    own = git.unattended()
    if token and git.origin(root).startswith(f"{server.rstrip('/')}/"):
        own |= git.settings(git.authorized(server, token), os.environ | own)
    return own


def step(root: Path, old: str, new: str, asks: Callable[[list[str]], list[bool]], environment: str) -> Step:
    """Return how far main may be followed from a commit towards another; `asks` says which commits want signatures.

    A commit is held to what it says of signatures, and to what the one before it says.
    """
    if old == new:
        return Step(old)
    if not git.is_ancestor(root, old, new):
        return Step(old, _forced(old, new, environment))
    those = git.run(root, "rev-list", "--first-parent", "--reverse", f"{old}..{new}").split()
    wanted = asks([old, *those])
    for before, commit, is_wanted in zip(
        [old, *those], those, map(any, zip(wanted, wanted[1:], strict=False)), strict=False
    ):
        if is_wanted and (why := _unsigned(root, commit)):
            return Step(before, _distrusted(commit, why, before, environment))
    return Step(new)


def _forced(old: str, new: str, environment: str) -> Problem:
    what = "somebody forced a push, or this clone has commits of its own"
    text = f"is at {new[:12]} now, which does not come after {old[:12]}: {what}; nothing of it is followed"
    return Problem("main", 0, "", f"{text}; once you know that it is right: `{accepting(environment, new)}`")


def _distrusted(commit: str, why: str, before: str, environment: str) -> Problem:
    text = (
        f"has {commit[:12]}, whose signature is not good here ({why}), so {before[:12]} stays the last that is followed"
    )
    advice = f"import the key, or once you know that it is right: `{accepting(environment, commit)}`"
    return Problem("main", 0, "", f"{text}; {advice}")


def accepting(environment: str, commit: str) -> str:
    """Return the command with which a person lets a commit be followed."""
    return f"tox run -e agent -- {environment} --accept {commit}"


def _unsigned(root: Path, commit: str) -> str | None:
    """Return why a commit has no signature that Git finds good, or None where it has."""
    if fault := signers_fault(root):
        return fault
    if b"\ngpgsig" not in git.read(root, [commit])[0].partition(b"\n\n")[0]:
        return "it has none"
    try:
        git.run(root, "verify-commit", commit, seconds=SECONDS)
    except RegistryError as error:
        return f"Git says: {error.problems[0].text}"
    return None


def signers_fault(root: Path) -> str | None:
    """Say why the list of who may sign can't be trusted: it lies where main itself brings files."""
    told = git.run(root, "config", "--default=", "--type=path", "--get", SIGNERS).strip()
    if not told:
        return None
    file, top = Path(os.path.realpath(root / told)), Path(os.path.realpath(root))
    is_ours = file.is_relative_to(top) and not file.is_relative_to(top / ".git")
    return f"{SIGNERS} is a file of the repository, which a change may change; name one outside" if is_ours else None


def asking(root: Path, file: str, asks: Callable[[bytes], bool | None]) -> Callable[[list[str]], list[bool]]:
    """Return what says which commits want signatures, by a file that each holds.

    Where one holds none, or `asks` can't tell, what counts is what the last one wanted before that could tell: nobody gets
    rid of the question by taking the file away, or spoiling it, and then bringing another.
    """

    def told(commits: list[str]) -> list[bool]:
        blobs = git.objects(root, [f"{one}:{file}" for one in commits])
        known = {blob: asks(raw) for blob, raw in _contents(root, {*blobs} - {None})}
        found: list[bool] = []
        for commit, blob in zip(commits, blobs, strict=True):
            here = known.get(blob)
            found.append(here if here is not None else found[-1] if found else _before(root, file, commit, asks))
        return found

    return told


def _before(root: Path, file: str, commit: str, asks: Callable[[bytes], bool | None]) -> bool:
    """Return what a file wanted when it could be read last."""
    past = revisions.history(root, file, commit).get(file, [])
    wanted = (asks(raw) for _, raw in past if raw is not None)
    return next((one for one in wanted if one is not None), False)


def _contents(root: Path, blobs: set[str]) -> Iterator[tuple[str, bytes]]:
    names = sorted(blobs)
    return zip(names, git.read(root, names), strict=True)


def check_accepted(root: Path, place: str, word: str) -> str:
    """Return the commit that a person names to be followed; raise RegistryError where main on origin does not hold it."""
    commit = git.resolve(root, word) if git.DIGITS.fullmatch(word) else None
    if commit is None or git.resolve(root, place) is None:
        raise refuse("--accept", f"{word} is no commit that the agent fetched; write the one that it names")
    if not git.is_ancestor(root, commit, place):
        raise refuse(
            "--accept", f"{commit[:12]} is not in the history of main on origin; write the one that the agent names"
        )
    return commit


def note(root: Path, name: str, commit: str) -> None:
    """Let the clone's verbs count what is followed as main's: releases on other commits are foreign."""
    place = f"{mainline.ORIGIN}{name}"
    if not git.is_ancestor(root, commit, place):
        git.run(root, "update-ref", place, commit)


def begin(root: Path, folder: Path, followed: str | None) -> str:
    """Return the commit to go on from: what was followed last, at first what is checked out here."""
    if followed is None:
        if commit := git.head(root):
            return commit
        raise refuse(".", "has no commit yet, so there is none to follow main from; check main out")
    if git.resolve(root, followed) is None:
        raise refuse(str(folder), f"tells of {followed[:12]}, which is no commit here; {seen.BEGIN_ANEW}")
    return followed
