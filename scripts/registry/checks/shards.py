"""Which models a job trains: one, or several where there are more models than GitHub runs jobs of a kind. Pure."""

from collections.abc import Iterable
from itertools import count

from registry.specs import runners
from registry.specs.models import Model
from registry.specs.runners import Wanted

MOST = 256  # jobs of a matrix


def jobs(models: Iterable[Model]) -> list[dict[str, Wanted | int]]:
    """Return a job for each model, or for as many as it takes to have MOST jobs: `models`, what it `runs_on`, its number.

    Models of one job have one runner, and jobs of one runner as many models each, or one less.
    """
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(runners.shown(model.runs_on), []).append(model)
    size = next(size for size in count(1) if sum(_parts(those, size) for those in groups.values()) <= MOST)
    shards = [those[part :: _parts(those, size)] for those in groups.values() for part in range(_parts(those, size))]
    return [{"models": " ".join(one.name for one in those), "runs_on": those[0].runs_on, "number": number}
            for number, those in enumerate(shards, 1)]  # fmt: skip


def _parts(those: list[Model], size: int) -> int:
    return -(-len(those) // size)


def trained_by(title: str) -> set[str]:
    """Return the models that a job of the matrix trains, by the title that GitHub makes of its values.

    Of more than 100 characters it ends in three dots, so that one of them is no model that there is.
    """
    return {*title.partition("(")[2].partition(",")[0].removesuffix(")").split()}
