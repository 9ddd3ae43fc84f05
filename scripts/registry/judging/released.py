"""A release's release.json held against its parts: its report, its tag, and the spec at its commit."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from registry import versions
from registry.errors import RegistryError, refuse
from registry.judging import reporting, verdicts
from registry.releases import ledger
from registry.releases.ledger import Release, Releases
from registry.releases.storage import FACTS, Store
from registry.specs import models


def facts(root: Path, store: Store, known: Releases, tag: str) -> dict | None:
    """Return the release.json of a published release as `Store.facts` does; raise as `check` does."""
    found = store.facts(tag)
    if found:
        check(root, found, known, tag, store.mend)
    return found


def check(root: Path, facts: Mapping, known: Releases, tag: str, mend: str) -> None:
    """Raise RegistryError where a release.json does not follow from its parts, Foreign where its commit is not main's.

    `known` are releases of main: the tag of one tells its commit.
    """
    model, version = versions.split(tag)
    if release := ledger.find(known.get(model, []), version):
        check_commit(release, facts)
    else:
        ledger.check_origin(root, tag, facts["commit"])
    if wrong := "; ".join(_faults(root, tag, facts)):
        raise refuse(f"{tag}/{FACTS}", f"{wrong}; don't trust it, {mend}")


def check_commit(release: Release, facts: Mapping) -> None:
    """Raise RegistryError where a release's tag is on another commit than its release.json says."""
    if release.commit != facts["commit"]:
        text = f"is a tag on {release.commit[:12]}, but {FACTS} says {facts['commit'][:12]}"
        raise refuse(release.tag, f"{text}; put it back: `git fetch --tags --force`")


def _faults(root: Path, tag: str, facts: Mapping) -> Iterator[str]:
    report, (model, version) = facts["report"], versions.split(tag)
    if (facts["tag"], report["model"], report["version"]) != (tag, model, version):
        yield f"is of {facts['tag']}, with the report of {report['model']} {report['version']}"
    if report["artifact"] not in facts["assets"]:
        yield "names no artifact that is the one in its report"
    if reporting.verdict(report) != report["verdict"]:
        yield "has a verdict that does not follow from its metrics and thresholds"
    elif report["verdict"] != verdicts.PASS:
        yield f"has the verdict {report['verdict']}, and only what passes is released"
    yield from _unlike(root, model, facts["commit"], report)


def _unlike(root: Path, model: str, commit: str, report: Mapping) -> Iterator[str]:
    """Yield what a report says otherwise than the spec that its commit holds."""
    place = f"{models.FOLDER}/{model}/model.yaml"
    try:
        spec = models.spec_at(root, commit, model)
    except RegistryError:
        yield f"names {commit[:12]}, whose {place} can't be read"
        return
    if differ := reporting.unlike(report, spec):
        yield f"has another {' and '.join(differ)} than {place} in {commit[:12]}, on which it was released"
