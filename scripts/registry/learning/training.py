"""Learning, inside a process of its own, by a model's own packages: train, export, prove as far as these can."""

import importlib.metadata
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, bulk, inference, runtime
from registry.artifacts.arrays import Features
from registry.artifacts.inference import Arrays
from registry.artifacts.runtime import Runtime
from registry.errors import RegistryError, within
from registry.exports import made, onnxbytes, seeding
from registry.exports.made import Made
from registry.exports.modelcode import ModelCode
from registry.loading import rows
from registry.loading.rows import Part
from registry.machines import checkpoints
from registry.machines.station import Station
from registry.tasks import given
from registry.tasks.asked import CLUSTERING, ITEM, RANKING, SCORE, USER
from registry.tasks.measures import K

PROVED = 1000  # training rows at most that what is exported must answer as the model does
ANSWERS, GIVEN = "answers.npz", "outputs/"
BATCHES = "batches"  # of the argument by which train() takes its rows some at a time
# what trains, by the name that it is imported by; what else there is, a lock says
TRAINERS = {
    "tensorflow": "tensorflow", "keras": "keras", "sklearn": "scikit-learn", "lightgbm": "lightgbm", "xgboost": "xgboost",
    "catboost": "catboost", "torch": "torch", "jax": "jax", "onnx": "onnx",
}  # fmt: skip

Fail = Callable[[str], RegistryError]


@dataclass(frozen=True)
class Task:
    """What is to be learned, as plain values that travel as JSON: `folder` holds model.py, `rows` the training part.

    `packages` are what the model's code imports. `output` names which of the model's outputs is judged, None where it
    has one. `inputs` are the paths of files that train() takes beside the rows, by name. `own` is for scoring alone: the
    team's metrics, as `Team` has them, and the file with the columns of the rows.
    """

    folder: str
    place: str
    task: str
    rows: str
    training: dict
    decision: float | None = None
    output: str | None = None
    k: int = K
    inputs: dict = field(default_factory=dict)
    packages: list = field(default_factory=list)
    own: dict | None = None

    @property
    def seed(self) -> int:
        """Decides all that is random in training."""
        return self.training["seed"]

    @property
    def given(self) -> dict:
        """All that train() is given by name."""
        return self.training | {name: Path(place) for name, place in self.inputs.items()}


def prepare(task: Task) -> ModelCode:
    """Make this process deterministic, then import the model's code."""
    seeding.settle(task.seed)
    return ModelCode(Path(task.folder), task.place)


def station(code: ModelCode, kept: str | None, *, alone: bool = False) -> Station:
    """Return where train() is run; raise RegistryError, at its line, where machines can't train together."""
    try:
        return Station(kept, takes_checkpoints=code.takes("train", checkpoints.NAME), alone=alone)
    except ValueError as error:
        raise code.fault("train", str(error)) from error


def fit(task: Task, code: ModelCode, features: Features, labels: np.ndarray, on: Station) -> Made:
    """Return what train() makes of some rows; raise RegistryError when that is no model."""
    seeding.sow(task.seed)
    answers = labels if task.task != CLUSTERING else None
    streamed = {BATCHES: partial(_batches, features, answers)} if code.takes("train", BATCHES) else {}
    with on.used():
        found = code.train(_as_taken(features), answers, task.given | on.arguments | streamed)
    return made.of(code, on.devices.left_by(found))


def _batches(features: Features, labels: np.ndarray | None, size: int) -> Iterator[tuple | Features]:
    """Yield so many rows at a time, in the order in which train() gets all: features, and labels where there are any.

    They are copies, and what was read of a file is given back, so that little of it is ever in memory.
    """
    named = arrays.parts(features)
    places = np.arange(len(next(iter(named.values()))))
    for start in range(0, len(places), size):
        chosen = places[start : start + size]
        few = _as_taken(arrays.rows(features, chosen))
        for part in named.values():
            bulk.let_go(part)
        yield few if labels is None else (few, labels[chosen])


def _as_taken(features: Features) -> Features:
    """Return features whose text is as Keras takes it: `str` objects, and tensors where a row has several of them.

    These are made where model.py has taken TensorFlow; other libraries take objects in both.
    """
    if isinstance(features, dict):
        return {name: _as_taken(part) for name, part in features.items()}
    if features.dtype.kind in arrays.NUMBERS:
        return features
    texts = features.astype(object)
    texts.flags.writeable = False
    return sys.modules["tensorflow"].constant(texts) if texts.ndim > 1 and "tensorflow" in sys.modules else texts


def cross_validate(task: Task, fold: int, output: Path, kept: str | None = None) -> None:
    """Train on all but one fold of the training part; leave in a new folder what the model answers to that fold, or the
    model where only the registry can ask it."""
    code = prepare(task)
    on = station(code, kept, alone=True)
    found = rows.read(Path(task.rows))
    train, _ = found.folds[fold]
    model = fit(task, code, bulk.rows(found.features, train), found.labels[train], on)
    answers = model.answers(found.asked(task.task, fold))
    if answers is None:
        _export(code, model, output)
    else:
        output.mkdir(parents=True)
        named = {f"{GIVEN}{name}": part for name, part in answers.items()}
        np.savez(output / ANSWERS, allow_pickle=False, **arrays.plain(named))


def train(task: Task, output: Path, kept: str | None = None) -> dict:
    """Train on the whole training part and export into `output`; return what is to be recorded."""
    code = prepare(task)
    on = station(code, kept)
    found = rows.read(Path(task.rows))
    model = fit(task, code, found.features, found.labels, on)
    _export(code, model, output)
    proof = _proven(task, code, model, found, output)
    return {"weights_sha256": model.digest(), "lite": proof, "tools": _tools(task), "trained_on": on.told}


def _export(code: ModelCode, model: Made, output: Path) -> None:
    model.export(output)
    try:
        runtime.check(output)
    except RegistryError as error:
        raise code.fault("train", f"returned a model that may not be loaded: {within(error, output)}") from error


def _proven(task: Task, code: ModelCode, model: Made, found: Part, output: Path) -> str:
    """Prove what was exported where its runtime is here; return whether LiteRT runs it, or why not."""
    if not model.runs_here:
        return onnxbytes.LITE
    features = some(task, found)
    loaded, answers = checked(task, found, features, output, lambda text: code.fault("train", text))
    model.prove(loaded, features, answers)
    from registry.exports import conversion

    return conversion.add(output, features, answers)


def some(task: Task, found: Part) -> Features:
    """Return the rows that a model is proved on, of a ranking the persons in them."""
    rows = np.arange(min(PROVED, len(next(iter(arrays.parts(found.features).values())))))
    if task.task == RANKING:
        return {USER: np.unique(found.features[USER][rows])}
    return arrays.rows(found.features, rows)


def checked(task: Task, found: Part, features: Features, folder: Path, fail: Fail) -> tuple[Runtime, Arrays]:
    """Load what was exported; return it with what it answers to rows, if it may be judged by that; raise what fails."""
    loaded, answers = answered(features, folder, fail)
    outputs = judged(task, answers, found.classes, fail)
    if bad := int((~np.isfinite(outputs)).reshape(len(outputs), -1).any(axis=1).sum()):
        text = f"returned a model whose outputs are NaN or infinite for {bad} of {len(outputs)} training rows"
        raise fail(
            text + "; features hold NaN, so let the model's first layer fill the gaps" * arrays.has_gaps(features)
        )
    return loaded, answers


def answered(features: Features, folder: Path, fail: Fail) -> tuple[Runtime, Arrays]:
    """Load what was exported; return it with what it answers to rows; raise what fails."""
    try:
        loaded = runtime.load(folder, runtime.kinds(folder)[0])
    except RegistryError as error:
        raise fail(f"returned a model that may not be loaded: {within(error, folder)}") from error
    try:
        return loaded, inference.answers(loaded, features)
    except ValueError as error:
        raise fail(f"returned a model that doesn't fit the features: {error}") from error


def judged(task: Task, answers: Arrays, classes: int, fail: Fail) -> np.ndarray:
    """Return what is judged of what a model answers, in the shape that its task is scored by; raise what fails.

    Of a ranking that are the scores: whom the items are for is known to who scores them.
    """
    try:
        if task.task == RANKING:
            inference.judged(answers, ITEM)
            return inference.judged(answers, SCORE)
        rows = len(next(iter(answers.values())))
        return given.shaped(task.task, inference.judged(answers, task.output), rows, classes)
    except ValueError as error:
        raise fail(f"returned a model that {error}") from error


def _tools(task: Task) -> dict[str, str | int]:
    """Return what trained: versions, and the kind of machine, whose last digits another kind may not give.

    Keras imports scikit-learn, too, where that is installed.
    """
    asked = {name.split(".")[0] for name in task.packages} | {"tensorflow", "keras"}
    names = [name for name in TRAINERS if name in asked & sys.modules.keys()]
    versions = {name: importlib.metadata.version(TRAINERS[name]) for name in names}
    found = {"python": platform.python_version(), "machine": platform.machine(), **versions}
    if "tensorflow" in sys.modules:  # train() may have set another number
        found["threads"] = sys.modules["tensorflow"].config.threading.get_intra_op_parallelism_threads()
    return found
