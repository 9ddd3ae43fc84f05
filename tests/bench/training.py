"""`build` without folds beside the bare script of the story: the same network, data and epochs."""

import sys
from pathlib import Path

import pairs
import registries
from servers import ROOT

from registry.specs import data, models

ROUNDS = 3
MOST = 1.15


def measure(folder: Path) -> list[list[str]]:
    """Return a row for the target: what, the figure, the target, whether it is met."""
    root = registries.template(folder)
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text().replace("folds: 5", "folds: 0"))
    registries.commit(root)
    (model,) = models.load(root, ["digits"])
    rows = data.fetch(model)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(pairs.cost([sys.executable, str(ROOT / "tests/bench/story.py"), str(rows)], root))
        ours.append(pairs.cost([sys.executable, str(ROOT / "scripts/build.py"), "digits"], root))
    ratio = pairs.ratio(ours, theirs)
    took = f"{min(one.seconds for one in ours):.1f} s against {min(one.seconds for one in theirs):.1f} s"
    processors = f"{min(one.processor for one in ours):.1f} s against {min(one.processor for one in theirs):.1f} s"
    spread = f"{took}; of processors {processors}"
    met = "yes" if ratio <= MOST else "NO"
    what = "build digits without folds, against the bare script"
    return [[what, f"{ratio:.2f} × ({spread})", f"at most {MOST}", met]]
