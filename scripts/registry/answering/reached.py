"""What versions reached, and how sure that is: by their reports, else by their tags, and two of them side by side. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from registry.answering.known import Known
from registry.evidence.claims import is_number
from registry.showing import tabular
from registry.showing.tabular import Bounds, Value
from registry.tasks import measures

REPORT, TAG = "release.json", "tag"
SAME_ROWS, SAME_DATA, OTHER_DATA = "the same rows", "the same data", "other data"
TODAY = "the rows held out today"


class Figure(NamedTuple):
    """What a version reached in a metric, and the bounds of that, None where they are not known or there are none."""

    value: float | None
    bounds: Bounds = None

    def text(self, metric: str) -> str:
        """Return it as people read it: `0.956 (0.946 to 0.964)`."""
        shown, bounds = tabular.ends(self.value, self.bounds, digits=measures.digits(metric))
        return f"{shown} ({bounds})" if bounds else shown

    def document(self) -> dict:
        """Return it as documents have it."""
        low, high = map(finite, self.bounds or (None, None))
        return {"value": finite(self.value), "low": low, "high": high}


class Pair(NamedTuple):
    """What two versions reached in a metric, None where one has no such metric, and the change with its bounds, if known."""

    metric: str
    title: str
    old: Figure | None
    new: Figure | None
    change: float | None
    spread: Bounds
    more_is_better: bool | None

    def text(self) -> str:
        """Return the change as people read it."""
        value = Value(self.metric, None, None, None, self.change, self.spread)
        *_, change, spread = value.texts(self.more_is_better, ())
        if self.change == 0:
            return "the same"
        return f"{change} ({spread})" if spread else change


def finite(value: float | None) -> float | None:
    """Return a number as JSON can have it."""
    return value if is_number(value) else None


def of(known: Known) -> dict[str, Figure]:
    """Return what a version reached, by metric."""
    report = known.report
    if report is None:
        return {name: Figure(value) for name, value in known.release.metrics.items()}
    return {
        name: Figure(value, tabular.bounds(report, name, value)) for name, value in report["metrics"].items()
    }  # fmt: skip


def source(known: Known) -> str:
    """Return where its figures are from."""
    return TAG if known.report is None else REPORT


def title(known: Known, metric: str) -> str:
    """Return what people call a metric of a version, with its unit."""
    return tabular.named(measures.titled(known.report, metric) if known.report else metric)


def ground(old: Known, new: Known) -> str:
    """Say on what two versions were judged: on the same rows where the report of one has both of them."""
    if _scored(old, new) or _scored(new, old):
        return SAME_ROWS
    return SAME_DATA if data(old) is not None and data(old) == data(new) else OTHER_DATA


def data(known: Known) -> Mapping | None:
    """Return where the rows of a version came from; None where that is not known."""
    return known.said.get("data")


def side_by_side(old: Known, new: Known) -> list[Pair]:
    """Return each metric of two versions; a change has bounds where both were scored on the same rows."""
    before, after, on, better = of(old), of(new), ground(old, new), _directions(old, new)
    both = {name: (before.get(name), after.get(name)) for name in dict.fromkeys([*after, *before])}
    return [
        Pair(
            name, title(new if name in after else old, name), *figures, *_change(name, old, new, figures, on),
            better.get(name),
        )
        for name, figures in both.items()
    ]  # fmt: skip


def _scored(old: Known, new: Known) -> bool:
    """Say whether a version's report scores another one on the same rows."""
    incumbent = (new.report or {}).get("incumbent") or {}
    return incumbent.get("version") == old.release.version and bool(incumbent.get("metrics"))


def _change(
    metric: str, old: Known, new: Known, figures: tuple[Figure | None, Figure | None], on: str
) -> tuple[float | None, Bounds]:
    if _scored(old, new):
        value = tabular.whole(new.report, metric)
        return value.change, value.spread
    if _scored(new, old):
        value = tabular.whole(old.report, metric)
        return value.change and -value.change, value.spread and (-value.spread[1], -value.spread[0])
    before, after = (one and one.value for one in figures)
    is_known = is_number(before) and is_number(after) and (on == SAME_DATA or metric in measures.COSTS)
    return (after - before if is_known else None), None


def _directions(old: Known, new: Known) -> Mapping[str, bool | None]:
    task = new.said.get("task", old.said.get("task"))
    own = (new.report or {}).get("own_metrics")
    return tabular.directed({"task": task, "own_metrics": own}) if task in measures.METRICS else {}


def lines(known: Known) -> list[tuple[str, str]]:
    """Return what a version reached as people read it, by title."""
    return [(title(known, name), one.text(name)) for name, one in of(known).items()]
