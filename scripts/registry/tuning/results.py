"""What a search found, as people read it: a table, and sentences on what is known and what is not. Pure."""

from collections.abc import Iterator, Sequence

from registry.formats import charts, markdown, reader
from registry.formats.markdown import decimals, fixed, listed, text
from registry.tuning import pictures
from registry.tuning.space import Axis
from registry.tuning.trials import OWN, Found, Trial

MOST = 30  # trials in a table


def reached(trial: Trial) -> str:
    """Return what a trial reached: its mean over the folds, and their deviation."""
    places = decimals(trial.deviation)
    return f"{fixed(trial.mean, places)} ± {fixed(trial.deviation, places)}"


def heads(found: Found) -> list[str]:
    """Return the heads of the table."""
    return ["trial", found.metric, *found.names, "seconds", ""]


def rows(found: Found) -> list[list[str]]:
    """Return the rows of the table, the best trial first, and those that failed last."""
    alike = found.alike
    done = [[str(one.number), reached(one), *_values(found, one), f"{one.seconds:,.0f}", _note(found, one, one in alike)]
            for one in found.ranked]  # fmt: skip
    return [
        *done,
        *([str(one.number), "failed", *_values(found, one), "", _note(found, one, False)] for one in found.failed),
    ]


def _values(found: Found, trial: Trial) -> list[str]:
    return [reader.inline(trial.arguments[name]) if name in trial.arguments else "" for name in found.names]


def _note(found: Found, trial: Trial, is_alike: bool) -> str:
    notes = [OWN] if trial.arguments == found.own else []
    return ", ".join([*notes, *(["not told apart"] if is_alike else [])])


def arguments(found: Found, trial: Trial) -> str:
    """Return the arguments of a trial in a line; what the spec's own leave out is left to train()."""
    shown = zip(found.names, _values(found, trial), strict=True)
    return ", ".join(f"{name} {value or 'left out'}" for name, value in shown)


def sentences(found: Found) -> Iterator[str]:
    """Yield what the table says, and what it can't."""
    best, alike, present = found.ranked[0], found.alike, found.present
    yield f"best: trial {best.number}, {found.metric} {reached(best)} over {len(best.values)} folds: {arguments(found, best)}"
    others = listed([_named(found, one) for one in alike])
    if len(found.ranked) == 1:
        yield "nothing to compare it with"
    elif alike:
        yield f"not told apart from it: {others}"
    else:
        yield "all others are worse, sure at 95 % for all of them together"
    if present and present is not best:
        worse = "is as good, as far as these folds tell, so nothing has to change" if present in alike else "is worse"
        yield f"{OWN} (trial {present.number}) {worse}: {found.metric} {reached(present)}"
    if len(found.ranked) > 2:
        yield "the best of many looks better than it is; the held-out rows, which no trial has seen, will tell"


def _named(found: Found, trial: Trial) -> str:
    return f"{trial.number} ({OWN})" if trial.arguments == found.own else str(trial.number)


def failures(found: Found) -> Sequence[str]:
    """Return of each trial that failed its arguments and the reason."""
    return [f"trial {one.number} failed ({arguments(found, one)}): {one.reason}" for one in found.failed]


def page(found: Found, axes: Sequence[Axis]) -> str:
    """Return all of it as Markdown, drawn where something ended well. Reasons stay away: they are the model's own words."""
    cells = [[text(cell) for cell in row] for row in rows(found)]
    said = [*sentences(found), *([f"{len(found.failed)} failed"] if found.failed else [])]
    drawn = [part for one in pictures.bars(found, axes) for part in (charts.mermaid(one), charts.told(one))]
    table = markdown.table([text(head) for head in heads(found)], cells, MOST)
    return "\n\n".join([table, markdown.bulleted([*map(text, said)], len(said)), *drawn])
