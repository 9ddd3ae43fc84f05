"""What is released, as Git knows it: annotated tags whose trailers say what others need without the network.

A release on a commit that the default branch does not hold is foreign, and none: it only keeps its version.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from registry import git, tags, versions
from registry.commits import revisions
from registry.errors import Problem, RegistryError, one_line, refuse
from registry.releases import mainline
from registry.specs import models
from registry.tags import Tag

NO_REASON = "no reason is given"
BEGIN = "-----BEGIN "
SIGNED = ("PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE", "SSH SIGNATURE")
SIGNATURE = re.compile(rf"\n{BEGIN}({'|'.join(SIGNED)})-----\n.*\n-----END \1-----\s*", re.DOTALL)

# trailer -> field of the release; the order is the order in the tag's message
TRAILERS = {
    "Fingerprint": "fingerprint",
    "Artifact-SHA256": "sha256",
    "Artifact-Size": "size",
    "Verdict": "verdict",
    "Metrics": "metrics",
    "Runtime": "runtime",
}
TOLD = itemgetter(*TRAILERS)
OURS = re.compile("\n".join(f"{trailer}: (.*)" for trailer in TRAILERS))  # as `tag_message` writes them
DIGEST = re.compile("[0-9a-f]{64}")


class Release(NamedTuple):
    """A released version of a model: what its tag says of it."""

    model: str
    version: str
    commit: str
    fingerprint: str
    sha256: str
    size: int
    verdict: str
    metrics: dict[str, float]
    runtime: str
    withdrawn: str | None = None

    @property
    def tag(self) -> str:
        """The release's tag: digits@v1.0.0."""
        return versions.tag(self.model, self.version)


Releases = dict[str, list[Release]]


class Taken(RegistryError):
    """A version's tag belongs to something that is no release of main: no release can have it any more."""

    def __init__(self, tag: str, what: str, to_do: str) -> None:
        super().__init__(Problem(tag, 0, "", f"{what}; {to_do}"))
        self.tag = tag
        self.version = versions.split(tag)[1]
        self.what = what


class Foreign(Taken):
    """A release on a commit that the default branch does not hold, such as one of a branch that was never merged."""

    def __init__(self, tag: str, commit: str, main: str) -> None:
        why = f"its commit {commit[:12]} is not in the history of {main} here (`git fetch`, if that is behind)"
        super().__init__(tag, f"is foreign, and never promoted, pinned or compared with: {why}", _left(tag))


Others = Mapping[str, list[Taken]]  # by model, the tags that look like releases of main and are none


def load_all(root: Path, model: str = "*") -> Releases:
    """Return all releases, or those of one model, by model, each list oldest version first.

    Raises RegistryError where Git can't know them.
    """
    return survey(root, model)[0]


def survey(root: Path, model: str = "*") -> tuple[Releases, Others]:
    """Return what `load_all` does, and by model the tags that only look like releases of main.

    Each of those keeps its version from the model.
    """
    return sort(root, told(root, tags_of(root, model)))


def tags_of(root: Path, *those: str) -> list[Tag]:
    """Return the tags of some models, or of all, that may be of releases; their messages without a signature."""
    return tags_like(root, *(f"{model}@v*" for model in those))


def tags_like(root: Path, *patterns: str) -> list[Tag]:
    """Return the tags whose name matches one of some patterns, as `tags_of` does."""
    if git.is_shallow(root):
        raise refuse(".", "is a shallow clone, which doesn't know all releases; run `git fetch --unshallow --tags`")
    found = tags.find(root, *patterns)
    return [one._replace(message=unsigned(one.message)) if BEGIN in one.message else one for one in found]


def told(root: Path, named: Iterable[Tag]) -> list[Release | Taken]:
    """Return what tags of models tell: a release, of main or not, or what is the matter with one that tells of none."""
    return joined(root, *parted(named))


def parted(named: Iterable[Tag]) -> tuple[list[Release], list[Tag]]:
    """Return the releases that tags tell of as `tag_message` has them, withdrawn or not, and the tags that are left."""
    releases: list[Release] = []
    left: list[Tag] = []
    for one in named:
        release = _plain(one)
        (left if release is None else releases).append(release or one)
    return releases, left


def joined(root: Path, releases: Iterable[Release], left: list[Tag]) -> list[Release | Taken]:
    """Return what `told` does of tags that are parted: what is left tells also which of the releases are withdrawn."""
    reasons = {
        versions.split(one.name.removesuffix("!")): subject(one.message) for one in left if one.name.endswith("!")
    }
    found: list[Release | Taken] = [
        one._replace(withdrawn=reasons[one[:2]]) if one[:2] in reasons else one for one in releases
    ]
    for name, commit, trailers in _ours(root, left):
        try:
            found.append(_release(name, commit, trailers, reasons.get(versions.split(name))))
        except Taken as error:
            found.append(error)
    return found


def sort(root: Path, those: list[Release | Taken], held: Container[str] = frozenset()) -> tuple[Releases, Others]:
    """Return what `survey` does of what tags tell; the default branch holds at least the commits in `held`."""
    releases = [one for one in those if isinstance(one, Release)]
    others: dict[str, list[Taken]] = {}
    for one in those:
        if isinstance(one, Taken):
            others.setdefault(versions.split(one.tag)[0], []).append(one)
    main, elsewhere = outside(root, {one.commit for one in releases if one.commit not in held})
    found: Releases = {}
    for one in releases:
        if one.commit in elsewhere:
            others.setdefault(one.model, []).append(Foreign(one.tag, one.commit, main))
        else:
            found.setdefault(one.model, []).append(one)
    for some in found.values():
        some.sort(key=lambda one: versions.parse(one.version).release)
    return found, others


def latest(root: Path, model: str) -> tuple[Release | None, set[str]]:
    """Return the last release of a model, None where it has none, and the versions of its tags that only look like one."""
    known, others = survey(root, model)
    return (known.get(model) or [None])[-1], {one.version for one in others.get(model, [])}


def check_origin(root: Path, tag: str, commit: str) -> None:
    """Raise Foreign for a release on a commit that the default branch does not hold."""
    main, elsewhere = outside(root, {commit}) if git.resolve(root, commit) else (mainline.find(root).name, {commit})
    if elsewhere:
        raise Foreign(tag, commit, main)


def brought_by(root: Path, release: Release) -> str:
    """Return the commit of main that brought a release's spec and code; its tag may be on a later one."""
    return revisions.last_change(root, f"{models.FOLDER}/{release.model}", release.commit) or release.commit


def outside(root: Path, commits: set[str]) -> tuple[str, set[str]]:
    """Return what the default branch is called, and those of some commits that it does not hold."""
    if not commits:
        return "", set()
    main = mainline.find(root)
    return main.name, git.outside(root, commits, main.branches)


def problems(those: Iterable[list[Taken]]) -> list[Problem]:
    """Return what is wrong with tags that look like releases and are none."""
    return [problem for some in those for one in some for problem in one.problems]


def taken(those: Iterable[Taken], tag: str) -> Taken | None:
    """Return what is wrong with a tag, where it is one of those that look like releases and are none."""
    return next((one for one in those if one.tag == tag), None)


def strange(others: Others, model: str, version: str) -> Foreign | None:
    """Return the foreign release of a version among tags that are no releases of main, or None."""
    found = taken(others.get(model, []), versions.tag(model, version))
    return found if isinstance(found, Foreign) else None


def _plain(tag: Tag) -> Release | None:
    model, version = versions.split(tag.name)
    found = OURS.fullmatch(_last(tag.message))
    if found is None or not versions.NAME.fullmatch(model) or versions.fault(version):
        return None
    try:
        return _made(model, version, tag.commit, found.groups())
    except ValueError:
        return None


def _ours(root: Path, named: list[Tag]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the tags of models, with what their trailers say; others are another package's."""
    for name, commit, message, *_ in named:
        model, version = versions.split(name)
        trailers = _trailers(message)
        ours = "Fingerprint" in trailers or (root / models.FOLDER / model).is_dir()
        if ours and versions.NAME.fullmatch(model) and versions.fault(version) is None:
            yield name, commit, trailers


def parse(tag: str, commit: str, message: str) -> Release:
    """Return the release that an annotated tag's message tells of; raise Taken when it tells of none."""
    return _release(tag, commit, _trailers(unsigned(message)), None)


def subject(message: str) -> str:
    """Return why a version was withdrawn: the first paragraph of its tag's message, on one line."""
    return " ".join(unsigned(message).strip().partition("\n\n")[0].split("\n")) or NO_REASON


def unsigned(message: str) -> str:
    """Return a tag's message without the signature, of OpenPGP, X.509 or SSH, that stands after it."""
    begin = f"\n{message}".rfind(f"\n{BEGIN}")
    return message[:begin] if begin >= 0 and SIGNATURE.fullmatch(f"\n{message}", begin) else message


def _last(message: str) -> str:
    """Return the last paragraph of a message."""
    return message.rstrip().rpartition("\n\n")[2]


def _trailers(message: str) -> dict[str, str]:
    return dict([line.split(": ", 1) for line in _last(message).split("\n") if ": " in line])


def _release(tag: str, commit: str, trailers: Mapping[str, str], withdrawn: str | None) -> Release:
    try:
        return _made(*versions.split(tag), commit, TOLD(trailers), withdrawn)
    except (KeyError, ValueError) as error:
        what = f"is a tag without a release's trailers ({error})"
        raise Taken(tag, what, _left(tag)) from error


def _made(model: str, version: str, commit: str, facts: Sequence[str], withdrawn: str | None = None) -> Release:
    """Return the release that trailers tell of, in their order; raise ValueError where one is no number or digest."""
    fingerprint, sha256, size, verdict, metrics, runtime = facts
    if not DIGEST.fullmatch(sha256):
        raise ValueError(f"{one_line(sha256)} is no SHA-256")
    figures = {name: float(value) for name, value in [pair.split("=") for pair in metrics.split()]}
    return Release(model, version, commit, fingerprint, sha256, int(size), verdict, figures, runtime, withdrawn)


def _left(tag: str) -> str:
    """Return what a tag that is no release means: not much, so that nobody has to delete it."""
    pushed = f"`git push --delete origin '{tag}'` by somebody who may bypass the rule for tags"
    free = f"to free it, run `git tag -d '{tag}'`, where it was pushed after {pushed}"
    return f"{versions.split(tag)[1]} can't be released while it is there, and nothing else is held up; {free}"


def tag_message(release: Release, headline: str, description: str) -> str:
    """Return the message of a release's tag: a line for people, the description, and the trailers."""
    facts = release._asdict() | {"metrics": " ".join(f"{name}={value:.6g}" for name, value in release.metrics.items())}
    trailers = "\n".join(f"{trailer}: {facts[field]}" for trailer, field in TRAILERS.items())
    return f"{headline}\n\n{description}\n\n{trailers}\n"


def newest(releases: list[Release]) -> Release | None:
    """Return the newest release that was not withdrawn, or None."""
    return next((one for one in reversed(releases) if one.withdrawn is None), None)


def runtimes(pins: Iterable, known: Releases) -> dict[str, str]:
    """Return what runs the versions that are pinned, model by model, as far as they are known."""
    found = {pin.model: find(known.get(pin.model, []), pin.version) for pin in pins}
    return {model: release.runtime for model, release in found.items() if release}


def find(releases: list[Release], version: str) -> Release | None:
    """Return the release of a version, or None."""
    return next((one for one in releases if one.version == version), None)
