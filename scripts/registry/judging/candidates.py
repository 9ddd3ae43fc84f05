"""Candidates: what build made of a spec, in candidates/<model>/; not yet versions."""

from dataclasses import dataclass
from pathlib import Path

from registry import files, versions
from registry.artifacts.archive import Artifact
from registry.errors import Problem, refuse
from registry.formats import documents
from registry.judging import conditions, reporting, verdicts
from registry.specs.models import Model

FOLDER = "candidates"
REPORT, REPORT_PAGE, PLOTS = "report.json", "report.md", "report.svg"


@dataclass(frozen=True)
class Candidate:
    """A candidate's folder and its report."""

    folder: Path
    report: dict

    @property
    def artifact(self) -> Artifact:
        """The artifact's name, size and digest, as the report has them."""
        return Artifact(**self.report["artifact"])

    @property
    def tar(self) -> Path:
        """The artifact's file."""
        return self.folder / versions.asset(self.report["model"], self.report["version"])


def store(root: Path, made: Path, report: dict, page: str) -> Candidate:
    """Put a new candidate's report, and its page for people, beside its artifact, and all in place of the last candidate."""
    files.write(made / REPORT, documents.dump_json(report))
    files.write(made / REPORT_PAGE, page)
    folder = root / FOLDER / report["model"]
    files.put_folder(made, folder)
    files.remove(made)
    return Candidate(folder, report)


def load(root: Path, model: str) -> Candidate:
    """Return a model's candidate; raise RegistryError when there is none or its report is damaged."""
    return read(root / FOLDER, model)


def read(those: Path, model: str) -> Candidate:
    """Return a model's candidate among those in a folder; raise as `load` does."""
    folder = those / model
    place = f"{those.name}/{model}"
    if not folder.is_dir():
        raise refuse(place, f"holds no candidate; make one with `tox run -e build -- {model}`")
    report = documents.load_json(folder / REPORT, "report", f"{place}/{REPORT}", f"build {model} again")
    if report["model"] != model:
        raise refuse(f"{place}/{REPORT}", f"is the report of {report['model']}; build {model} again")
    if not reporting.follows(report):
        raise refuse(f"{place}/{REPORT}", f"has a verdict that does not follow from its metrics; build {model} again")
    return Candidate(folder, report)


def failures(model: Model, candidate: Candidate) -> list[Problem]:
    """Return what keeps a candidate from passing, each at the line of the spec that asks for it."""
    bad = [one for one in candidate.report["judgements"] if one["verdict"] != verdicts.PASS and not one["accepted"]]
    return [_problem(model, candidate.report, one) for one in bad]


def _problem(model: Model, report: dict, judgement: dict) -> Problem:
    """Return what a judgement says, at its line: of the spec, or of the model's own checks."""
    kind, *name = judgement["place"]
    if kind != conditions.CHECKS:
        return model.document.problem(judgement["reason"], *judgement["place"])
    line = next((one.get("line", 0) for one in report["checks"] if [one["name"]] == name), 0)
    return Problem(f"{model.place}/checks.py", line, "", judgement["reason"])
