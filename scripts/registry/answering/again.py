"""Two released versions fetched, and scored again on the rows that are held out today; nothing is trained."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from registry import console, files, versions
from registry.answering import reached
from registry.answering.known import Known
from registry.answering.reached import Figure, Pair
from registry.artifacts.archive import Artifact
from registry.learning import briefing, building
from registry.releases.ledger import Release
from registry.releases.storage import Store
from registry.showing import tabular
from registry.specs import models
from registry.specs.models import Model
from registry.workers.processes import Workers


def score(root: Path, store: Store, old: Known, new: Known) -> dict:
    """Return what `rescore` of the judge does for two versions, by the model's folder as it lies here.

    Raises RegistryError where an artifact can't be had, or one of them can't be run on today's rows.
    """
    (model,) = models.load(root, [new.release.model])
    with tempfile.TemporaryDirectory() as scratch:
        both = [_fetched(store, one.release, Path(scratch)) for one in (old, new)]
        with building.workplace(root, model) as work, files.scratch(work / "rescored") as made:
            return _judged(root, model, both, work, made)


def _fetched(store: Store, release: Release, scratch: Path) -> dict:
    """Return a version with its artifact's file; the judge holds that against size and digest of the tag."""
    artifact = Artifact(versions.asset(release.model, release.version), release.size, release.sha256)
    tar = store.fetch(release.tag, artifact, scratch)
    return {"version": release.version, "tar": str(tar), "artifact": asdict(artifact)}


def _judged(root: Path, model: Model, both: list[dict], work: Path, made: Path) -> dict:
    rows, tars = building.fetch(root, model, ["load"]), [Path(one["tar"]) for one in both]
    pythons = briefing.own_python(model) | briefing.judges_python(tars)
    with (
        Workers(model.place, work, pythons) as workers,
        console.working("scoring both on the rows held out today") as show,
    ):
        workers.keep("judge", beneath=briefing.judges_packages(tars))
        examination = briefing.examination(model, work / "data", rows) | building.apart(model)
        briefing.make_rows(workers, model, examination, "held out", made / "rows", show)
        asked = {"evaluation": model.section("evaluation"), "team": briefing.team(model, made / "metrics")}
        job = {"place": model.place, "task": examination["task"], "rows": str(made / "rows"), "both": both}
        return {"task": examination["task"], **workers.run("judge", "rescore", job | {"asked": asked})}


def pairs(found: Mapping, new: Known) -> list[Pair]:
    """Return each metric of two versions as they were scored together."""
    better = tabular.directed(found)
    return [_pair(name, found, new, better.get(name)) for name in found["new"]["metrics"]]


def _pair(name: str, found: Mapping, new: Known, more_is_better: bool | None) -> Pair:
    before, after = (_figure(name, found[which]) for which in ("old", "new"))
    change = None if None in (before.value, after.value) else after.value - before.value
    spread = tabular.bounds({"evidence": found["differences"]}, name, change)
    return Pair(name, reached.title(new, name), before, after, change, spread, more_is_better)


def _figure(name: str, scored: Mapping) -> Figure:
    value = scored["metrics"].get(name)
    return Figure(value, tabular.bounds(scored, name, value))
