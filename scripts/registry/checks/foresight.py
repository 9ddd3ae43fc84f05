"""What a model's held-out rows can't decide, told from its last report that lies on this machine."""

from collections.abc import Iterator
from pathlib import Path

from registry.errors import Problem, RegistryError
from registry.formats import documents
from registry.releases import folder, ledger
from registry.releases.ledger import Releases
from registry.specs.models import Model

REPORT = "candidates/{}/report.json"  # judging.candidates knows it too, and takes long to import


def problems(root: Path, model: Model, known: Releases) -> Iterator[Problem]:
    """Yield the thresholds of a version to come that rows like the last ones would leave undecided.

    Nothing is known where no report lies here; one that is damaged is told by the verbs that use it.
    """
    if ledger.find(known.get(model.name, []), model.version):
        return
    try:
        report = _last(root, model, known)
    except RegistryError:
        return
    if report and report["task"] == model.spec["task"]:
        from registry.judging import forecasts

        for one in forecasts.undecided(report, model.thresholds, report["task"]):
            yield model.document.problem(f"{one.text}; ask for what they can tell, or hold out more", *one.place)


def _last(root: Path, model: Model, known: Releases) -> dict | None:
    """Return the report of the last candidate, else of the newest release."""
    place = REPORT.format(model.name)
    if (root / place).is_file():
        return documents.load_json(root / place, "report", place, "")
    newest = ledger.newest(known.get(model.name, []))
    facts = newest and folder.FolderStore(root, root / folder.FOLDER).facts(newest.tag)
    return facts and facts["report"]
