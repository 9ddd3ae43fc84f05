"""What brings a repository to a newer version of the template: from where, to which, and the change that does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from registry import git, versions
from registry.errors import did_you_mean, refuse
from registry.upgrading import extent, merging, template, upstream
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
    """A version to bring, from which base, as a change that can be picked; the pages in `kept` stay a team's own."""

    base: Base
    release: Release
    commit: str
    kept: tuple[str, ...]

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
    if git.resolve(root, branch) is None:
        return False
    made = git.run(root, "log", "--format=%B", f"HEAD..{branch}", within=git.settings(merging.PLAIN))
    if (
        not git.is_ancestor(root, "HEAD", branch)
        or f"{DIGEST}: {upgrade.release.record.sha256}" not in made.splitlines()
    ):
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
    elif record and record.version in offers:
        base = _recorded(_released(root, address, offers, record.version), record)
    else:
        base = _nearest(root, ours, release)
    if base.is_signed and not release.is_signed:
        raise refuse(f"v{version}", f"is not signed, and {base.told} was; {DISTRUST}")
    before = upstream.entries(root, base.commit)
    kept = extent.kept(before, ours)
    old, new = (extent.overlaid(tree, ours, kept) for tree in (before, release.tree))
    return Upgrade(
        base,
        release,
        merging.change(root, old, new, _message(base, release)),
        tuple(path for path in kept if path in ours),
    )


def _released(root: Path, address: str, offers: Mapping[str, str], version: str) -> Release:
    upstream.fetch(root, address, version, offers[version])
    return upstream.release(root, version)


def _recorded(release: Release, record: Record) -> Base:
    if release.record.sha256 != record.sha256:
        text = f"has another digest than the {record.version} that is here ({record.sha256}): somebody moved the tag"
        raise refuse(f"v{record.version}", f"{text}; {DISTRUST}")
    return Base(release.version, release.commit, release.is_signed)


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
