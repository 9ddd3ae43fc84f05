"""Reports: everything known about a candidate as one value, and as a page for people."""

import platform
import statistics
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from registry import git, verdicts
from registry.artifacts import Artifact
from registry.changes import Change
from registry.fingerprints import Difference
from registry.models import Model

MOST_DIFFERENCES, LONGEST_VALUE = 10_000, 500


def compose(
    root: Path, change: Change, model: Model, artifact: Artifact, trained: dict, folds: list[dict], assessed: dict
) -> dict:
    """Return the report of a candidate: what it is, what changed, how it was made, how it did, and the verdict."""
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
        "changes": {"since": change.since, "differences": [_short(one) for one in change.differences[:MOST_DIFFERENCES]]},
        "cross_validation": cross_validation(folds),
    }
    report = facts | trained | assessed
    report["tools"] = {"python": platform.python_version(), "machine": platform.machine(), **trained["tools"]}
    return report | judged(report)


def _short(difference: Difference) -> dict:
    """A list of a thousand layers would fill the report; its beginning says which list it is."""
    texts = asdict(difference)
    return {name: text and text[:LONGEST_VALUE] + "…" * (len(text) > LONGEST_VALUE) for name, text in texts.items()}


def judged(report: dict) -> dict:
    """Return what follows from a report's metrics and thresholds: the judgements and the verdict."""
    judgements = verdicts.judge(report, report["thresholds"], report["task"])
    return {"judgements": [_plain(one) for one in judgements], "verdict": verdicts.overall(judgements)}


def cross_validation(folds: list[dict]) -> dict | None:
    """Return each metric's values over the folds, their mean and standard deviation, or None without folds."""
    return {name: _spread([fold[name] for fold in folds]) for name in folds[0]} if folds else None


def _spread(values: list[float | None]) -> dict:
    if None in values:
        return {"values": values, "mean": None, "std": None}
    return {"values": values, "mean": statistics.fmean(values), "std": statistics.stdev(values)}


def _plain(judgement: verdicts.Judgement) -> dict:
    return asdict(judgement) | {"place": list(judgement.place)}


def page(report: dict) -> str:
    """Return the report as Markdown: the verdict first, then what it rests on."""
    parts = [
        f"# {report['model']} {report['version']}: {report['verdict']}\n\n{report['description']}",
        judgements_table(report),
        _cross_validation_section(report["cross_validation"]),
        recall_chart(report["slices"] or {}),
        _confusion_section(report["confusion"]),
        origin_section(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def judgements_table(report: dict) -> str:
    """Return a Markdown table of what was asked and what was found."""
    rows = [(one["name"], number(one["value"]), one["asked"], one["verdict"]) for one in report["judgements"]]
    judged = {one["name"] for one in report["judgements"]}
    rows += [(name, number(value), "", "") for name, value in report["metrics"].items() if name not in judged]
    return _table(("metric", "value", "asked", "verdict"), rows)


def recall_chart(slices: dict) -> str:
    """Return a Mermaid chart of the recall of each class, or nothing without classes."""
    if not slices:
        return ""
    labels = ", ".join(f'"{label}"' for label in slices)
    values = ", ".join(f"{part['recall']:.3f}" for part in slices.values())
    chart = f'xychart-beta\n  title "recall by label"\n  x-axis [{labels}]\n  y-axis 0 --> 1\n  bar [{values}]'
    return f"```mermaid\n{chart}\n```"


def number(value: float | None) -> str:
    """Return a metric as people read it; a missing one is a dash."""
    return "-" if value is None else f"{value:.4g}"


def _cross_validation_section(found: dict | None) -> str:
    if not found:
        return ""
    rows = [(name, number(one["mean"]), number(one["std"])) for name, one in found.items()]
    return "## Cross-validation\n\n" + _table(("metric", "mean", "standard deviation"), rows)


def _confusion_section(matrix: list[list[int]] | None) -> str:
    if not matrix:
        return ""
    rows = [(f"**{label}**", *(str(count or "·") for count in row)) for label, row in enumerate(matrix)]
    heads = ("is \\ taken for", *(str(label) for label in range(len(matrix))))
    return "## Confusion\n\n" + _table(heads, rows)


def origin_section(report: dict) -> str:
    """Return a Markdown table of where a version comes from."""
    tools = ", ".join(f"{name} {version}" for name, version in sorted(report["tools"].items()))
    source = report["data"].get("path") or report["data"].get("url") or report["data"].get("package")
    clean = "clean" if report["clean"] else "with uncommitted changes"
    rows = [
        ("commit", f"`{report['commit']}` ({clean})"),
        ("fingerprint", f"`{report['fingerprint']}`"),
        ("data", f"{source}, SHA-256 `{report['data']['sha256']}`"),
        ("rows", f"{report['rows']['train']:,} for training, {report['rows']['holdout']:,} held out"),
        ("training", ", ".join(f"{name} {value}" for name, value in report["training"].items())),
        ("artifact", f"{report['artifact']['name']}, SHA-256 `{report['artifact']['sha256']}`"),
        ("weights", f"SHA-256 `{report['weights_sha256']}`"),
        ("LiteRT", report["lite"]["reason"]),
        ("tools", tools),
    ]
    return "## How it was made\n\n" + _table(("", ""), rows)


def _table(heads: tuple, rows: list[tuple]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
