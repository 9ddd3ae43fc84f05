"""Assets of releases on GitHub: what lies there, and files fetched from it, held against what GitHub says of them."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from registry.artifacts.archive import Artifact
from registry.errors import refuse
from registry.github import answers, parts
from registry.github.client import GitHub
from registry.github.parts import Part

MOST = 1000  # assets that a release may have
UPLOADED = "uploaded"  # the state of an asset whose bytes have arrived


class Assets:
    """The assets of a repository's releases."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._computed: dict[int, str] = {}  # number -> digest, where GitHub tells none

    def of(self, release: dict) -> list[dict]:
        """Return all assets of a release."""
        return list(self._github.pages(f"releases/{release['id']}/assets"))

    def is_held(self, asset: dict, wanted: Artifact) -> bool:
        """Say whether an asset is a file; what a broken upload left behind is none."""
        if (asset["state"], asset["name"], asset["size"]) != (UPLOADED, wanted.name, wanted.size):
            return False
        return self._digest(asset) == wanted.sha256

    def those_of(self, assets: list[dict], wanted: Iterable[Artifact]) -> dict[int, Artifact]:
        """Return which assets are files, each by its number: one that is none of them is missing."""
        names = {one.name: one for one in wanted}
        found = ((asset["id"], asset, names.get(asset["name"])) for asset in assets)
        return {number: one for number, asset, one in found if one and self.is_held(asset, one)}

    def hold(self, assets: list[dict], wanted: Artifact) -> bool:
        """Say whether a file is among assets, whole or in parts; of parts only their sizes can be told."""
        those = named(assets, wanted.name)
        if any(asset["name"] == wanted.name for asset in those):
            return any(self.is_held(asset, wanted) for asset in those)
        return bool(those) and sum(asset["size"] for asset in those if asset["state"] == UPLOADED) == wanted.size

    def fetch(self, tag: str, those: Iterable[dict], path: Path) -> Path:
        """Put an asset, or the parts of one in their order, into a file; raise when it isn't what GitHub lists."""
        with path.open("wb") as file:
            for asset in those:
                start = file.seek(0, 2)
                self._github.download(f"releases/assets/{asset['id']}", file, asset["name"], asset["size"])
                self._check(tag, asset, Part(path, asset["name"], start, file.seek(0, 2) - start))
        return path

    def _check(self, tag: str, asset: dict, came: Part) -> None:
        if came.size < asset["size"]:
            call = f"GET /repos/{self._github.repository}/releases/assets/{asset['id']}"
            raise answers.silence(call, f"of {asset['name']} only {came.size:,} of {asset['size']:,} bytes came")
        found, lists = came.artifact(), _told(asset)
        if found.size != asset["size"] or lists not in (None, found.sha256):
            text = f"came with {found.size:,} bytes and the digest {found.sha256}"
            listed = f"but GitHub lists {asset['size']:,} and {lists or 'no digest'}"
            advice = "run the same command again, and don't trust it if that stays so"
            raise refuse(f"{tag}/{asset['name']}", f"{text}, {listed}; {advice}")

    def _digest(self, asset: dict) -> str:
        return _told(asset) or self._computed.get(asset["id"]) or self._compute(asset)

    def _compute(self, asset: dict) -> str:
        with tempfile.TemporaryDirectory() as scratch:
            path = self.fetch("releases/assets", [asset], Path(scratch, "asset"))
            self._computed[asset["id"]] = Part(path, asset["name"], 0, asset["size"]).artifact().sha256
        return self._computed[asset["id"]]


def named(assets: Iterable[dict], name: str) -> list[dict]:
    """Return the assets that are a file, or its parts in their order."""
    those = [asset for asset in assets if parts.whole(asset["name"]) == name]
    return sorted(those, key=lambda asset: parts.number(asset["name"]))


def listed(those: list[dict]) -> Artifact | None:
    """Return what GitHub says of a file that is one asset; None where it is in parts, or has no digest."""
    if len(those) != 1 or _told(those[0]) is None:
        return None
    (asset,) = those
    return Artifact(parts.whole(asset["name"]), asset["size"], _told(asset))


def _told(asset: dict) -> str | None:
    """Return the SHA-256 that GitHub tells; older Enterprise Servers tell none."""
    kind, _, digest = (asset.get("digest") or "").partition(":")
    return digest if kind == "sha256" else None
