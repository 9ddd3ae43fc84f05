"""The artifact assessed as it ships: unpacked in a fresh process, run through its serving signature."""

import tempfile
from pathlib import Path

import numpy as np

from registry import artifacts, evaluation, golden, inference, rows, runtime
from registry.arrays import Features
from registry.artifacts import Artifact
from registry.errors import RegistryError
from registry.modelcode import ModelCode
from registry.rows import Task


def assess(task: Task, tar: Path, artifact: Artifact, incumbent: dict | None) -> dict:
    """Return metrics on the holdout, slices, confusion and the incumbent's metrics on the same rows.

    `incumbent` is None, or its version, tar and artifact.
    """
    found = rows.load(task, ModelCode(Path(task.folder), task.place))
    features, labels = found.held_out()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "candidate")
        _unpack(tar, folder, artifact)
        served = runtime.load(folder)
        golden.check(folder, served, artifact.name)
        outputs = _outputs(task, folder, features, labels)
        latency = inference.latency_ms(served, features)
        report = {
            "runtime": served.kind,
            "metrics": _scores(task, outputs, labels) | {"latency_ms": latency, "size_mb": artifact.size / 1e6},
            "slices": {},
            "confusion": None,
            "incumbent": _incumbent(task, Path(scratch, "incumbent"), incumbent, features, labels),
        }
    if task.task == "classification" and np.isfinite(outputs).all():
        report |= {"slices": evaluation.by_label(outputs, labels), "confusion": evaluation.confusion(outputs, labels)}
    return report


def _unpack(tar: Path, folder: Path, artifact: Artifact) -> None:
    with tar.open("rb") as stream:
        artifacts.unpack(stream, folder, artifact)


def _outputs(task: Task, folder: Path, features: Features, labels: np.ndarray) -> np.ndarray:
    loaded = runtime.load(folder, "tensorflow")
    return evaluation.predictions(task.task, inference.outputs(loaded, features), labels)


def _scores(task: Task, outputs: np.ndarray, labels: np.ndarray) -> dict:
    return evaluation.score(task.task, outputs, labels)


def _incumbent(task: Task, folder: Path, incumbent: dict | None, features: Features, labels: np.ndarray) -> dict | None:
    """Score the incumbent on the candidate's holdout; one that can't be run has no metrics and the reason."""
    if incumbent is None:
        return None
    try:
        _unpack(Path(incumbent["tar"]), folder, Artifact(**incumbent["artifact"]))
        metrics = _scores(task, _outputs(task, folder, features, labels), labels)
    except (RegistryError, OSError, ValueError) as error:
        return {"version": incumbent["version"], "metrics": None, "reason": " ".join(str(error).split())[:200]}
    return {"version": incumbent["version"], "metrics": metrics, "reason": None}
