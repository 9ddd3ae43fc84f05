"""The judge: an artifact as it ships, run on held-out rows by every runtime that it holds. No model code runs here."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from registry.artifacts import archive, golden, inference, runtime, tensors
from registry.artifacts.archive import Artifact
from registry.artifacts.runtime import Runtime
from registry.errors import RegistryError, refuse, within
from registry.learning import evaluation
from registry.learning.rows import Part
from registry.specs import thresholds

Scores = Mapping[str, float | None]


def assess(
    place: str, task: str, held_out: Part, tar: Path, artifact: Artifact, output: Path, incumbent: dict | None
) -> dict:
    """Judge a packed model, and pack it again into `output` with golden predictions of the judge's choice.

    Returns what is to be reported: the artifact, metrics (of the worst of its runtimes, and of each), slices,
    confusion, and the incumbent's metrics on the same rows. `incumbent` is None, or its version, tar and artifact.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "candidate")
        _unpack(tar, folder, artifact)
        loaded = _candidate(place, folder)
        outputs = {kind: _outputs(place, task, one, held_out) for kind, one in loaded.items()}
        golden.write(folder, loaded["tensorflow"], held_out.features, held_out.labels)
        served = runtime.load(folder)
        golden.check(folder, served, artifact.name)
        latency, known = inference.latency_ms(served, held_out.features), golden.described(folder)
        made = archive.pack(folder, output)
        scores = {kind: evaluation.score(task, found, held_out.labels) for kind, found in outputs.items()}
        report = {
            "artifact": vars(made),
            "runtime": served.kind,
            "runtimes": scores,
            "golden": known,
            "metrics": _worst(scores.values(), task) | _costs(latency, made.size - known["size"]),
            "slices": {},
            "confusion": None,
            "incumbent": _incumbent(task, Path(scratch, "incumbent"), incumbent, held_out),
        }
    if task == "classification" and all(np.isfinite(found).all() for found in outputs.values()):
        slices = [evaluation.by_label(found, held_out.labels, held_out.classes) for found in outputs.values()]
        worst = {label: _worst([one[label] for one in slices], task) for label in slices[0]}
        report |= {"slices": worst, "confusion": evaluation.confusion(outputs[served.kind], held_out.labels)}
    return report


def _worst(scores: Iterable[Scores], task: str) -> dict[str, float | None]:
    """Return of each metric the worst value; None where one of them has none."""
    first, *others = scores
    found = dict(first)
    for other in others:
        for name, value in other.items():
            choose = min if thresholds.metrics(task)[name] else max
            found[name] = None if value is None or found[name] is None else choose(value, found[name])
    return found


def _unpack(tar: Path, folder: Path, artifact: Artifact) -> None:
    with tar.open("rb") as stream:
        archive.unpack(stream, folder, artifact)


def _load(folder: Path) -> dict[str, Runtime]:
    return {kind: runtime.load(folder, kind) for kind in runtime.kinds(folder)}


def _candidate(place: str, folder: Path) -> dict[str, Runtime]:
    try:
        return _load(folder)
    except RegistryError as error:
        text = f"makes a model that may not be loaded: {within(error, folder)}"
        raise refuse(f"{place}/model.py", text) from error


def _outputs(place: str, task: str, loaded: Runtime, held_out: Part) -> np.ndarray:
    try:
        return _predictions(task, loaded, held_out)
    except ValueError as error:
        raise refuse(
            f"{place}/model.py", f"makes a model that {error}, run by {loaded.kind} on held-out rows"
        ) from error


def _predictions(task: str, loaded: Runtime, held_out: Part) -> np.ndarray:
    outputs = inference.outputs(loaded, held_out.features)
    return evaluation.predictions(task, outputs, len(held_out.labels), held_out.classes)


def _costs(latency: float, size: int) -> dict:
    """Return what a model costs; its golden predictions, which nobody serves, don't count."""
    return {"latency_ms": latency, "size_mb": size / 1e6}


def _incumbent(task: str, folder: Path, incumbent: dict | None, held_out: Part) -> dict | None:
    """Score the incumbent as the candidate, on the same rows; one that can't be run has no metrics and the reason."""
    if incumbent is None:
        return None
    told = {"version": incumbent["version"], "metrics": None, "reason": None, "inputs": None, "outputs": None}
    try:
        _unpack(Path(incumbent["tar"]), folder, Artifact(**incumbent["artifact"]))
        loaded = _load(folder)
        told |= {
            "inputs": [*map(tensors.described, loaded["tensorflow"].inputs)],
            "outputs": [*map(tensors.described, loaded["tensorflow"].outputs)],
        }
        outputs = [_predictions(task, one, held_out) for one in loaded.values()]
        return told | {"metrics": _worst([evaluation.score(task, found, held_out.labels) for found in outputs], task)}
    except Exception as error:  # a version made by other code, maybe long ago, may fail in any way
        return told | {"reason": " ".join(str(error).split())[:200]}
