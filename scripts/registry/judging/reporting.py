"""Reports: everything known about a candidate as one value."""

import os
import re
import statistics
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from registry import git
from registry.judging import verdicts
from registry.releases.changes import Change
from registry.specs import models, thresholds
from registry.specs.fingerprints import Difference
from registry.specs.models import Model

MOST_DIFFERENCES, LONGEST_VALUE = 10_000, 500
SPECIFIED = ("version", "task", "thresholds")
PLACE = re.compile(r"(?<![\w:/.~-])/(?:[^\s/'\":,;()]+/)*([^\s/'\":,;()]*)")
UNJUDGED = (ArithmeticError, LookupError, TypeError, ValueError)  # what thresholds raise that no spec can have


def compose(root: Path, change: Change, model: Model, trained: dict, folds: list[dict], assessed: dict) -> dict:
    """Return the report of a candidate: what it is, what changed, how it was made, how it did, and the verdict."""
    commit = git.head(root)
    facts = {
        "model": model.name,
        "version": model.version,
        "description": model.spec["description"],
        "owners": model.spec["owners"],
        "task": model.spec["task"],
        "fingerprint": model.fingerprint,
        "commit": commit,
        "clean": commit is not None and git.is_clean(root, model.place) and models.is_at(root, commit, model),
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": model.section("data"),
        **({"files": model.spec["inputs"]} if "inputs" in model.spec else {}),
        "training": model.spec["training"],
        "thresholds": model.spec["thresholds"],
        "accept": thresholds.accepted(model.spec),
        **({"card": model.spec["card"]} if "card" in model.spec else {}),
        "changes": changes(change),
        "cross_validation": cross_validation(folds),
    }
    report = facts | trained | _without_places(assessed)
    return report | judged(report)


def _without_places(assessed: dict) -> dict:
    """Return what was assessed without a machine's paths, which name its users: of a file only its name is told."""
    incumbent = assessed["incumbent"]
    if not incumbent or not incumbent.get("reason"):
        return assessed
    return assessed | {"incumbent": incumbent | {"reason": no_places(incumbent["reason"])}}


def no_places(text: str) -> str:
    """Return a text with each absolute path cut to its last part, and no home folder; addresses stay."""
    home = rf"{re.escape(os.path.expanduser('~'))}(?![\w.-])"
    return PLACE.sub(r"\1", re.sub(home, "", text))


def changes(change: Change) -> dict:
    """Return what changed since the last release, as a report has it."""
    return {"since": change.since, "differences": [_short(one) for one in change.differences[:MOST_DIFFERENCES]]}


def _short(difference: Difference) -> dict:
    """A list of a thousand layers would fill the report; its beginning says which list it is."""
    texts = asdict(difference)
    return {name: text and text[:LONGEST_VALUE] + "…" * (len(text) > LONGEST_VALUE) for name, text in texts.items()}


def judged(report: dict) -> dict:
    """Return what follows from a report's metrics and thresholds: the judgements and the verdict."""
    judgements = verdicts.judge(report, report["thresholds"], report["task"])
    return {"judgements": [_plain(one) for one in judgements], "verdict": verdicts.overall(judgements)}


def follows(report: dict) -> bool:
    """Say whether a report's verdict is the one that its metrics and thresholds give."""
    try:
        return all(report[name] == value for name, value in judged(report).items())
    except UNJUDGED:
        return False


def verdict(report: dict) -> str | None:
    """Return the verdict that a report's metrics and thresholds give, None where no spec can have those thresholds.

    Of an older release the words of its judgements may be others than those of today.
    """
    try:
        return verdicts.overall(verdicts.judge(report, report["thresholds"], report["task"]))
    except UNJUDGED:
        return None


def unlike(report: Mapping, spec: Mapping) -> list[str]:
    """Return what a report does not have as a spec says it: a version, its task, its thresholds, what it accepts."""
    found = [name for name in SPECIFIED if report[name] != spec.get(name)]
    return [*found, *(["accept"] if report.get("accept", []) != thresholds.accepted(spec) else [])]


def cross_validation(folds: list[dict]) -> dict | None:
    """Return each metric's values over the folds, their mean and standard deviation, or None without folds."""
    return {name: _spread([fold[name] for fold in folds]) for name in folds[0]} if folds else None


def _spread(values: list[float | None]) -> dict:
    if None in values:
        return {"values": values, "mean": None, "std": None}
    return {"values": values, "mean": statistics.fmean(values), "std": statistics.stdev(values)}


def _plain(judgement: verdicts.Judgement) -> dict:
    return asdict(judgement) | {"place": list(judgement.place)}
