"""Reports: everything known about a candidate as one value, and as a page for people."""

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from registry import evaluation, git, verdicts
from registry.artifacts import Artifact
from registry.models import Model


def compose(root: Path, model: Model, artifact: Artifact, trained: dict, folds: list[dict], assessed: dict) -> dict:
    """Return the report of a candidate: what it is, how it was made, how it did, and the verdict."""
    facts = {
        "model": model.name,
        "version": model.version,
        "description": model.spec["description"],
        "owners": model.spec["owners"],
        "task": model.spec["task"],
        "fingerprint": model.fingerprint,
        "commit": git.head(root),
        "clean": git.is_clean(root, model.place),
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
        "artifact": asdict(artifact),
        "data": model.section("data"),
        "training": model.spec["training"],
        "thresholds": model.spec["thresholds"],
        "cross_validation": cross_validation(folds),
    }
    report = facts | trained | assessed
    report["tools"] = {"python": platform.python_version(), "machine": platform.machine(), **trained["tools"]}
    judgements = verdicts.judge(report, report["thresholds"], report["task"])
    return report | {"judgements": [_plain(one) for one in judgements], "verdict": verdicts.overall(judgements)}


def cross_validation(folds: list[dict]) -> dict | None:
    """Return each metric's values over the folds with their mean and spread, or None without folds."""
    return evaluation.spread(folds) if folds else None


def _plain(judgement: verdicts.Judgement) -> dict:
    return asdict(judgement) | {"place": list(judgement.place)}
