"""Releases on GitHub: the same interface as a folder of them, and as safe to be killed anywhere."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from registry import console, versions
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import RegistryError, refuse
from registry.formats import documents
from registry.github import parts
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.releases import assets, ledger, tagging
from registry.releases.assets import Assets
from registry.releases.drafts import Drafts
from registry.releases.ledger import Release, Taken
from registry.releases.storage import FACTS


class GitHubStore:
    """The releases of a repository."""

    mend = "withdraw the version and publish another"

    def __init__(self, github: GitHub) -> None:
        self.github = github
        self.site = github.site
        self.place = github.site.address
        self._assets = Assets(github)
        self._drafts = Drafts(github)

    def where(self, tag: str) -> str:
        return self.site.release(tag)

    def pull_of(self, commit: str) -> int | None:
        try:
            pull = next(self.github.brought(commit), None)
        except GitHubError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                console.warn(f"{error.brief}; the page of the release names no pull request")
                return None
            if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise refuse(f"commit {commit[:12]}", f"is not in {self.place}; `git push` it first") from error
            raise
        return pull and pull["number"]

    def facts(self, tag: str) -> dict | None:  # what each method promises stands in Store
        release = self._published(tag)
        return release and self._facts(tag, release)

    def drafted(self, tag: str) -> dict | None:
        draft = self._drafts.find(tag)
        try:
            return draft and self._facts(tag, draft)
        except GitHubError:
            raise
        except RegistryError:
            return None

    def fetch(self, tag: str, artifact: Artifact, scratch: Path) -> Path:
        release = self._published(tag)
        if release is None:
            raise refuse(tag, f"is not in {self.place}; publish it first")
        those = assets.named(self._assets.of(release), artifact.name)
        if not those:
            raise refuse(f"{tag}/{artifact.name}", f"is not in {self.place}; {self.mend}")
        if listed := assets.listed(those):
            _trust(tag, listed, artifact)
        path = self._assets.fetch(tag, those, scratch / artifact.name)
        if not listed:
            _trust(tag, archive.describe(path), artifact)
        return path

    @contextmanager
    def drafting(self, tag: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)

    def hold(self, release: Release, folder: Path) -> None:
        found = [part for path in sorted(folder.iterdir()) for part in parts.split(path)]
        if len(found) > assets.MOST:
            text = f"would have {len(found):,} files, and a release on GitHub has {assets.MOST:,} at most"
            raise refuse(release.tag, f"{text}; make the artifact smaller")
        wanted = {part.artifact(): part for part in found}
        draft = self._drafts.find(release.tag) or self._make_draft(release)
        there = self._assets.of(draft) if draft["assets"] else []
        held = self._assets.those_of(there, wanted)
        for number in {asset["id"] for asset in there} - held.keys():
            self.github.delete(f"releases/assets/{number}")
        for artifact in sorted(wanted.keys() - held.values(), key=lambda one: one.name):
            self._send(draft, artifact, wanted[artifact])
        there = self._assets.of(draft)
        if not len(there) == len(self._assets.those_of(there, wanted)) == len(wanted):
            raise refuse(release.tag, "the files arrived damaged; run the same command again")

    def missing(self, tag: str, wanted: list[Artifact]) -> list[str]:
        release = self._published(tag) or self._drafts.find(tag)
        there = self._assets.of(release) if release else []
        return [one.name for one in wanted if not self._assets.hold(there, one)]

    def tagged(self, tag: str) -> Release | None:
        found = tagging.find(self.github, tag)
        return found and ledger.parse(tag, found.commit, found.message)

    def tag(self, release: Release, message: str) -> None:
        with self._explained(release.tag):
            tagging.make(self.github, release.tag, release.commit, message)

    def publish(self, release: Release, page: str) -> None:
        number = self._drafts.find(release.tag)["id"]
        body = {"name": release.tag, "body": page, "draft": False, "prerelease": False, "make_latest": "false"}
        with self._explained(release.tag):
            self.github.patch(f"releases/{number}", body)
        published = self.github.get(f"releases/tags/{release.tag}")
        name = versions.asset(release.model, release.version)
        if name not in {parts.whole(asset["name"]) for asset in published["assets"]}:
            raise refuse(release.tag, f"is published without its artifact; {self.mend}")
        self._drafts.clear(release.tag, but=number)

    def clear(self, tag: str) -> None:
        self._drafts.clear(tag)

    def withdrawn(self, model: str, version: str) -> str | None:
        found = tagging.find(self.github, versions.withdrawal_tag(model, version))
        return found and ledger.subject(found.message)

    def show(self, tag: str, page: str) -> None:
        published = self.github.get(f"releases/tags/{tag}")
        if published["body"] != page:
            self.github.patch(f"releases/{published['id']}", {"body": page})

    def withdraw(self, release: Release, reason: str) -> None:
        tag = versions.withdrawal_tag(release.model, release.version)
        with self._explained(tag):
            tagging.make(self.github, tag, release.commit, f"{reason}\n")

    def tell(self, root: Path, release: Release) -> bool:
        found = tagging.find(self.github, versions.withdrawal_tag(release.model, release.version))
        return found is not None and tagging.take_over(root, found)

    def published(self, tags: Iterable[str]) -> set[str]:
        """Return those of some tags whose release is published; a new one may be missing in lists for a while."""
        listed = {one["tag_name"] for one in self.github.pages("releases") if not one["draft"]}
        return {tag for tag in tags if tag in listed or self._published(tag)}

    def free(self, model: str, version: str) -> str:
        tags = self.github.pages(f"git/matching-refs/tags/{versions.tag(model, '')}", per_page=None)  # it takes none
        kinds = {versions.split(one["ref"].removeprefix("refs/tags/"))[1]: one["object"]["type"] for one in tags}
        taken = {one: kind for one, kind in kinds.items() if versions.fault(one) is None}
        released = [one for one, kind in taken.items() if kind == "tag"]  # others were made by hand
        found = versions.free(versions.newest([version, *released]), taken)
        while self._published(versions.tag(model, found)):
            found = versions.free(found, taken)
        return found

    def _published(self, tag: str) -> dict | None:
        return self.github.find(f"releases/tags/{tag}")

    def _make_draft(self, release: Release) -> dict:
        with self._explained(release.tag):
            return self._drafts.make(release.tag)

    def _send(self, draft: dict, artifact: Artifact, part: parts.Part) -> None:
        def uploaded() -> dict | None:
            """Look for the asset; what a broken upload left under its name would be in the way of the next one."""
            for one in (one for one in self._assets.of(draft) if one["name"] == artifact.name):
                if self._assets.is_held(one, artifact):
                    return one
                self.github.delete(f"releases/assets/{one['id']}")
            return None

        self.github.upload(draft["upload_url"], part, uploaded)

    def _facts(self, tag: str, release: dict) -> dict:
        found = assets.named(self._assets.of(release), FACTS)
        if not found:
            raise Taken(tag, f"is a release without {FACTS}, as when somebody publishes one by hand", self.mend)
        with tempfile.TemporaryDirectory() as scratch:
            path = self._assets.fetch(tag, found, Path(scratch, FACTS))
            return documents.load_json(path, "release", f"{tag}/{FACTS}", self.mend)

    @contextmanager
    def _explained(self, tag: str) -> Iterator[None]:
        """A tag that can't be made any more leaves no draft behind."""
        try:
            yield
        except GitHubError as error:
            found = tagging.explained(self.github, tag, error)
            if isinstance(found, Taken):
                self._drafts.clear(tag)
            raise found from error


def _trust(tag: str, found: Artifact, wanted: Artifact) -> None:
    if found != wanted:
        text = f"has {found.size:,} bytes and the digest {found.sha256}, not {wanted.size:,} and {wanted.sha256}"
        raise refuse(f"{tag}/{wanted.name}", f"{text}; don't trust it, withdraw the version")
