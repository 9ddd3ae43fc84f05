"""Releases on GitHub: the same interface as a folder of them, and as safe to be killed anywhere."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from registry import console, documents, files, parts, releases, versions
from registry.answers import GitHubError
from registry.artifacts import Artifact
from registry.errors import RegistryError, refuse
from registry.github import GitHub
from registry.releases import Release
from registry.stores import FACTS

BURNED = ("immutable release", "rule violations")


class GitHubStore:
    """The releases of a repository. A draft is found by listing, since it hides from its tag until it is published."""

    mend = "withdraw the version and publish another"

    def __init__(self, github: GitHub) -> None:
        self.github = github
        self.site = github.site
        self.place = github.site.address
        self._drafts: dict[str, int] = {}  # tag -> number: a new draft is missing in lists for a while

    def where(self, tag: str) -> str:
        return self.site.release(tag)

    def pull_of(self, commit: str) -> int | None:
        try:
            merged = [one["number"] for one in self.github.pages(f"commits/{commit}/pulls") if one["merged_at"]]
        except GitHubError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                console.warn(f"{error.brief}; the page of the release names no pull request")
                return None
            if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise refuse(f"commit {commit[:12]}", f"is not in {self.place}; `git push` it first") from error
            raise
        return merged[0] if merged else None

    def facts(self, tag: str) -> dict | None:  # what each method promises stands in Store
        release = self._published(tag)
        return release and self._facts(tag, release)

    def drafted(self, tag: str) -> dict | None:
        draft = self._draft(tag)
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
        path = self._fetch(tag, release, artifact.name, scratch)
        found = Artifact(artifact.name, path.stat().st_size, files.digest(path))
        if found != artifact:
            text = (
                f"has {found.size:,} bytes and the digest {found.sha256}, not {artifact.size:,} and {artifact.sha256}"
            )
            raise refuse(f"{tag}/{artifact.name}", f"{text}; don't trust it, withdraw the version")
        return path

    @contextmanager
    def drafting(self, tag: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)

    def hold(self, release: Release, folder: Path) -> None:
        draft = self._draft(release.tag) or self._make_draft(release)
        self._drafts[release.tag] = draft["id"]
        wanted = {part.artifact(): part for path in sorted(folder.iterdir()) for part in parts.split(path)}
        there = {_held(asset): asset for asset in draft["assets"]}
        for held in there.keys() - wanted.keys():
            self.github.delete(f"releases/assets/{there[held]['id']}")
        for artifact in sorted(wanted.keys() - there.keys(), key=lambda one: one.name):
            self._send(draft, artifact, wanted[artifact])
        if {_held(asset) for asset in self._assets(draft)} != wanted.keys():
            raise refuse(release.tag, "the files arrived damaged; run the same command again")

    def missing(self, tag: str, wanted: list[Artifact]) -> list[str]:
        release = self._published(tag) or self._draft(tag)
        held = {_held(asset) for asset in (self._assets(release) if release else [])}
        sizes: dict[str, int] = {}
        for one in held:
            sizes[parts.whole(one.name)] = sizes.get(parts.whole(one.name), 0) + one.size
        return [
            one.name
            for one in wanted
            if one not in held and (one.size <= parts.LARGEST or sizes.get(one.name) != one.size)
        ]

    def tagged(self, tag: str) -> Release | None:
        found = self.github.find(f"git/ref/tags/{tag}")
        if found is None:
            return None
        pointed = found["object"]
        said = (
            self.github.get(f"git/tags/{pointed['sha']}")
            if pointed["type"] == "tag"
            else {"object": pointed, "message": ""}
        )
        return releases.parse(tag, said["object"]["sha"], said["message"])

    def tag(self, release: Release, message: str) -> None:
        with self._explained(release):
            self._make_tag(release.tag, release.commit, message)

    def withdraw(self, release: Release, reason: str, page: str) -> None:
        published = self.github.get(f"releases/tags/{release.tag}")
        if published["body"] != page:
            self.github.patch(f"releases/{published['id']}", {"body": page})
        tag = versions.withdrawal_tag(release.model, release.version)
        if self.github.find(f"git/ref/tags/{tag}") is None:
            self._make_tag(tag, release.commit, f"{reason}\n")

    def publish(self, release: Release, page: str) -> None:
        body = {"name": release.tag, "body": page, "draft": False, "make_latest": "false"}
        with self._explained(release):
            self.github.patch(f"releases/{self._drafts[release.tag]}", body)
        published = self.github.get(f"releases/tags/{release.tag}")
        name = versions.asset(release.model, release.version)
        if name not in {parts.whole(asset["name"]) for asset in published["assets"]}:
            raise refuse(release.tag, f"is published without its artifact; {self.mend}")
        for draft in self._all_drafts(release.tag):  # one that was missing in lists when it was looked for
            self.github.delete(f"releases/{draft['id']}")

    def published(self, tags: Iterable[str]) -> set[str]:
        """Return those of some tags whose release is published; a new one may be missing in lists for a while."""
        listed = {one["tag_name"] for one in self.github.pages("releases") if not one["draft"]}
        return {tag for tag in tags if tag in listed or self._published(tag)}

    def free(self, release: Release) -> str:
        listed = self.github.pages(f"git/matching-refs/tags/{release.model}@v", per_page=None)  # it takes none
        taken = {one["ref"].removeprefix("refs/tags/") for one in listed} | {release.tag}
        version = release.version
        while versions.tag(release.model, version) in taken:
            version = versions.raised(version)[0]
        return version

    def _make_tag(self, name: str, commit: str, message: str) -> None:
        body = {"tag": name, "message": message, "object": commit, "type": "commit"}
        made = self.github.create("git/tags", body, lambda: None)
        ref = {"ref": f"refs/tags/{name}", "sha": made["sha"]}
        self.github.create("git/refs", ref, lambda: self.github.find(f"git/ref/tags/{name}"))

    def _published(self, tag: str) -> dict | None:
        return self.github.find(f"releases/tags/{tag}")

    def _draft(self, tag: str) -> dict | None:
        """Return the draft of a tag; of several the fullest."""
        found = max(self._all_drafts(tag), key=lambda one: (len(one["assets"]), -one["id"]), default=None)
        if found:
            self._drafts[tag] = found["id"]
        return found

    def _all_drafts(self, tag: str) -> list[dict]:
        return [one for one in self.github.pages("releases") if one["draft"] and one["tag_name"] == tag]

    def _make_draft(self, release: Release) -> dict:
        # No target_commitish: for a commit that touches workflow files GitHub wants more than GITHUB_TOKEN may do.
        body = {"tag_name": release.tag, "name": release.tag, "draft": True}
        with self._explained(release):
            return self.github.create("releases", body, lambda: self._draft(release.tag))

    def _send(self, draft: dict, artifact: Artifact, part: parts.Part) -> None:
        def uploaded() -> dict | None:
            """Look for the asset; what a broken upload left under its name would be in the way of the next one."""
            for one in (one for one in self._assets(draft) if one["name"] == artifact.name):
                if _held(one) == artifact:
                    return one
                self.github.delete(f"releases/assets/{one['id']}")
            return None

        self.github.upload(draft["upload_url"], part, uploaded)

    def _assets(self, release: dict) -> list[dict]:
        return list(self.github.pages(f"releases/{release['id']}/assets"))

    def _facts(self, tag: str, release: dict) -> dict:
        with tempfile.TemporaryDirectory() as scratch:
            path = self._fetch(tag, release, FACTS, Path(scratch))
            return documents.load_json(path, "release", f"{tag}/{FACTS}", self.mend)

    def _fetch(self, tag: str, release: dict, name: str, scratch: Path) -> Path:
        listed = [one for one in self._assets(release) if parts.whole(one["name"]) == name]
        found = sorted((one["name"], one["id"], one["size"]) for one in listed)
        if not found:
            raise refuse(f"{tag}/{name}", f"is not in {self.place}; {self.mend}")
        path = scratch / name
        with path.open("wb") as file:
            for part, number, size in found:
                file.seek(0, 2)
                self.github.download(f"releases/assets/{number}", file, part, size)
        return path

    @contextmanager
    def _explained(self, release: Release) -> Iterator[None]:
        """A tag that an immutable release had once is burned for ever: say so, and which version is free."""
        try:
            yield
        except GitHubError as error:
            if error.status == HTTPStatus.UNPROCESSABLE_ENTITY and any(word in str(error).lower() for word in BURNED):
                text = (
                    "is burned: an immutable release had this tag once, or a rule of the repository forbids to make it"
                )
                place = f"models/{release.model}/model.yaml"
                raise refuse(release.tag, f"{text}; write version: {self.free(release)} in {place}") from error
            raise


def _held(asset: dict) -> Artifact:
    """What lies there; what a broken upload left behind has no digest and equals nothing."""
    return Artifact(asset["name"], asset["size"], (asset.get("digest") or "").removeprefix("sha256:"))
