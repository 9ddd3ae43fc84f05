"""What is released, as Git knows it: annotated tags whose trailers say what others need without the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from registry import git, models, versions
from registry.errors import refuse

# trailer -> field of the release; the order is the order in the tag's message
TRAILERS = {
    "Fingerprint": "fingerprint",
    "Artifact-SHA256": "sha256",
    "Artifact-Size": "size",
    "Verdict": "verdict",
    "Metrics": "metrics",
    "Runtime": "runtime",
}


@dataclass(frozen=True)
class Release:
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


def load_all(root: Path) -> Releases:
    """Return all releases by model, each list oldest version first; raise RegistryError where Git can't know them."""
    if git.is_shallow(root):
        raise refuse(".", "is a shallow clone, which doesn't know all releases; run `git fetch --unshallow --tags`")
    tags = git.tags(root, "*@v*")
    reasons = {
        name.removesuffix("!"): subject or "no reason is given" for name, _, subject, _ in tags if name.endswith("!")
    }
    found: Releases = {}
    for name, commit, _, trailers in tags:
        model, _, version = name.partition("@v")
        ours = "Fingerprint" in trailers or (root / models.FOLDER / model).is_dir()  # else another package's tag
        if ours and versions.NAME.fullmatch(model) and versions.fault(version) is None:
            found.setdefault(model, []).append(_release(name, commit, trailers, reasons.get(name)))
    return {model: sorted(those, key=lambda one: versions.parse(one.version)) for model, those in found.items()}


def parse(tag: str, commit: str, message: str) -> Release:
    """Return the release that an annotated tag's message tells of; raise RegistryError when it tells of none."""
    trailers = message.rstrip().rpartition("\n\n")[2].splitlines()
    return _release(tag, commit, dict(line.split(": ", 1) for line in trailers if ": " in line), None)


def _release(tag: str, commit: str, trailers: Mapping[str, str], withdrawn: str | None) -> Release:
    model, _, version = tag.partition("@v")
    try:
        facts = {field: trailers[trailer] for trailer, field in TRAILERS.items()}
        metrics = {name: float(value) for name, value in (pair.split("=") for pair in facts["metrics"].split())}
        facts |= {"size": int(facts["size"]), "metrics": metrics}
    except (KeyError, ValueError) as error:
        text = f"is a tag without a release's trailers ({error}); if it was made by hand, run `git tag -d '{tag}'`"
        raise refuse(tag, text) from error
    return Release(model, version, commit, **facts, withdrawn=withdrawn)


def tag_message(release: Release, headline: str, description: str) -> str:
    """Return the message of a release's tag: a line for people, the description, and the trailers."""
    facts = vars(release) | {"metrics": " ".join(f"{name}={value:.6g}" for name, value in release.metrics.items())}
    trailers = "\n".join(f"{trailer}: {facts[field]}" for trailer, field in TRAILERS.items())
    return f"{headline}\n\n{description}\n\n{trailers}\n"


def newest(releases: list[Release]) -> Release | None:
    """Return the newest release that was not withdrawn, or None."""
    return next((one for one in reversed(releases) if one.withdrawn is None), None)


def find(releases: list[Release], version: str) -> Release | None:
    """Return the release of a version, or None."""
    return next((one for one in releases if one.version == version), None)
