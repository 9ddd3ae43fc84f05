"""What people are told of a report, as one value: comment, pages, job summaries and terminal draw from it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from registry.evidence import slices
from registry.evidence.claims import CANNOT_TELL, FAIL, PASS, is_number
from registry.formats.markdown import listed, number
from registry.judging import forecasts
from registry.showing import asides, plots, tabular
from registry.showing.tabular import Row, Value
from registry.tasks import measures

BETTER, WORSE, ALIKE = "better", "worse", "not told apart"
GREEN, BLUE, PURPLE, YELLOW, RED = "TIP", "NOTE", "IMPORTANT", "WARNING", "CAUTION"  # as GitHub calls its alerts
COLOURS = {RED: "red", YELLOW: "yellow", PURPLE: "magenta", BLUE: "blue", GREEN: "green"}  # worst first, of a terminal
STOPS = {FAIL: RED, CANNOT_TELL: YELLOW}
POINT = 0.01  # of a share


@dataclass(frozen=True)
class Summary:
    """What people are told, as plain text: first the claim and what was measured, then the reasons, worst first.

    `kind` is one of GitHub's alerts, and with it a colour; `relation` is that to the version before. `rows` are of what
    was asked, `others` of what was not, `before` the version that both are held against. `lost` is the slice that lost
    most, `held_by` what else the verdict rests on, `operating` how often the gate stops what is worse, `untold` which
    limits so many rows can't tell, and what would, `notes` what a task has to tell beside its metrics.
    """

    kind: str
    verdict: str
    relation: str
    claim: str
    measured: str
    reasons: Sequence[str]
    before: str
    rows: Sequence[Row]
    others: Sequence[Row]
    lost: str
    accepted: Sequence[str]
    held_by: Sequence[str]
    operating: Sequence[str]
    untold: Sequence[str]
    notes: Sequence[str] = ()

    @property
    def because(self) -> str:
        """The worst reason, and how many more there are; of a pass what was measured."""
        more = f" (and {len(self.reasons) - 1:,} more)" if len(self.reasons) > 1 else ""
        return f"{self.reasons[0]}{more}" if self.reasons else self.measured

    @property
    def headline(self) -> str:
        """The verdict and the comparison, in a line."""
        return f"{self.claim}: {self.measured}" if self.measured else self.claim


def summarize(report: Mapping, earlier: Mapping | None = None) -> Summary:
    """Return what people are told of a report; `earlier` is that of the release before, where there is no incumbent."""
    judgements, verdict, metric = report["judgements"], report["verdict"], leading(report)
    accepted = [one for one in judgements if one.get("accepted")]
    value = tabular.whole(report, metric, earlier) if metric else None
    compared = comparison(report, value)
    return Summary(
        kind=STOPS.get(verdict) or (PURPLE if accepted else _colour(report, compared)),
        verdict=verdict,
        relation=_relation(report, compared),
        claim=_claim(report, compared, accepted),
        measured=_measured(value, compared, tabular.old_version(report, earlier)) if value else "",
        reasons=reasons(report),
        before=tabular.old_version(report, earlier),
        rows=tabular.asked(report, earlier),
        others=tabular.unasked(report, earlier),
        lost=lost(report),
        accepted=[
            f"{one['reason']}; accepted by {one['accepted']['by']}: {one['accepted']['reason']}" for one in accepted
        ],
        held_by=[one["reason"] for one in judgements if not tabular.is_asked(one) and tabular.counts_as(one) == PASS],
        operating=list(_operating(report)),
        untold=_untold(report),
        notes=asides.notes(report),
    )


def leading(report: Mapping) -> str | None:
    """Return the metric that says which of two versions is better: the first of the task's that was asked."""
    known = [
        name
        for name in measures.of(report["task"], report.get("own_metrics"))
        if is_number(report["metrics"].get(name))
    ]
    wanted = [
        name for name in known if any("slice" not in one and "folds" not in one for one in plots.limits(report, name))
    ]
    return next(iter([*wanted, *(name for name in known if name in report["thresholds"]), *known]), None)


def comparison(report: Mapping, value: Value | None) -> str:
    """Return whether a version is better or worse than the one before, as sure as 95 % each, or not told apart.

    Nothing where the difference has no interval, as in older reports, or there is nothing to compare with.
    """
    if value is None or value.spread is None:
        return ""
    low, high = value.spread
    more_is_better = measures.of_report(report)[value.metric].more_is_better
    found = ALIKE if low <= 0 <= high else BETTER if (low > 0) == more_is_better else WORSE
    is_fair = report["incumbent"].get("rows", 0) is not None  # else it may know the rows, and look better than it is
    return found if is_fair or found == BETTER else ""


def _colour(report: Mapping, compared: str) -> str:
    if compared == WORSE:
        return PURPLE
    return GREEN if compared == BETTER or _is_first(report) else BLUE


def _is_first(report: Mapping) -> bool:
    """Say whether there was no version before."""
    return report["incumbent"] is None and (report.get("changes") or {"since": None})["since"] is None


def _relation(report: Mapping, compared: str) -> str:
    """Return how a version is to the one before, in words that follow an `is`, nothing where that was not measured."""
    incumbent = report["incumbent"]
    if compared:
        return f"{compared} {'from' if compared == ALIKE else 'than'} {incumbent['version']}"
    if incumbent and incumbent["metrics"] is None:
        return f"not comparable with {incumbent['version']}"
    return "the first version" if _is_first(report) else ""


def _claim(report: Mapping, compared: str, accepted: Sequence[Mapping]) -> str:
    name, verdict, relation = f"{report['model']} {report['version']}", report["verdict"], _relation(report, compared)
    taken = f", since {listed(sorted({one['accepted']['by'] for one in accepted}))} accepted what can't be told"
    said = {
        PASS: f"{name} passes{taken * bool(accepted)}",
        FAIL: f"{name} fails",
        CANNOT_TELL: f"cannot tell whether {name} passes",
    }[verdict]
    joined = "but" if (verdict, compared) in ((PASS, WORSE), (FAIL, BETTER)) else "and"
    it = "it is" if verdict == CANNOT_TELL else "is"
    return f"{said}, {joined} {it} {relation}" if relation else said


def _measured(value: Value, compared: str, before: str) -> str:
    """Return what the leading metric is, and how far it lies from that of the version before."""
    new, bounds = tabular.ends(value.new, value.bounds, digits=measures.digits(value.metric))
    told = f"{tabular.named(value.title or value.metric)} {new}{f' ({bounds})' * bool(bounds)}"
    if not is_number(value.change):
        return told
    if compared:
        return f"{told}, {distance(value)}"
    return f"{told}, {f'{distance(value)} than' if value.change else 'the same as'} {before}, by estimate"


def distance(value: Value) -> str:
    """Return a change in words, shares in points: `0.8 points less`, with its bounds where it could be none at all."""
    scale, unit = (POINT, " points") if value.metric in measures.SHARES else (1, "")
    spread = value.spread and tuple(one / scale for one in value.spread)
    shown, bounds = tabular.ends(abs(value.change) / scale, spread, digits=2)
    sure = f" ({bounds})" if value.spread and value.spread[0] <= 0 <= value.spread[1] else ""
    return f"{shown}{unit} {'more' if value.change > 0 else 'less'}{sure}" if value.change else f"no change{sure}"


def reasons(report: Mapping) -> list[str]:
    """Return why the verdict is what it is, worst first; of a pass what counts for nothing, and why."""
    found = [one["reason"] for verdict in tabular.WORST_FIRST[:2] for one in report["judgements"]
             if tabular.counts_as(one) == verdict]  # fmt: skip
    return found or [one["reason"] for one in report["judgements"] if one["asked"].endswith("(dropped)")]


def lost(report: Mapping) -> str:
    """Return the slice that lost most against the version before, nothing where none did."""
    worst: tuple[float, str] = (0, "")
    for metric in plots.drawn(report):
        sign = 1 if measures.of_report(report)[metric].more_is_better else -1
        for one in slices.of(report):
            value = tabular.of_slice(one, metric)
            if is_number(value.change) and sign * value.change < worst[0]:
                old = number(value.old) if value.bounds is None else tabular.ends(value.old, value.bounds)[0]
                new = tabular.ends(value.new, value.bounds)[0]
                rows = f" on {one.rows:,} {measures.units(report['task'])}" if one.rows else ""
                worst = (
                    sign * value.change,
                    f"{one.name}: {measures.titled(report, metric)} {new} against {old}{rows}, {distance(value)}",
                )
    return worst[1]


def _untold(report: Mapping) -> list[str]:
    """Return the limits that rows like these leave undecided; where a value was, its reason says so already."""
    doubted = {tuple(one["place"]) for one in report["judgements"]
               if one["verdict"] == CANNOT_TELL and one.get("change") is None}  # fmt: skip
    found = forecasts.undecided(report, report["thresholds"], report["task"])
    return [f"{'.'.join(map(str, one.place))}: {one.text}" for one in found if one.place not in doubted]


def _operating(report: Mapping) -> Iterator[str]:
    """Yield how often the gate stops what is worse by so much, for this holdout: first what is worse by the margin."""
    for metric, found in (report.get("operating") or {}).items():
        scale, unit = (POINT, " points") if metric in measures.SHARES else (1, "")
        chances = {times: f"{chance * 100:.0f}" for times, chance in found["stopped"]}
        drops = {times: f"{number(times * found['margin'] / scale, digits=2)}{unit}" for times in chances}
        others = [f"{drops[times]} {chance}" for times, chance in chances.items() if times not in (0, 1)]
        none = [f"no drop {chances[0]}"] if 0 in chances else []
        more = f" ({', '.join([*none, *others])})" if none or others else ""
        yield (
            f"{metric}: a drop of {drops[1]} is stopped {chances[1]} times in 100{more}"
            if 1 in chances
            else f"{metric}{more}"
        )
