"""What people should know of a ranking or a clustering beside its metrics: as sentences, a table, and charts. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from registry.evidence.claims import is_number
from registry.formats.charts import Chart
from registry.formats.markdown import listed, number, table

MOST, MOST_NAMED = 30, 10


def notes(report: Mapping) -> list[str]:
    """Return what to know, in sentences: who and what is not as the rows to train with, and which clusters are empty."""
    return [*_of_ranking(report.get("ranking")), *_of_clusters(report)]


def _of_ranking(found: Mapping | None) -> Iterator[str]:
    if not found:
        return
    persons, items = _many(found["persons"], "person", "was", "were"), _many(found["k"], "item")
    yield f"{persons} asked, and {items} of each list {'counts' if found['k'] == 1 else 'count'}."
    if found["new_persons"]:
        yield f"{_many(found['new_persons'], 'person', 'of these is', 'of these are')} in no row to train with."
    if count := found["cold_items"]:
        rows, of_items = _many(found["cold_rows"], "row"), _many(count, "held-out item")
        missed = "is in no row to train with, and counts" if count == 1 else "are in no row to train with, and count"
        yield f"{of_items} ({rows}) {missed} as missed."
    if found["repeated_rows"]:
        rows = _many(found["repeated_rows"], "held-out row", "counts", "count")
        yield f"{rows} for nothing: the person had the item before."
    if found["short_lists"]:
        yield f"{_many(found['short_lists'], 'person')} got fewer than {found['k']} items that they had not seen."


def _of_clusters(report: Mapping) -> Iterator[str]:
    found = report.get("clusters")
    if not found:
        return
    sizes, rows = found["sizes"], report["rows"]["holdout"]
    if empty := [str(place) for place, size in enumerate(sizes) if not size]:
        more = [f"{len(empty) - MOST_NAMED:,} more"] if len(empty) > MOST_NAMED else []
        names = f"cluster{'s' * (len(empty) > 1)} {listed([*empty[:MOST_NAMED], *more])}"
        yield f"Empty, without a held-out row: {names} of {len(sizes):,}."
    if not found["sampled"]:
        yield "The inputs hold no numbers, so no row lies anywhere, and there is no silhouette."
    elif found["sampled"] < rows:
        yield f"Silhouettes and distances are those of {found['sampled']:,} rows of {rows:,}, drawn by a fixed seed."


def _many(count: int, word: str, one: str = "", several: str = "") -> str:
    """Return so many of a thing, with what is said of one, or of several."""
    return f"{count:,} {word}{'s' * (count != 1)} {one if count == 1 else several}".rstrip()


def clusters(report: Mapping) -> str:
    """Return a table of clusters, the largest first; nothing of another task."""
    found = report.get("clusters") or {"sizes": [], "silhouettes": []}
    each = sorted(
        zip(found["sizes"], range(len(found["sizes"])), found["silhouettes"], strict=True),
        key=lambda one: (-one[0], one[1]),
    )
    rows = [(str(place), f"{size:,}", "-" if value is None else number(value, digits=3)) for size, place, value in each]
    return table(("cluster", "rows", "silhouette"), rows[:MOST], total=len(rows)) if rows else ""


def charts(report: Mapping) -> Iterator[Chart]:
    """Yield what can be drawn: recall by the length of the list, and what is listed by popularity; clusters by size and silhouette."""
    if found := report.get("ranking"):
        steps = [str(place) for place in range(1, found["k"] + 1)]
        yield Chart(
            "recall by the length of the list", steps, found["recall"],
            beside=("listing the most popular", found["popular_recall"]), is_ordered=True, reach=(0, 1),
        )  # fmt: skip
        tenths = found["tenths"]
        yield Chart(
            "share of the lists, by tenths of items, popular ones first",
            [str(place) for place in range(1, len(tenths["listed"]) + 1)], tenths["listed"],
            beside=("share of what was liked in training", tenths["liked"]), is_ordered=True, reach=(0, 1),
        )  # fmt: skip
    if found := report.get("clusters"):
        sizes, silhouettes = found["sizes"], found["silhouettes"]
        largest = sorted(range(len(sizes)), key=lambda place: -sizes[place])
        yield _by_cluster("rows", largest, sizes, reach=(0, float("inf")), is_counted=True)
        if known := [place for place in largest if is_number(silhouettes[place])]:
            level = "below it, rows are nearer to another cluster", 0
            yield _by_cluster("silhouette", known, silhouettes, reach=(-1, 1), level=level)


def _by_cluster(what: str, those: Sequence[int], values: Sequence[float], **more: object) -> Chart:
    shown = those[:MOST]
    names = [f"cluster {place}" for place in shown]
    return Chart(
        f"{what} by cluster", names, [values[place] for place in shown], total=len(those), first="largest", **more
    )
