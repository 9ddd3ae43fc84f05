"""What brings a repository to a newer version of the template: from where, to which, and the change that does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from registry import git, versions
from registry.errors import RegistryError, did_you_mean, refuse
from registry.upgrading import extent, merging, template, upstream
from registry.upgrading.extent import RECORD
from registry.upgrading.template import Record
from registry.upgrading.upstream import DISTRUST, SEEN, SIGNERS, Release

DIGEST = "Template-SHA256"  # names, in the message of an upgrade, what it brought


@dataclass(frozen=True)
class Base:
    """What a repository has of the template: in words, the commit of the template, and whether that was signed."""

    told: str
    commit: str
    is_signed: bool = False


@dataclass(frozen=True)
class Upgrade:
    """A version to bring, from which base, as a change that can be picked.

    The pages in `kept` stay a team's own; the files in `merged` both had changed.
    """

    base: Base
    release: Release
    commit: str
    kept: tuple[str, ...]
    merged: tuple[str, ...]

    @property
    def branch(self) -> str:
        """The branch that it appears on."""
        return f"upgrade-{self.release.version}"

    @property
    def ref(self) -> str:
        """Where the change is kept for who picks it by hand."""
        return f"{SEEN}{self.branch}"

    @property
    def history(self) -> str:
        """The commits of the template that it brings."""
        return f"{self.base.commit}..{self.release.commit}"


def is_made(root: Path, upgrade: Upgrade) -> bool:
    """Say whether the branch of an upgrade is there; raise RegistryError where one of that name is something else."""
    branch = f"refs/heads/{upgrade.branch}"
    there = git.lines(root, "for-each-ref", "--format=%(refname)", branch)
    if not there:
        return False
    if branch not in there:
        other = there[0].removeprefix("refs/heads/")
        text = (
            f"can't be made while there is a branch {other}, since Git takes one for a folder of the other; rename that"
        )
        raise refuse(upgrade.branch, text)
    made = git.lines(root, "log", "--format=%B", f"HEAD..{branch}", within=git.settings(merging.PLAIN))
    if not git.is_ancestor(root, "HEAD", branch) or f"{DIGEST}: {upgrade.release.record.sha256}" not in made:
        text = f"is a branch of something else, or of an older commit; `git branch -D {upgrade.branch}`, or rename it"
        raise refuse(upgrade.branch, text)
    return True


def choose(offers: Mapping[str, str], wanted: str | None, record: Record | None) -> str:
    """Return the version to bring: the one that is wanted, or the newest; raise RegistryError where it is an older one."""
    if not offers:
        raise refuse("the template", "has no version yet, which is a tag such as v1.0.0; ask who makes it for one")
    version = wanted or [*offers][-1]
    if version not in offers:
        raise refuse(version, f"is no version of the template; {did_you_mean(version, offers)}")
    if record and versions.parse(version) < versions.parse(record.version):
        text = f"is older than {record.version}, which is here; there is no way back but to revert the merge of that"
        raise refuse(version, text)
    return version


def find(root: Path, address: str, offers: Mapping[str, str], version: str, start: str | None) -> Upgrade:
    """Return what brings a version; it is fetched, and so is what the repository has, which `start` may name."""
    head = git.head(root) or ""
    release = _released(root, address, offers, version)
    upstream.check_signature(root, release, git.find(root, head, SIGNERS))
    ours, record = upstream.entries(root, head), template.read(root, head)
    if start:
        base = _named(root, address, offers, start, release)
    elif record:
        if record.version not in offers:
            raise _gone(root, ours, record, release)
        had = _had(_released(root, address, offers, record.version), record)
        base = _recorded(root, ours, had, release)
    else:
        base = _nearest(root, ours, release)
    if base.is_signed and not release.is_signed:
        raise refuse(f"v{version}", f"is not signed, and {base.told} was; {DISTRUST}")
    before = upstream.entries(root, base.commit)
    kept = extent.kept(before, ours)
    old, new = (extent.overlaid(tree, ours, kept) for tree in (before, release.tree))
    commit = merging.change(root, old, new, _message(base, release))
    shown = tuple(path for path in kept if path in ours)
    return Upgrade(base, release, commit, shown, tuple(extent.merged(before, ours, release.tree, kept)))


def _released(root: Path, address: str, offers: Mapping[str, str], version: str) -> Release:
    upstream.fetch(root, address, version, offers[version])
    return upstream.release(root, version)


def _gone(root: Path, ours: extent.Tree, record: Record, release: Release) -> RegistryError:
    """Return what to say where the template has no tag of the version that a record names: it may have been signed."""
    commit = upstream.first_with(root, RECORD, ours[RECORD].blob, release.commit)
    begin = f"with the commit that has this record, `--from {commit[:12]}`" if commit else "elsewhere, `--from VERSION`"
    text = f"is here, and the template has no such version; ask who makes it, and if you trust it all the same begin {begin}"
    return refuse(f"v{record.version}", text)


def _had(release: Release, record: Record) -> Release:
    """Return the version that a record names; raise RegistryError where it is another one now."""
    if release.record.sha256 != record.sha256:
        text = f"has another digest than the {record.version} that is here ({record.sha256}): somebody moved the tag"
        raise refuse(f"v{record.version}", f"{text}; {DISTRUST}")
    return release


def _recorded(root: Path, ours: extent.Tree, had: Release, release: Release) -> Base:
    """Return the version that a record names, or what main had become when a repository was made from it later."""
    found = upstream.nearest(root, ours, release.commit, had.commit)
    if found is None or found.commit == had.commit:
        return Base(had.version, had.commit, had.is_signed)
    return Base(f"{had.version} and what came until commit {found.commit[:12]}", found.commit, had.is_signed)


def _named(root: Path, address: str, offers: Mapping[str, str], start: str, release: Release) -> Base:
    """Return a base that a person names: a version, which may be older than records are, or a commit before another."""
    if start in offers:
        upstream.fetch(root, address, start, offers[start])
        return Base(start, git.resolve(root, f"{SEEN}v{start}") or "")
    if not git.is_ancestor(root, start, release.commit):
        raise refuse("--from", f"{start} is no version of the template, and no commit before {release.version}")
    return Base(f"commit {start[:12]}", git.resolve(root, start) or "")


def _nearest(root: Path, ours: extent.Tree, release: Release) -> Base:
    found = upstream.nearest(root, ours, release.commit)
    if found is None:
        raise refuse("the template", "has no file in common with this repository; name the one that it was made from")
    told = f"commit {found.commit[:12]}, of whose {found.files:,} files {found.alike:,} are here as they were"
    return Base(told, found.commit)


def _message(base: Base, release: Release) -> str:
    facts = {
        "Template": release.record.repository, "Template-Version": release.version, "Template-Commit": release.commit,
        DIGEST: release.record.sha256,
    }  # fmt: skip
    trailers = "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
    told = "Models, environments and pins are as they were; changes of the team's own stay."
    return f"template: upgrade to {release.version}\n\nFrom {base.told}. {told}\n\n{trailers}\n"
