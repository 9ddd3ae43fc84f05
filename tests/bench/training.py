"""`build` beside the bare script of the story: the same network, data, epochs and folds."""

import sys
from pathlib import Path

import pairs
import registries
from servers import ROOT

from registry.specs import data, models

ROUNDS = 3
MOST = 1.15
MOST_WORK = 1.54  # a tenth more than 1.40, what it was when rows, training and judge shared their processes


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    root = registries.template(folder)
    (model,) = models.load(root, ["digits"])
    rows, folds = data.fetch(model), model.section("evaluation")["folds"]
    whole = _row("build digits: seconds of processors", "processor", _costs(root, rows, folds), MOST_WORK)
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text().replace(f"folds: {folds}", "folds: 0"))
    registries.commit(root)
    return [whole, _row("build digits without folds: seconds", "seconds", _costs(root, rows, 0), MOST)]


def _costs(root: Path, rows: Path, folds: int) -> tuple[list[pairs.Cost], list[pairs.Cost]]:
    """Return what build took, and what the bare script took, in each round."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(pairs.cost([sys.executable, str(ROOT / "tests/bench/story.py"), str(rows), str(folds)], root))
        ours.append(pairs.cost([sys.executable, str(ROOT / "scripts/build.py"), "digits"], root))
    return ours, theirs


def _row(what: str, counted: str, costs: tuple[list[pairs.Cost], list[pairs.Cost]], most: float) -> list[str]:
    """Return a row by a field of the costs: folds are trained side by side, so that the clock says little of them."""
    ratio = pairs.ratio(*costs, counted)
    took, work = (" against ".join(f"{min(getattr(one, name) for one in those):.1f} s" for those in costs)
                  for name in ("seconds", "processor"))  # fmt: skip
    met = "yes" if ratio <= most else "NO"
    return [f"{what}, against the bare script", f"{ratio:.2f} × ({took}; of processors {work})", f"at most {most}", met]
