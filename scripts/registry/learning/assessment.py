"""The artifact assessed as it ships: unpacked in a fresh process, run through its serving signature."""

import tempfile
from pathlib import Path

import numpy as np

from registry.artifacts import archive, golden, inference, runtime, tensors
from registry.artifacts.archive import Artifact
from registry.artifacts.runtime import Runtime
from registry.learning import evaluation, rows
from registry.learning.modelcode import ModelCode
from registry.learning.rows import Rows, Task


def assess(task: Task, tar: Path, artifact: Artifact, incumbent: dict | None, digest: str) -> dict:
    """Return metrics on the holdout, slices, confusion and the incumbent's metrics on the same rows.

    `incumbent` is None, or its version, tar and artifact. `digest` is that of the rows which the holdout was taken from
    when the candidate was trained: of other rows, another part would be held out.
    """
    code = ModelCode(Path(task.folder), task.place)
    found = rows.load(task, code)
    if found.digest != digest:
        raise code.fault("load", "returns other rows each time; sort them, and draw none at random")
    features, labels = found.held_out()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "candidate")
        _unpack(tar, folder, artifact)
        served = runtime.load(folder)
        golden.check(folder, served, artifact.name)
        outputs = _outputs(task, runtime.load(folder, "tensorflow"), found)
        latency, known = inference.latency_ms(served, features), golden.described(folder)
        report = {
            "runtime": served.kind,
            "golden": known,
            "metrics": _scores(task, outputs, labels) | _costs(latency, artifact.size - known["size"]),
            "slices": {},
            "confusion": None,
            "incumbent": _incumbent(task, Path(scratch, "incumbent"), incumbent, found),
        }
    if task.task == "classification" and np.isfinite(outputs).all():
        slices = evaluation.by_label(outputs, labels, found.classes)
        report |= {"slices": slices, "confusion": evaluation.confusion(outputs, labels)}
    return report


def _unpack(tar: Path, folder: Path, artifact: Artifact) -> None:
    with tar.open("rb") as stream:
        archive.unpack(stream, folder, artifact)


def _outputs(task: Task, loaded: Runtime, found: Rows) -> np.ndarray:
    features, labels = found.held_out()
    return evaluation.predictions(task.task, inference.outputs(loaded, features), len(labels), found.classes)


def _scores(task: Task, outputs: np.ndarray, labels: np.ndarray) -> dict:
    return evaluation.score(task.task, outputs, labels)


def _costs(latency: float, size: int) -> dict:
    """Return what a model costs; its golden predictions, which nobody serves, don't count."""
    return {"latency_ms": latency, "size_mb": size / 1e6}


def _incumbent(task: Task, folder: Path, incumbent: dict | None, found: Rows) -> dict | None:
    """Score the incumbent on the candidate's holdout; one that can't be run has no metrics and the reason."""
    if incumbent is None:
        return None
    told = {"version": incumbent["version"], "metrics": None, "reason": None, "inputs": None, "outputs": None}
    try:
        _unpack(Path(incumbent["tar"]), folder, Artifact(**incumbent["artifact"]))
        loaded = runtime.load(folder, "tensorflow")
        told |= {
            "inputs": [*map(tensors.described, loaded.inputs)],
            "outputs": [*map(tensors.described, loaded.outputs)],
        }
        return told | {"metrics": _scores(task, _outputs(task, loaded, found), found.held_out()[1])}
    except Exception as error:  # a version made by other code, maybe long ago, may fail in any way
        return told | {"reason": " ".join(str(error).split())[:200]}
