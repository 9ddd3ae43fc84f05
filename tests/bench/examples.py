"""`build` of each example that the template brings: how long, how much memory, how large, and how good beside its baseline."""

import json
import sys
from pathlib import Path

import brought
import pairs
import registries
from servers import ROOT

from registry.specs import data, models

MOST = 120  # seconds, on two cores
MB = 1024 * 1024


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each example; what it learns from is fetched before."""
    return [_row(name, folder / name) for name in brought.names()]


def _row(name: str, folder: Path) -> list[str]:
    root = registries.template(folder)
    if not (root / "models" / name).is_dir():
        brought.copy(name, root)
        registries.commit(root)
    (model,) = models.load(root, [name])
    data.fetch(model)
    cost = pairs.cost([sys.executable, str(ROOT / "scripts/build.py"), name], root)
    report = json.loads((root / f"candidates/{name}/report.json").read_text("utf-8"))
    metric = next(iter(model.spec["thresholds"]))  # what it is asked first
    reached, guessed = report["metrics"][metric], report["baseline"]["metrics"][metric]
    good = f"{metric} {reached:.3g} beside {guessed:.3g} of the baseline"
    size = f"{report['artifact']['size'] / MB:.1f} MB, peak memory {cost.memory:,.0f} MB"
    took = f"{cost.seconds:.1f} s, of processors {cost.processor:.1f} s"
    return [f"build {name}", f"{took}; {size}; {good}", f"at most {MOST} s", "yes" if cost.seconds <= MOST else "NO"]
