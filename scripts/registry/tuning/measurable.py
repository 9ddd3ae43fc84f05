"""Whether the rows of a search have what its metric is told by."""

from pathlib import Path

from registry.artifacts import arrays
from registry.errors import did_you_mean, refuse
from registry.loading import rows
from registry.tasks import measures
from registry.tasks.asked import CLUSTERING
from registry.tuning import wishes
from registry.tuning.wishes import Wish


def check(wish: Wish, folder: Path) -> None:
    """Raise RegistryError where the rows in a folder have nothing that clusters could be told by in the metric."""
    if wish.model.spec["task"] != CLUSTERING:
        return
    found, known = rows.read(folder), wishes.known(wish.model)
    has_numbers = any(part.dtype.kind in arrays.NUMBERS for part in arrays.parts(found.features).values())
    lacks = {} if has_numbers else dict.fromkeys(measures.SAMPLED, "numbers among the features")
    if not found.classes:
        lacks |= {name: "labels" for name, one in known.items() if measures.LABELS in one.needs}
    if what := lacks.get(wish.metric):
        told = f"{wish.metric} needs {what}, and load() returns none"
        raise refuse("--metric", f"{told}; {did_you_mean('', known.keys() - lacks.keys())}")
