"""Two versions of a model side by side, as a document: what they reached, and in what they differ."""

from collections.abc import Mapping, Sequence

from registry.answering import phrases, portrait, reached
from registry.answering.known import Known
from registry.answering.reached import Pair
from registry.answering.unlike import Unlike
from registry.chronicle import wording


def document(old: Known, new: Known, pairs: Sequence[Pair], on: str, unlike: Unlike, scored: Mapping | None) -> dict:
    """Return both versions, and each metric of theirs, by `on`, the ground on which they are held against each other.

    `scored` tells of both being scored again, where they were.
    """
    return {
        "model": new.release.model,
        "old": _side(old),
        "new": _side(new),
        "compared_on": on,
        "rescored": scored and {name: scored[name] for name in ("rows", "is_known")},
        "metrics": [_pair(one) for one in pairs],
        "unlike": unlike.document(),
    }


def _side(it: Known) -> dict:
    return portrait.of_release(it) | {name: (it.report or {}).get(name) for name in ("rows", "inputs", "outputs")}


def _pair(one: Pair) -> dict:
    low, high = map(reached.finite, one.spread or (None, None))
    return {
        "name": one.metric,
        **{side: figure and figure.document() for side, figure in (("old", one.old), ("new", one.new))},
        "change": reached.finite(one.change),
        "low": low,
        "high": high,
        "more_is_better": one.more_is_better,
    }


def rows(old: Known, new: Known) -> list[phrases.Row]:
    """Return what is told of both beside figures and differences, as rows: what, the one, the other."""
    return [(what, one or "-", "the same" if one and one == other else other or "-")
            for (what, one), (_, other) in zip(_told(old), _told(new), strict=True) if one or other]  # fmt: skip


def _told(it: Known) -> list[tuple[str, str]]:
    report, release = it.report or {}, it.release
    return [
        ("released", phrases.when(it.released)),
        ("withdrawn", release.withdrawn or ""),
        ("verdict", release.verdict),
        ("data", "\n".join(source for _, source in phrases.data(it.sources, wording.SHORT))),
        ("rows", phrases.rows(report) if report else ""),
        *((name, phrases.tensors(report[name]) if name in report else "") for name in ("inputs", "outputs")),
        ("runs with", release.runtime),
        ("artifact", f"{release.size:,} bytes"),
    ]
