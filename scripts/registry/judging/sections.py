"""The parts that pages, comments and model cards are made of: Markdown from a report. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence

from registry.formats.markdown import MOST_ROWS, bars, code, curve, fence, link, number, table, text
from registry.github import parts
from registry.github.sites import Site
from registry.judging import subjects, verdicts
from registry.specs import sources, thresholds

MOST_REASONS = 10
MOST_BARS = 30  # more are not told apart
WIDTH = 120  # characters of all labels below a chart; more overlap
WORST_FIRST = (verdicts.FAIL, verdicts.CANNOT_TELL, verdicts.PASS)
DIGEST = 12


def reasons(report: Mapping) -> list[str]:
    """Return why the verdict is what it is: all that failed, else what can't be told, else the first that was asked."""
    for verdict in WORST_FIRST[:2]:
        if found := [text(one["reason"]) for one in report["judgements"] if one["verdict"] == verdict]:
            return found
    asked = [one for one in report["judgements"] if one["place"][0] == "thresholds"]
    return [text(one["reason"]) for one in (asked or report["judgements"])[:1]]


def requirement(report: Mapping) -> str:
    """Return why the verdict is what it is, in one line."""
    found = reasons(report)
    return f"{''.join(found[:1])}{f' (and {len(found) - 1} more)' if len(found) > 1 else ''}"


def because(report: Mapping) -> str:
    """Return why the verdict is what it is, in a line for each reason."""
    found, told = reasons(report), dropped(report)
    if len(found) + len(told) < 2:
        return requirement(report)
    more = [f"and {len(found) - MOST_REASONS} more"] if len(found) > MOST_REASONS else []
    return "\n".join(f"- {reason}" for reason in [*found[:MOST_REASONS], *more, *told[:MOST_REASONS]])


def dropped(report: Mapping) -> list[str]:
    """Return what was asked and does not count, with the reason: comparisons with an incumbent that was not scored."""
    if (report.get("incumbent") or {"metrics": {}})["metrics"] is not None:
        return []
    compared = [one for one in report["judgements"] if one["place"][-1] == "max_drop"]
    return [text(one["reason"]) for one in compared if one["verdict"] == verdicts.PASS]


def metrics(report: Mapping, earlier: Mapping | None = None) -> str:
    """Return a table of each metric beside what was asked, the version before and the change, worst verdict first.

    The version before is the report's incumbent, scored on the same rows; what it lacks comes from `earlier`, the
    report of the release before, and that stands in for the whole where there is no incumbent.
    """
    version, old = before(report, earlier)
    incumbent = report.get("incumbent") or {}
    same = incumbent.get("candidate") or {}
    directions = directed(report["task"])
    rows = []
    for name, metric, value, asked, verdict in _asked(report):
        digits = thresholds.digits(metric)
        cells = [text(name), number(value, *_bounds(report, metric, directions), digits=digits), text(asked), verdict]
        now = same.get(metric, value)  # what the version before has a value for
        found = compared(metric, old.get(metric) if name == metric else None, now, directions.get(metric))
        more = [found[1], found[3]] if version else []
        rows.append([*cells[:3], *more, cells[3]])
    fewer = incumbent.get("rows") not in (None, report["rows"]["holdout"])
    where = f" on {incumbent['rows']:,} rows new to it" if fewer else ""
    head = f"{version}{where if incumbent.get('metrics') else ' as recorded'}"
    heads = ["metric", "value", "asked", *([text(head), "change"] if version else []), "verdict"]
    return table(heads, rows)


def _bounds(report: Mapping, metric: str, directions: Mapping) -> list[float]:
    """Return the values that a metric may just have: rounding must not hide on which side of them it lies."""
    threshold = report["thresholds"].get(metric, {})
    old = ((report.get("incumbent") or {}).get("metrics") or {}).get(metric)
    drop = threshold.get("max_drop", 0) * (-1 if directions.get(metric) else 1)
    worst = [round(old + drop, 12)] if old is not None and drop else []
    return [threshold[kind] for kind in ("min", "max") if kind in threshold] + worst


def before(report: Mapping, earlier: Mapping | None) -> tuple[str | None, Mapping]:
    """Return the version before a report's and its metrics, or None and nothing."""
    incumbent = report.get("incumbent")
    version = (incumbent or earlier or {}).get("version")
    recorded = earlier["metrics"] if earlier and earlier["version"] == version else {}
    return version, {**recorded, **((incumbent or {}).get("metrics") or {})}


def directed(task: str) -> dict[str, bool | None]:
    """Return the metrics of a task and whether more is better; None for latency, which no two machines share."""
    return thresholds.metrics(task) | {"latency_ms": None}


def compared(metric: str, old: float | None, new: float | None, more_is_better: bool | None) -> tuple[str, ...]:
    """Return a metric's name, its old and its new value, and how it changed, as people read them."""
    digits = thresholds.digits(metric)
    was, now = number(old, digits=digits), number(new, digits=digits)
    return metric, was, now, change(new, old, more_is_better, digits)


def change(new: float | None, old: float | None, more_is_better: bool | None, digits: int = 4) -> str:
    """Return how a value changed, and whether that is better: `+0.0051, better`."""
    if new is None or old is None:
        return "-"
    if number(new, digits=digits) == number(old, digits=digits):
        return "none"
    sign = "+" if new > old else "-"
    words = "" if more_is_better is None else ", better" if (new > old) == more_is_better else ", worse"
    return f"{sign}{number(abs(new - old), digits=digits)}{words}"


def _asked(report: Mapping) -> list[tuple[str, str, float | None, str, str]]:
    """Return a row a judged value, worst verdict first, then the metrics that nobody asked about."""
    rows: dict[str, list] = {}
    for one in report["judgements"]:
        metric = one["place"][1] if one["place"][0] == "thresholds" and len(one["place"]) > 1 else ""
        row = rows.setdefault(one["name"], [one["name"], metric, one["value"], [], []])
        row[3].append(one["asked"])
        row[4].append(one["verdict"])
    found = [(name, metric, value, "; ".join(asked), min(these, key=WORST_FIRST.index))
             for name, metric, value, asked, these in rows.values()]  # fmt: skip
    found.sort(key=lambda row: (WORST_FIRST.index(row[4]), not row[1]))
    return found + [(name, name, value, "", "") for name, value in report["metrics"].items() if name not in rows]


def changes(report: Mapping, most: int = MOST_ROWS) -> str:
    """Return what changed in the spec since the last release."""
    found = report.get("changes") or {"since": None, "differences": []}
    if found["since"] is None:
        return "This is the first release: there is nothing to compare with."
    if not found["differences"]:
        return f"Nothing that decides the trained bytes changed since {code(found['since'])}."
    differences = found["differences"]
    rows = [(code(one["field"], 100), *_values(one["old"], one["new"])) for one in differences[:most]]
    return table((f"since {code(found['since'])}", "before", "now"), rows, most, len(differences))


def _values(old: str | None, new: str | None) -> tuple[str, str]:
    """Return what stands before and now. Files have digests, which tell people no more than that they differ."""
    if _is_digest(old) and _is_digest(new):
        return code(old[:DIGEST]), f"{code(new[:DIGEST])}, changed"
    words = ("-", "new") if _is_digest(new) else ("there", "removed") if _is_digest(old) else None
    return words or tuple("-" if value is None else code(value, 100) for value in (old, new))


def _is_digest(value: str | None) -> bool:
    return value is not None and len(value) == 64 and set(value) <= set("0123456789abcdef")


def cross_validation(report: Mapping) -> str:
    """Return each metric's mean and deviation over the folds."""
    found = report["cross_validation"] or {}
    rows = [(text(name), number(one["mean"]), number(one["std"])) for name, one in found.items()]
    folds = max((len(one["values"]) for one in found.values()), default=0)
    return table((f"metric over {folds} folds", "mean", "standard deviation"), rows) if found else ""


def plots(report: Mapping) -> str:
    """Return what can be drawn of a report: recall by label, and the folds of the first metric."""
    return "\n\n".join(filter(None, (recall_chart(report["slices"]), folds_chart(report))))


def recall_chart(slices: Mapping) -> str:
    """Return a chart of the recall of each label; of many labels the worst."""
    those = [one for one in subjects.slices({"slices": slices}) if one.is_class]
    recalls = {one.name.split()[1]: one.metrics["recall"] for one in those if one.metrics.get("recall") is not None}
    if not recalls:
        return ""
    most = min(MOST_BARS, max(3, WIDTH // (1 + min(20, max(map(len, recalls))))))
    worst = sorted(recalls, key=recalls.get)[:most]
    shown = [label for label in recalls if label in set(worst)]
    which = f", the {most} worst of {len(recalls):,}" if len(recalls) > most else ""
    return bars(f"recall by label{which}", shown, [recalls[label] for label in shown], 1)


def folds_chart(report: Mapping) -> str:
    """Return a chart of the first metric over the folds."""
    name, found = next(iter((report["cross_validation"] or {}).items()), ("", {"values": []}))
    values = found["values"]
    if not values or not all(value is not None and abs(value) <= 1e9 for value in values):
        return ""
    return curve(f"{name} by fold", range(1, len(values) + 1), values)


def confusion(report: Mapping) -> str:
    """Return how often a row of one class was taken for another."""
    matrix = report["confusion"] or []
    rows = [(f"**{label}**", *(f"{count:,}" if count else "·" for count in row)) for label, row in enumerate(matrix)]
    return table(("is \\ taken for", *map(str, range(len(matrix)))), rows) if matrix else ""


def origin(report: Mapping, site: Site | None = None, pull: int | None = None) -> str:
    """Return a table of where a version comes from."""
    commit = report["commit"] and link(code(report["commit"]), site and site.commit(report["commit"]))
    clean = "" if report["clean"] else ", with uncommitted changes"
    training = (f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in report["training"].items())
    tools = (f"{name} {version}" for name, version in sorted(report["tools"].items()))
    rows = [
        ("commit", f"{commit or 'none'}{clean}"),
        *([("pull request", link(str(pull), site and site.pull(pull)))] if pull else []),
        ("fingerprint", code(report["fingerprint"])),
        *((".".join(place), _source(source)) for place, source in sources.of(report).items()),
        ("rows", _rows(**report["rows"], is_apart=sources.is_apart(report["data"]))),
        ("training", text(", ".join(training), 1000)),
        ("artifact", f"{code(report['artifact']['name'])}, SHA-256 {code(report['artifact']['sha256'])}"),
        *([("golden predictions", _golden(report["golden"]))] if "golden" in report else []),
        *([("record of the rows", _trained(report["trained"]))] if "trained" in report else []),
        ("weights", f"SHA-256 {code(report['weights_sha256'])}"),
        *([("judged by", _runtimes(report["runtimes"]))] if "runtimes" in report else []),
        ("LiteRT", text(report["lite"]["reason"])),
        ("tools", text(", ".join(tools), 1000)),
        ("built", code(report["built"])),
    ]
    return table(("", ""), rows)


def _source(source: Mapping) -> str:
    return f"{code(source.get('path') or source.get('url') or source.get('package'))}, SHA-256 {code(source['sha256'])}"


def _rows(train: int, holdout: int, shared: int = 0, near: int | None = None, *, is_apart: bool) -> str:
    whose = "" if is_apart else ", of another group"
    same = f"; {shared:,} of these equal one for training{whose}" if shared else ""
    alike = f"; {near:,} of these nearly equal one for training" if near else ""
    return f"{train:,} for training, {holdout:,} held out{same}{alike}"


def _runtimes(runtimes: Mapping) -> str:
    """Return what each runtime reached: every metric of the report is of the worst of them."""
    reached = ((kind, next(iter(sorted(scores.items())))) for kind, scores in sorted(runtimes.items()))
    return ", ".join(f"{kind} ({name} {'-' if value is None else number(value)})" for kind, (name, value) in reached)


def _golden(golden: Mapping) -> str:
    digest = f", SHA-256 {code(golden['sha256'])}" if "sha256" in golden else ""
    return f"{golden['rows']} rows in the artifact{digest}, {golden['size']:,} bytes that size_mb does not count"


def _trained(trained: Mapping) -> str:
    return f"{trained['kind']} for training, by their hashes, {trained['size']:,} bytes that size_mb does not count"


def tensors(those: Iterable[Mapping]) -> str:
    """Return inputs or outputs as people read them: `image` float32 rows×28×28×1."""
    shown = [f"{code(one['name'], 60)} {text(one['dtype'])} {_shape(one['shape'])}" for one in those]
    return ", ".join([*shown[:8], *([f"and {len(shown) - 8} more"] if len(shown) > 8 else [])]) or "-"


def _shape(shape: Sequence[int | None]) -> str:
    return "×".join("rows" if size is None and not place else str(size or "any") for place, size in enumerate(shape))


def verify(artifact: Mapping) -> str:
    """Return the command that checks an artifact; one that is too large for one asset is put together first."""
    name, sha256 = artifact["name"], artifact["sha256"]
    join = f"cat {name}.part-* > {name} && " if artifact["size"] > parts.LARGEST else ""
    return f"{join}echo '{sha256}  {name}' | sha256sum --check"


def command(*lines: str) -> str:
    """Return commands to paste."""
    return fence("\n".join(lines), "sh")
