"""The judge: an artifact as it ships, run on held-out rows by every runtime that it holds. No model code runs here."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from registry.artifacts import archive, arrays, bloom, golden, inference, runtime, tensors
from registry.artifacts.archive import Artifact
from registry.artifacts.runtime import Runtime
from registry.errors import RegistryError, one_line, refuse, within
from registry.judging.subjects import FEWEST_ROWS
from registry.learning import evaluation
from registry.learning.rows import Part
from registry.specs import thresholds

Scores = Mapping[str, float | None]
FILES, FOLDERS = (runtime.SAVED_MODEL, runtime.LITE_MODEL, "fingerprint.pb"), ("assets/", "variables/")  # of a model
ALONE, TOLERANCE = 32, 1e-3  # rows asked one at a time; a GPU or half precision rounds other batches differently


def assess(
    place: str, task: str, held_out: Part, tar: Path, artifact: Artifact, output: Path, incumbent: dict | None
) -> dict:
    """Judge a packed model, and pack it again into `output` with golden predictions and a record of its training rows.

    Returns what is to be reported: the artifact, its inputs and outputs, metrics (of the worst of its runtimes, and of
    each), slices, confusion, and both versions' metrics on the rows that the incumbent was not trained on either.
    `incumbent` is None, or its version, tar and artifact.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "candidate")
        _check_parts(place, _unpack(tar, folder, artifact))
        loaded = _candidate(place, folder)
        outputs = {kind: _outputs(place, task, one, held_out) for kind, one in loaded.items()}
        golden.write(folder, loaded["tensorflow"], held_out.features, held_out.labels)
        served = runtime.load(folder)
        golden.check(folder, served, artifact.name)
        bloom.write(folder, held_out.trained)
        latency, known = inference.latency_ms(served, held_out.features), golden.described(folder)
        trained = bloom.described(folder)
        made = archive.pack(folder, output)
        scores = {kind: evaluation.score(task, found, held_out.labels) for kind, found in outputs.items()}
        report = {
            "artifact": vars(made),
            **_signature(loaded["tensorflow"]),
            "runtime": served.kind,
            "runtimes": scores,
            "golden": known,
            "trained": trained,
            "metrics": _worst(scores.values(), task) | _costs(latency, made.size - known["size"] - trained["size"]),
            "slices": {},
            "confusion": None,
            "incumbent": _incumbent(task, Path(scratch, "incumbent"), incumbent, held_out, outputs.values()),
        }
    if task == "classification" and all(np.isfinite(found).all() for found in outputs.values()):
        slices = [evaluation.by_label(found, held_out.labels, held_out.classes) for found in outputs.values()]
        worst = {label: _worst([one[label] for one in slices], task) for label in slices[0]}
        report |= {"slices": worst, "confusion": evaluation.confusion(outputs[served.kind], held_out.labels)}
    return report


def _signature(loaded: Runtime) -> dict[str, list[dict]]:
    return {
        "inputs": [*map(tensors.described, loaded.inputs)],
        "outputs": [*map(tensors.described, loaded.outputs)],
    }


def _worst(scores: Iterable[Scores], task: str) -> dict[str, float | None]:
    """Return of each metric the worst value; None where one of them has none."""
    first, *others = scores
    found = dict(first)
    for other in others:
        for name, value in other.items():
            choose = min if thresholds.metrics(task)[name] else max
            found[name] = None if value is None or found[name] is None else choose(value, found[name])
    return found


def _unpack(tar: Path, folder: Path, artifact: Artifact) -> Iterable[str]:
    """Unpack an artifact; return the names of its files."""
    with tar.open("rb") as stream:
        return archive.unpack(stream, folder, artifact)


def _check_parts(place: str, names: Iterable[str]) -> None:
    """Nothing ships that is not run to be judged; what the judge puts in is its own."""
    if odd := sorted(name for name in names if name not in FILES and not name.startswith(FOLDERS)):
        text = f"makes a model with {one_line(odd[0])} beside it, which is no part of one; let it write no files there"
        raise refuse(f"{place}/model.py", text)


def _load(folder: Path) -> dict[str, Runtime]:
    return {kind: runtime.load(folder, kind) for kind in runtime.kinds(folder)}


def _candidate(place: str, folder: Path) -> dict[str, Runtime]:
    try:
        return _load(folder)
    except RegistryError as error:
        text = f"makes a model that may not be loaded: {within(error, folder)}"
        raise refuse(f"{place}/model.py", text) from error


def _outputs(place: str, task: str, loaded: Runtime, held_out: Part) -> np.ndarray:
    """Return what a model answers to held-out rows; raise RegistryError where some, asked alone, get other answers."""
    count = len(held_out.labels)
    chosen = np.unique(np.linspace(0, count - 1, ALONE).astype(int))
    few = Part(arrays.rows(held_out.features, chosen), held_out.labels[chosen], held_out.classes)
    try:
        outputs = _predictions(task, loaded, held_out)
        alone = _predictions(task, loaded, few, batch=1)
    except ValueError as error:
        raise refuse(
            f"{place}/model.py", f"makes a model that {error}, run by {loaded.kind} on held-out rows"
        ) from error
    if odd := _differing(outputs[chosen], alone):
        text = f"returned a model that answers {odd} of {len(chosen)} held-out rows otherwise when each is asked alone"
        advice = "let it answer each row by itself, whatever else is in the batch"
        raise refuse(f"{place}/model.py", f"{text}, run by {loaded.kind}; {advice}", field="train")
    return outputs


def _differing(outputs: np.ndarray, others: np.ndarray) -> int:
    """Return how many rows have other answers, relative to the largest; NaN is NaN."""
    tolerance = TOLERANCE * np.abs(outputs[np.isfinite(outputs)]).max(initial=1)
    same = np.isclose(outputs, others, rtol=0, atol=tolerance, equal_nan=True)
    return int((~same.reshape(len(same), -1).all(axis=1)).sum())


def _predictions(task: str, loaded: Runtime, held_out: Part, batch: int = 256) -> np.ndarray:
    outputs = inference.outputs(loaded, held_out.features, batch)
    return evaluation.predictions(task, outputs, len(held_out.labels), held_out.classes)


def _score(task: str, outputs: Iterable[np.ndarray], labels: np.ndarray) -> Scores:
    return _worst([evaluation.score(task, found, labels) for found in outputs], task)


def _costs(latency: float, size: int) -> dict:
    """Return what a model costs; what comes with it and nobody serves doesn't count."""
    return {"latency_ms": latency, "size_mb": size / 1e6}


def _incumbent(
    task: str, folder: Path, incumbent: dict | None, held_out: Part, outputs: Iterable[np.ndarray]
) -> dict | None:
    """Score the incumbent, and the candidate by its `outputs`, on the held-out rows that neither was trained on.

    One that can't be run has no metrics and the reason. `rows` is how many are left: with too few neither has a metric.
    It is None, and all count, where the incumbent's artifact does not say what it was trained on.
    """
    if incumbent is None:
        return None
    told = {"version": incumbent["version"], "metrics": None, "reason": None, "inputs": None, "outputs": None}
    try:
        _unpack(Path(incumbent["tar"]), folder, Artifact(**incumbent["artifact"]))
        loaded = _load(folder)
        told |= _signature(loaded["tensorflow"])
        theirs, known = [_predictions(task, one, held_out) for one in loaded.values()], bloom.read(folder)
    except Exception as error:  # a version made by other code, maybe long ago, may fail in any way
        return told | {"reason": " ".join(str(error).split())[:200]}
    is_known = known is not None and known.kind == held_out.trained.kind
    new = np.flatnonzero(~known.holds(held_out.keys)) if is_known else np.arange(len(held_out.keys))
    told |= {"rows": len(new) if is_known else None, "metrics": {}, "candidate": {}}
    if len(new) < min(FEWEST_ROWS, len(held_out.keys)):
        return told
    for name, those in ("metrics", theirs), ("candidate", outputs):
        told[name] = _score(task, [found[new] for found in those], held_out.labels[new])
    return told
