"""Two released versions scored again, side by side, on held-out rows that neither was trained on. No model code runs here."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from registry.artifacts import inference
from registry.errors import refuse
from registry.examining import assessment, measuring
from registry.examining.assessment import Other
from registry.loading.rows import Part
from registry.scoring import scorecard
from registry.scoring.costs import Costs
from registry.scoring.marking import Answers

CANNOT, INSTEAD = "can't be scored on the rows that are held out today", "compare them without --rescore"


def rescore(place: str, task: str, held_out: Part, old: dict, new: dict, asked: Mapping) -> dict:
    """Return metrics and evidence of both, and evidence of how the new one differs; each has `version`, `tar` and `artifact`.

    `rows` is how many count; `is_known` says whether both artifacts tell which rows they were trained on. Raises
    RegistryError where one can't be run on these rows.
    """
    evaluated = asked["evaluation"]
    with tempfile.TemporaryDirectory() as scratch:
        question = assessment.pose(task, held_out, evaluated)
        ran = [assessment.run(question, Path(scratch, str(at)), one, held_out) for at, one in enumerate((new, old))]
        team = measuring.Team(**asked["team"]) if asked.get("team") else None
        rows = assessment.rows(question, held_out, evaluated, team)
        _check_run(place, ran)
        common = np.intersect1d(*(one.new for one in ran))
        if not len(common):
            raise refuse(place, f"{CANNOT}: each is known to one of both versions; {INSTEAD}")
        mine, theirs = (Answers(rows, one.outputs).few(common) for one in ran)
        repeats = inference.latencies_ms([served for one in ran for served in one.served], held_out.features)
        costs = Costs(repeats, [size for one in ran for size in one.sizes])
        return {
            "rows": len(common),
            "is_known": all(one.told["rows"] is not None for one in ran),
            "own_metrics": mine.own,
            "new": _scored(mine, costs, 0),
            "old": _scored(theirs, costs, 1),
            "differences": scorecard.compared(mine, theirs)["evidence"] | costs.differences,
        }


def _check_run(place: str, ran: Sequence[Other]) -> None:
    """Raise RegistryError where a version could not be run, or answers what is no number."""
    for one in ran:
        reason = one.told["reason"]
        if reason is None and not all(np.isfinite(outputs).all() for outputs in one.outputs):
            reason = "some answers are no finite numbers"
        if reason:
            raise refuse(f"{place} {one.told['version']}", f"{CANNOT}: {reason}; {INSTEAD}")


def _scored(answers: Answers, costs: Costs, version: int) -> dict:
    found = scorecard.whole(answers)
    return {
        "metrics": found["metrics"] | costs.of(version),
        "evidence": found["evidence"] | costs.evidence(version),
    }
