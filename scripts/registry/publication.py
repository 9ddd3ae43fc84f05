"""Publishing as a resumable transaction: draft, assets, read back, tag, publish. Killed anywhere, it ends the same."""

from dataclasses import asdict
from pathlib import Path

from registry import candidates, cards, documents, files, git, models, releases, versions
from registry.artifacts import Artifact
from registry.candidates import REPORT, Candidate
from registry.errors import Problem, RegistryError, raise_all, refuse
from registry.models import Model
from registry.releases import Release
from registry.stores import FACTS, FolderStore

SUMS, CARD = "SHA256SUMS", "model-card.md"
AGAIN = "move the release's folder away and run the same command again"


def publish(root: Path, model: Model, candidate: Candidate, store: FolderStore) -> bool:
    """Make a candidate a release; return False when these very bytes are released already.

    Raises RegistryError when it must not become one: verdict, spec moved on, uncommitted changes, version taken.
    """
    raise_all(refusals(model, candidate))
    tag = versions.tag(model.name, model.version)
    with store.drafting(tag) as draft:
        known = releases.find(releases.load_all(root).get(model.name, []), model.version)
        release = known or _release(root, candidate)
        _check_bytes(release, candidate)
        published = store.facts(tag)
        if published:
            _check_published(release, published, store)
        else:
            _upload(release, candidate, draft, store)
        if known is None:
            git.create_tag(root, tag, release.commit, _message(release, candidate.report))
        if published is None:
            store.publish(tag)
    return known is None or published is None


def refusals(model: Model, candidate: Candidate) -> list[Problem]:
    """Return why a candidate must not be released: its verdict, or a spec that has moved on since."""
    if found := candidates.failures(model, candidate):
        return found
    moved = [name for name, now in _current(model).items() if candidate.report[name] != now]
    advice = f"build it again with `tox run -e build -- {model.name}`"
    return [Problem(model.place, 0, "", f"{', '.join(moved)} changed since the candidate was built; {advice}")] * bool(moved)


def _current(model: Model) -> dict:
    return {"version": model.version, "fingerprint": model.fingerprint, "thresholds": model.spec["thresholds"]}


def _release(root: Path, candidate: Candidate) -> Release:
    report = candidate.report
    metrics = {name: value for name, value in report["metrics"].items() if value is not None}
    artifact = report["artifact"]
    return Release(
        model=report["model"], version=report["version"], commit=_commit(root, report),
        fingerprint=report["fingerprint"], sha256=artifact["sha256"], size=artifact["size"],
        verdict=report["verdict"], metrics=metrics,
    )  # fmt: skip


def _commit(root: Path, report: dict) -> str:
    """Return the commit that holds what was built: the one that was checked out then, else the one that is now."""
    for commit in dict.fromkeys((report["commit"], git.head(root))):
        if commit and git.resolve(root, commit) and _fingerprint_at(root, commit, report["model"]) == report["fingerprint"]:
            return commit
    place = f"{models.FOLDER}/{report['model']}"
    raise refuse(place, f"no commit holds what was built; commit your changes: `git add {place} && git commit`")


def _fingerprint_at(root: Path, commit: str, model: str) -> str | None:
    try:
        return models.recipe_at(root, commit, model).fingerprint
    except RegistryError:
        return None  # a commit whose spec can't be read is not the one that was built


def _check_bytes(release: Release, candidate: Candidate) -> None:
    place = f"{candidates.FOLDER}/{release.model}/{candidate.tar.name}"
    if not candidate.tar.is_file():
        raise refuse(place, f"is missing; build {release.model} again")
    if files.digest(candidate.tar) != candidate.artifact.sha256:
        raise refuse(place, f"is not what was judged; build {release.model} again")
    if release.sha256 != candidate.artifact.sha256:
        raise _taken(release)


def _taken(release: Release) -> RegistryError:
    choices = versions.choices(release.version)
    return refuse(release.tag, f"is released with other bytes, and a version is never reused; raise it: {choices}")


def _upload(release: Release, candidate: Candidate, draft: Path, store: FolderStore) -> None:
    """Fill a new draft and read it back."""
    files.copy(candidate.tar, draft / candidate.tar.name)
    files.copy(candidate.folder / REPORT, draft / REPORT)
    files.write(draft / CARD, cards.card(release, candidate.report))
    listed = store.assets(release.tag, draft=True)
    if candidate.artifact not in listed:
        raise refuse(release.tag, "the artifact arrived damaged; run the same command again")
    facts = {"tag": release.tag, "commit": release.commit, "report": candidate.report, "assets": [*map(asdict, listed)]}
    files.write(draft / FACTS, documents.dump_json(facts))
    files.write(draft / SUMS, _sums(store.assets(release.tag, draft=True)))


def _sums(assets: list[Artifact]) -> str:
    return "".join(f"{one.sha256}  {one.name}\n" for one in assets if one.name != SUMS)


def _check_published(release: Release, facts: dict, store: FolderStore) -> None:
    """Raise RegistryError when the published release is not the one that the tag names, or is damaged."""
    if release.sha256 not in {asset["sha256"] for asset in facts["assets"]}:
        raise _taken(release)
    if release.commit != facts["commit"]:
        text = f"is a tag on {release.commit[:12]}, but {FACTS} says {facts['commit'][:12]}"
        raise refuse(release.tag, f"{text}; put it back: `git fetch --tags --force`")
    there = {one.name: one for one in store.assets(release.tag, draft=False)}
    for wanted in (Artifact(**asset) for asset in facts["assets"]):
        if there.get(wanted.name) != wanted:
            raise refuse(f"{release.tag}/{wanted.name}", f"is missing or damaged; {AGAIN}")
    summed = [one for one in there.values() if one.name in {FACTS, *(asset["name"] for asset in facts["assets"])}]
    if store.find(release.tag, SUMS).read_bytes() != _sums(summed).encode():
        raise refuse(f"{release.tag}/{SUMS}", f"does not agree with the files beside it; {AGAIN}")


def _message(release: Release, report: dict) -> str:
    reasons = [one["reason"] for one in report["judgements"]]
    asked = [f"{one['name']} {one['value']:.4g} ({one['asked']})" for one in report["judgements"] if _is_asked(one)]
    headline = f"{release.model} {release.version}: {', '.join(asked[:1]) or release.verdict}"
    return releases.tag_message(release, headline, "\n".join([report["description"], "", *reasons]))


def _is_asked(judgement: dict) -> bool:
    return judgement["place"][0] == "thresholds"
