"""Releases on GitHub: the same interface as a folder of them, and as safe to be killed anywhere."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import documents, files, parts, versions
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

    def where(self, tag: str) -> str:
        return self.site.release(tag)

    def pull_of(self, commit: str) -> int | None:
        merged = [one["number"] for one in self.github.pages(f"commits/{commit}/pulls") if one["merged_at"]]
        return merged[0] if merged else None

    def facts(self, tag: str) -> dict | None:  # what each method promises stands in Store
        release = self.github.find(f"releases/tags/{tag}")
        if release is None:
            return None
        with tempfile.TemporaryDirectory() as scratch:
            path = self._fetch(tag, release, FACTS, Path(scratch))
            return documents.load_json(path, "release", f"{tag}/{FACTS}", self.mend)

    def fetch(self, tag: str, artifact: Artifact, scratch: Path) -> Path:
        release = self.github.find(f"releases/tags/{tag}")
        if release is None:
            raise refuse(tag, f"is not in {self.place}; publish it first")
        path = self._fetch(tag, release, artifact.name, scratch)
        found = Artifact(artifact.name, path.stat().st_size, files.digest(path))
        if found != artifact:
            text = f"has {found.size:,} bytes and the digest {found.sha256}, not {artifact.size:,} and {artifact.sha256}"
            raise refuse(f"{tag}/{artifact.name}", f"{text}; don't trust it, withdraw the version")
        return path

    @contextmanager
    def drafting(self, tag: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)

    def hold(self, release: Release, folder: Path) -> None:
        draft = self._draft(release.tag) or self._make_draft(release)
        wanted = {part.artifact(): part for path in sorted(folder.iterdir()) for part in parts.split(path)}
        there = {_held(asset): asset for asset in draft["assets"]}
        for held in there.keys() - wanted.keys():
            self.github.delete(f"releases/assets/{there[held]['id']}")
        for artifact in sorted(wanted.keys() - there.keys(), key=lambda one: one.name):
            self._send(draft, artifact, wanted[artifact])
        if {_held(asset) for asset in self._assets(draft)} != wanted.keys():
            raise refuse(release.tag, "the files arrived damaged; run the same command again")

    def missing(self, tag: str, wanted: list[Artifact]) -> list[str]:
        held = {_held(asset) for asset in self._assets(self.github.get(f"releases/tags/{tag}"))}
        sizes: dict[str, int] = {}
        for one in held:
            sizes[parts.whole(one.name)] = sizes.get(parts.whole(one.name), 0) + one.size
        return [one.name for one in wanted if one not in held and (one.size <= parts.LARGEST or sizes.get(one.name) != one.size)]

    def tag(self, release: Release, message: str) -> bool:
        found = self.github.find(f"git/ref/tags/{release.tag}")
        if found is not None:
            self._check_tag(release, found["object"])
            return False
        with self._explained(release):
            self._make_tag(release.tag, release.commit, message)
        return True

    def withdraw(self, release: Release, reason: str, page: str) -> None:
        published = self.github.get(f"releases/tags/{release.tag}")
        self.github.patch(f"releases/{published['id']}", {"body": page})
        self._make_tag(versions.withdrawal_tag(release.model, release.version), release.commit, f"{reason}\n")

    def publish(self, release: Release, page: str) -> None:
        draft = self._draft(release.tag)
        if draft is not None:
            body = {"name": release.tag, "body": page, "draft": False, "make_latest": "false"}
            with self._explained(release):
                self.github.patch(f"releases/{draft['id']}", body)
        published = self.github.get(f"releases/tags/{release.tag}")
        if release.sha256 not in {_held(asset).sha256 for asset in published["assets"]}:
            raise refuse(release.tag, f"is published without its artifact; {self.mend}")

    def published(self) -> set[str]:
        """Return the tags of all published releases."""
        return {one["tag_name"] for one in self.github.pages("releases") if not one["draft"]}

    def _make_tag(self, name: str, commit: str, message: str) -> None:
        body = {"tag": name, "message": message, "object": commit, "type": "commit"}
        made = self.github.create("git/tags", body, lambda: None)
        ref = {"ref": f"refs/tags/{name}", "sha": made["sha"]}
        self.github.create("git/refs", ref, lambda: self.github.find(f"git/ref/tags/{name}"))

    def _draft(self, tag: str) -> dict | None:
        found = [one for one in self.github.pages("releases") if one["draft"] and one["tag_name"] == tag]
        return min(found, key=lambda one: one["id"], default=None)

    def _make_draft(self, release: Release) -> dict:
        body = {"tag_name": release.tag, "target_commitish": release.commit, "name": release.tag, "draft": True}
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

    def _fetch(self, tag: str, release: dict, name: str, scratch: Path) -> Path:
        found = sorted((one["name"], one["id"]) for one in self._assets(release) if parts.whole(one["name"]) == name)
        if not found:
            raise refuse(f"{tag}/{name}", f"is not in {self.place}; {self.mend}")
        path = scratch / name
        with path.open("wb") as file:
            for part, number in found:
                file.seek(0, 2)
                self.github.download(f"releases/assets/{number}", file, part)
        return path

    def _check_tag(self, release: Release, pointed: dict) -> None:
        said = self.github.get(f"git/tags/{pointed['sha']}") if pointed["type"] == "tag" else {"message": ""}
        if f"Artifact-SHA256: {release.sha256}\n" not in said["message"]:
            raise self._taken(release, "is taken: the tag says other bytes")

    @contextmanager
    def _explained(self, release: Release) -> Iterator[None]:
        """A tag that an immutable release had once is burned for ever: say so, and which version is free."""
        try:
            yield
        except GitHubError as error:
            if error.status == 422 and any(word in str(error).lower() for word in BURNED):
                raise self._taken(release, "is burned: an immutable release had this tag once") from error
            raise

    def _taken(self, release: Release, why: str) -> RegistryError:
        listed = self.github.pages(f"git/matching-refs/tags/{release.model}@v")
        taken = {one["ref"].removeprefix("refs/tags/") for one in listed} | {release.tag}
        version = release.version
        while versions.tag(release.model, version) in taken:
            version = versions.raised(version)[0]
        return refuse(release.tag, f"{why}; write version: {version} in models/{release.model}/model.yaml")


def _held(asset: dict) -> Artifact:
    """What lies there; what a broken upload left behind has no digest and equals nothing."""
    return Artifact(asset["name"], asset["size"], (asset.get("digest") or "").removeprefix("sha256:"))
