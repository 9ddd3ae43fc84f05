"""The parts that pages, comments and model cards are made of: Markdown from a report. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress

from registry.formats import charts
from registry.formats.markdown import (
    MOST_ROWS,
    alert,
    bulleted,
    code,
    fence,
    link,
    number,
    table,
    text,
)
from registry.github import parts
from registry.github.sites import Site
from registry.showing import asides, plots, tabular
from registry.showing.summary import Summary
from registry.showing.tabular import Row
from registry.specs import sources
from registry.tasks import measures

MOST_REASONS, MOST_MISTAKES = 10, 10
BREAK = "<br>"
PLOTS = "plots"


def headline(told: Summary) -> str:
    """Return the alert that comes first, in the colour of what it says."""
    return alert(told.kind, *claimed(told))


def claimed(told: Summary) -> list[str]:
    """Return what an alert says: verdict and comparison, then the reasons, worst first."""
    measured = f": {text(told.measured)}" if told.measured else ""
    reasons = bulleted([text(one, most=600) for one in told.reasons], MOST_REASONS)
    return [f"**{text(told.claim)}**{measured}", *([reasons] if reasons else [])]


def overview(those: Sequence[tuple[Mapping, Summary]], total: int) -> str:
    """Return a table of many models, each with its verdict, how it is to the version before, and why."""
    rows = []
    for report, told in those:
        named = f"**{tabular.MARKS[told.verdict]}** {text(report['model'])} {report['version']}"
        how = ", ".join(filter(None, (told.verdict, text(told.relation))))
        rows.append((_lines(named, how), text(told.because or "-")))
    return table(("model", "because"), rows, len(rows), total)


def metrics(told: Summary) -> str:
    """Return a table of what was asked, worst first: new, old and change, each with its bounds, and the limits."""
    return _table(told.rows, told.before)


def others(told: Summary) -> str:
    """Return the same table of the metrics that nobody asked about."""
    return _table(told.others, told.before) if told.others else ""


def _table(rows: Sequence[Row], before: str) -> str:
    """Four columns: GitHub's room around each cell leaves a phone no more. New and old take two lines, for the bounds."""
    heads = ["metric", "new", f"old ({text(before)}), change", "asked"]
    shown = [[_marked(row), _lines(row.new, row.bounds), _lines(row.old, _changed(row)), _lines(*map(text, row.asked))]
             for row in rows]  # fmt: skip
    kept = [True, True, bool(before), any(row.asked for row in rows)]
    return table([*compress(heads, kept)], [[*compress(cells, kept)] for cells in shown])


def recorded(rows: Sequence[Row]) -> str:
    """Return a table of a released version's values beside other limits than it was released by."""
    shown = [[_marked(row), _lines(row.new, row.bounds), _lines(*map(text, row.asked))] for row in rows]
    return table(("metric", "recorded", "asked"), shown)


def _marked(row: Row) -> str:
    return f"**{row.mark}** {text(row.metric)}" if row.mark else text(row.metric)


def _changed(row: Row) -> str:
    return f"{row.change} ({row.spread})" if row.spread else row.change


def _lines(*those: str) -> str:
    return BREAK.join(one for one in those if one not in ("", "-")) or "-"


def noted(told: Summary) -> str:
    """Return what a reviewer should know besides: who accepted what, which slice lost most, and what a task has to tell."""
    lost = [f"Lost most: {text(told.lost)}."] if told.lost else []
    notes = [" ".join(map(text, told.notes))] if told.notes else []
    return "\n\n".join([*(f"**Accepted**: {text(one, 1000)}" for one in told.accepted[:MOST_REASONS]), *lost, *notes])


def judged_by(told: Summary) -> str:
    """Return what the verdict rests on besides the thresholds, and what so many rows can tell, and what not."""
    return bulleted([text(one) for one in (*told.held_by, *told.operating, *told.untold)], MOST_ROWS)


def folded(report: Mapping, told: Summary) -> Iterator[tuple[str, str, int]]:
    """Yield what is for whoever doubts the verdict: what it is, its Markdown, empty where nothing is to tell, its worth."""
    yield "other metrics", others(told), 50
    yield "slices", slices(report), 45
    yield PLOTS, plotted(report), 20
    yield "cross-validation", cross_validation(report), 30
    yield "calibration", calibration(report), 25
    yield "residuals", residuals(report), 25
    yield "clusters", asides.clusters(report), 25
    yield "confusion: which class was taken for which", confusion(report), 25
    yield "how sure the gate is", judged_by(told), 35


def changes(report: Mapping, most: int = MOST_ROWS) -> str:
    """Return what changed in the spec since the last release."""
    found = report.get("changes") or {"since": None, "differences": []}
    if found["since"] is None:
        return "This is the first release: there is nothing to compare with."
    if not found["differences"]:
        return f"Nothing that decides the trained bytes changed since {code(found['since'])}."
    differences = found["differences"]
    rows = [(code(one["field"], 100), *values(one["old"], one["new"])) for one in differences[:most]]
    return table((f"since {code(found['since'])}", "before", "now"), rows, most, len(differences))


def values(old: str | None, new: str | None) -> tuple[str, str]:
    """Return what stood before and stands now; of files, whose digests tell people nothing, whether they are there."""
    if _is_digest(old) and _is_digest(new):
        return "there", "changed"
    words = ("-", "new") if _is_digest(new) else ("there", "removed") if _is_digest(old) else None
    return words or tuple("-" if value is None else code(value, 100) for value in (old, new))


def _is_digest(value: str | None) -> bool:
    return value is not None and len(value) == 64 and set(value) <= set("0123456789abcdef")


def cross_validation(report: Mapping) -> str:
    """Return each metric's mean and deviation over the folds."""
    found = report["cross_validation"] or {}
    rows = [
        (text(tabular.named(measures.titled(report, name))), *tabular.over_folds(one)) for name, one in found.items()
    ]
    folds = max((len(one["values"]) for one in found.values()), default=0)
    return table((f"metric over {folds} folds", "mean", "standard deviation"), rows) if found else ""


def slices(report: Mapping) -> str:
    """Return for each metric that is judged by slices a table of them, those that lack most first."""
    return "\n\n".join(filter(None, (_slices(report, metric) for metric in plots.drawn(report))))


def _slices(report: Mapping, metric: str) -> str:
    more_is_better = measures.of_report(report)[metric].more_is_better
    those = plots.worst_first(report, metric)
    version = (report["incumbent"] or {}).get("version")
    rows = []
    for one in those[:MOST_ROWS]:
        new, bounds, old, change, spread = tabular.of_slice(one, metric).texts(more_is_better, ())
        compared = [_lines(old, f"{change} ({spread})" if spread else change)] if version else []
        rows.append([text(one.name), _lines(new, bounds), *compared, "-" if one.rows is None else f"{one.rows:,}"])
    heads = [
        "slice",
        measures.titled(report, metric),
        *([f"old ({version}), change"] if version else []),
        measures.units(report["task"]),
    ]
    return table(heads, rows, total=len(those)) if rows else ""


def plotted(report: Mapping) -> str:
    """Return what can be drawn of a report, each with what its colours mean."""
    return "\n\n".join(f"{charts.mermaid(one)}\n\n{charts.told(one)}" for one in plots.charts(report))


def calibration(report: Mapping) -> str:
    """Return how often the model was right, by how sure it said it was."""
    bins = (report.get("calibration") or {"bins": []})["bins"]
    rows = [(f"{one['low']:g} to {one['high']:g}", number(one["predicted"], digits=3), number(one["observed"], digits=3),
             f"{one['rows']:,}") for one in bins if one["rows"]]  # fmt: skip
    return table(("sure by", "promised", "was right", "rows"), rows) if rows else ""


def residuals(report: Mapping) -> str:
    """Return how far off the answers were, by what was answered."""
    bins = (report.get("residuals") or {"bins": []})["bins"]
    rows = [(f"{number(one['low'])} to {number(one['high'])}", number(one["mean"], digits=3),
             f"{number(one['low_residual'], digits=3)} to {number(one['high_residual'], digits=3)}", f"{one['rows']:,}")
            for one in bins if one["rows"]]  # fmt: skip
    return table(("predicted", "off by, mean", "90 % of the rows", "rows"), rows) if rows else ""


def confusion(report: Mapping) -> str:
    """Return which class was taken for which, the most frequent mistakes first."""
    matrix = report["confusion"] or []
    found = [(count, label, other) for label, row in enumerate(matrix) for other, count in enumerate(row)
             if count and label != other]  # fmt: skip
    worst = sorted(found, key=lambda one: (-one[0], *one[1:]))
    rows = [(str(label), str(other), f"{count:,} of {sum(matrix[label]):,}")
            for count, label, other in worst[:MOST_MISTAKES]]  # fmt: skip
    return table(("is", "taken for", "rows"), rows, MOST_MISTAKES, len(worst)) if worst else ""


def origin(report: Mapping, site: Site | None = None, pull: int | None = None) -> str:
    """Return a list of where a version comes from: of digests a table would be wider than a phone."""
    commit = report["commit"] and link(code(report["commit"]), site and site.commit(report["commit"]))
    clean = "" if report["clean"] else ", with uncommitted changes"
    training = (f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in report["training"].items())
    tools = (f"{name} {version}" for name, version in sorted(report["tools"].items()))
    rows = [
        ("commit", f"{commit or 'none'}{clean}"),
        *([("pull request", link(str(pull), site and site.pull(pull)))] if pull else []),
        ("fingerprint", code(report["fingerprint"])),
        *((".".join(place), _source(source)) for place, source in sources.of_rows(report).items()),
        *((f"inputs.{name}", _source(source)) for name, source in report.get("files", {}).items()),
        (
            "rows",
            of_rows(**report["rows"], units=measures.units(report["task"]), is_apart=sources.is_apart(report["data"])),
        ),
        ("training", text(", ".join(training), 1000)),
        ("artifact", f"{code(report['artifact']['name'])}, SHA-256 {code(report['artifact']['sha256'])}"),
        *([("golden predictions", _golden(report["golden"]))] if "golden" in report else []),
        *([("record of the rows", _trained(report["trained"]))] if "trained" in report else []),
        ("weights", f"SHA-256 {code(report['weights_sha256'])}"),
        *([("judged by", _runtimes(report["runtimes"]))] if "runtimes" in report else []),
        ("LiteRT", text(report["lite"]["reason"])),
        *([("trained on", _machines(**report["trained_on"]))] if report.get("trained_on", {}).get("devices") else []),
        ("tools", text(", ".join(tools), 1000)),
        ("built", code(report["built"])),
    ]
    return bulleted([f"**{name}**: {told}" for name, told in rows], len(rows))


def _source(source: Mapping) -> str:
    return f"{code(source.get('path') or source.get('url') or source.get('package'))}, SHA-256 {code(source['sha256'])}"


def of_rows(train: int, holdout: int, shared: int = 0, near: int | None = None, *, units: str, is_apart: bool) -> str:
    whose = "" if is_apart else ", of another group"
    same = f"; {shared:,} of these equal one for training{whose}" if shared else ""
    alike = f"; {near:,} of these nearly equal one for training" if near else ""
    persons = f" {units}" * (units != "rows")
    return f"{train:,} for training, {holdout:,}{persons} held out{same}{alike}"


def _runtimes(runtimes: Mapping) -> str:
    """Return what each runtime reached: every metric of the report is of the worst of them."""
    reached = ((kind, next(iter(sorted(scores.items())))) for kind, scores in sorted(runtimes.items()))
    return ", ".join(f"{kind} ({name} {'-' if value is None else number(value)})" for kind, (name, value) in reached)


def _machines(devices: list[str], workers: int, *, resumed: bool) -> str:
    names = Counter(devices)
    told = ", ".join(f"{count} × {name}" if count > 1 else name for name, count in names.items())
    others = f" on each of {workers} machines together" if workers > 1 else ""
    again = "; it went on where a training was ended, so one in a piece may give other weights" if resumed else ""
    return f"{text(told, 500)}{others}{again}"


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
