"""What the checks of a branch found where no GitHub runs them: its candidates, and its files against its base."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from registry import git
from registry.checks import scope
from registry.environments import manifests, promotion
from registry.environments.manifests import Environment
from registry.errors import RegistryError, raise_all, refuse
from registry.formats.markdown import listed
from registry.judging import candidates, reporting
from registry.pulls import findings
from registry.pulls.comments import Checked, Job
from registry.pulls.effects import Facts
from registry.pulls.findings import Known
from registry.releases import mainline
from registry.releases.ledger import Releases
from registry.specs import models
from registry.specs.models import Model


def base(root: Path) -> str:
    """Return the commit at which what is checked out left main."""
    main = mainline.find(root)
    refs = sorted(ref for ref in main.branches if ref.endswith(f"/{main.name}"))
    if not refs:
        raise refuse("--base", "is needed, since this clone has no main: name the commit to compare with")
    return git.run(root, "merge-base", refs[-1], "HEAD").strip()


def gather(root: Path, base: str, folder: Path, releases: Releases, facts: Facts) -> Checked:
    """Return what is to be told of a branch that is checked out, whose candidates lie in a folder."""
    places, problems = manifests.load_all(root)
    raise_all(problems)
    found = scope.find(root, base, models.load(root, []), releases)
    touched = git.changed_since(root, base)
    states = dict(zip(touched, _states(root, base, touched), strict=True))
    changed = {place: _content(root / place) for place in touched if findings.is_document(place)}
    reports, missing = _reports(folder, found.build)
    known = Known(
        places=_before(root, base, places),
        thresholds=lambda model: models.thresholds_at(root, base, model),
        releases=releases,
        facts=facts,
        content=partial(git.find, root, base),
        pinned=lambda place, model: promotion.pinned_before(root, place, model, base),
    )
    return replace(findings.compose(states, changed, reports, missing, known), commit=git.head(root), is_hosted=False)


def _states(root: Path, base: str, touched: Iterable[str]) -> Iterator[str]:
    there = git.objects(root, [f"{base}:{path}" for path in touched])
    for path, before in zip(touched, there, strict=True):
        yield findings.REMOVED if not (root / path).exists() else "modified" if before else "added"


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _before(root: Path, base: str, places: Mapping[str, Environment]) -> dict[str, Environment]:
    """Return the environments that the base has, too, with what they pin there."""
    there = git.objects(root, [f"{base}:{manifests.FOLDER}/{name}.yaml" for name in places])
    old = (place for place, found in zip(places.values(), there, strict=True) if found)
    return {place.name: replace(place, pins=manifests.pins_at(root, base, place.name)) for place in old}


def _reports(folder: Path, those: Iterable[Model]) -> tuple[list[dict], list[Job]]:
    """Return the reports of the models that a branch builds, and a line for each that is missing or of another recipe."""
    found, missing = [], []
    for model in those:
        try:
            report = candidates.read(folder, model.name).report
            _hold(report, model)
            found.append(report)
        except RegistryError as error:
            missing.append(Job(f"report of {model.name}", str(error)))
    return found, missing


def _hold(report: Mapping, model: Model) -> None:
    """Raise RegistryError where a report is of another recipe than the one that is checked out."""
    differ = reporting.unlike(report, model.spec)
    if report["fingerprint"] != model.fingerprint:
        differ.append("fingerprint")
    if differ:
        raise refuse(model.place, f"{listed(differ)} changed since the candidate was built; build {model.name} again")
