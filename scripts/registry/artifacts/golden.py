"""Golden predictions: a few held-out rows and the outputs they must give, packed into each artifact."""

import json
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, inference
from registry.artifacts.arrays import Features
from registry.artifacts.runtime import Runtime
from registry.errors import refuse

FILE = "assets.extra/golden.json"
ROWS = 5
TOLERANCE = 1e-4  # build proves 1e-5 on one machine; another processor may round a little differently


def write(folder: Path, loaded: Runtime, features: Features, labels: np.ndarray) -> None:
    """Store the first rows with what a loaded model answers to them."""
    few = inference.feed(loaded, arrays.rows(features, np.arange(min(ROWS, len(labels)))))
    golden = {
        "inputs": {name: part.tolist() for name, part in few.items()},
        "outputs": {name: part.tolist() for name, part in loaded(few).items()},
        "labels": labels[:ROWS].tolist(),
    }
    path = folder / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(golden), "utf-8")


def read(folder: Path) -> dict:
    """Return the golden predictions of an unpacked artifact; raise RegistryError when there are none."""
    try:
        return json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise refuse(FILE, f"can't be read: {error}; build the version again") from error


def check(folder: Path, loaded: Runtime, place: str) -> None:
    """Raise RegistryError when a loaded model answers a golden input otherwise than it must."""
    golden = read(folder)
    dtypes = {one.name: object if one.dtype == "bytes" else one.dtype for one in loaded.inputs}
    try:
        answers = loaded({name: np.array(part, dtypes[name]) for name, part in golden["inputs"].items()})
        differences = [_difference(answers[name], part) for name, part in golden["outputs"].items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refuse(place, f"does not take its golden inputs: {error}") from error
    if not differences or max(differences) > TOLERANCE:
        worst = max(differences, default=np.inf)
        raise refuse(place, f"answers golden inputs otherwise than when it was judged (difference {worst:.2g})")


def _difference(answer: np.ndarray, wanted: list) -> float:
    """Return the largest difference, relative where outputs are large; infinite for NaN and for another shape."""
    expected = np.array(wanted, float)
    if answer.shape != expected.shape or not np.isfinite(answer).all():
        return np.inf
    return float((np.abs(answer - expected) / np.maximum(1, np.abs(expected))).max(initial=0))
