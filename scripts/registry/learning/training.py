"""Learning, inside a process of its own: train, export. With exporting the door to TensorFlow for learning."""

import hashlib
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow

from registry.artifacts import arrays, inference, runtime
from registry.artifacts.arrays import Features
from registry.errors import RegistryError, within
from registry.learning import exporting, rows
from registry.learning.modelcode import COLOURS, ModelCode, explanation
from registry.learning.rows import Part
from registry.scoring import evaluation
from registry.tasks import given
from registry.tasks.asked import CLUSTERING

TOLERANCE = 1e-5
LACKING = re.compile(r"error: [^\n]*?'tf\.(\w+)'")  # each in a line of its own, with the reason
THREADS = 1  # more share out the sums by their number, and some kernels then add in another order each time
PROVED = 1000  # training rows at most that what is exported must answer as the model does


@dataclass(frozen=True)
class Task:
    """What is to be learned, as plain values that travel as JSON: `folder` holds model.py, `rows` the training part."""

    folder: str
    place: str
    task: str
    rows: str
    training: dict
    decision: float | None = None

    @property
    def seed(self) -> int:
        """Decides all that is random in training."""
        return self.training["seed"]


def fix_threads() -> None:
    """Let TensorFlow add up in one order, whatever the number of cores; it must not have computed anything before."""
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)


def prepare(task: Task) -> ModelCode:
    """Make this process deterministic, then import the model's code."""
    keras.utils.set_random_seed(task.seed)
    tensorflow.config.experimental.enable_op_determinism()
    return ModelCode(Path(task.folder), task.place)


def fit(task: Task, code: ModelCode, features: Features, labels: np.ndarray) -> keras.Model:
    """Return the model that train() makes of some rows; raise RegistryError when it makes none."""
    keras.utils.set_random_seed(task.seed)
    model = code.train(_as_taken(features), labels if task.task != CLUSTERING else None, task.training)
    if not isinstance(model, keras.Model):
        raise code.fault("train", f"returned {arrays.named(model)}; return a keras.Model")
    return model


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


def cross_validate(task: Task, fold: int) -> dict:
    """Train on all but one fold of the training part and return the metrics on that fold."""
    code = prepare(task)
    found = rows.read(Path(task.rows))
    train, test = found.folds[fold]
    model = fit(task, code, arrays.rows(found.features, train), found.labels[train])
    outputs = exporting.predict(code, model, arrays.rows(found.features, test))
    judged = _judgeable(code, task, outputs, found, len(test))
    return evaluation.score(task.task, judged, found.labels[test], task.decision)


def train(task: Task, output: Path) -> dict:
    """Train on the whole training part and export into `output`; return what is to be recorded."""
    code = prepare(task)
    found = rows.read(Path(task.rows))
    model = fit(task, code, found.features, found.labels)
    exporting.export(code, model, output)
    count = min(PROVED, len(found.labels))
    features = arrays.rows(found.features, np.arange(count))
    loaded = _load(code, output)
    outputs = _run(code, loaded, features)
    _judgeable(code, task, outputs, found, count)
    if bad := int((~np.isfinite(outputs)).reshape(count, -1).any(axis=1).sum()):
        text = f"returned a model whose outputs are NaN or infinite for {bad} of {count} training rows"
        advice = "; features hold NaN, so let the model's first layer fill the gaps" * arrays.has_gaps(features)
        raise code.fault("train", text + advice)
    exporting.prove(code, model, loaded, features, outputs)
    return {
        "weights_sha256": digest(model),
        "lite": _add_lite(output, loaded, features, outputs),
        "tools": _tools(),
    }


def _tools() -> dict[str, str | int]:
    """Return what trained: versions, and the kind of machine, whose last digits another kind may not give."""
    versions = {"python": platform.python_version(), "tensorflow": tensorflow.__version__, "keras": keras.__version__}
    threads = tensorflow.config.threading.get_intra_op_parallelism_threads()  # train() may have set another number
    return versions | {"machine": platform.machine(), "threads": threads}


def _load(code: ModelCode, output: Path) -> runtime.Runtime:
    try:
        return runtime.load(output, "tensorflow")
    except RegistryError as error:
        raise code.fault("train", f"returned a model that may not be loaded: {within(error, output)}") from error


def _run(code: ModelCode, loaded: runtime.Runtime, features: Features) -> np.ndarray:
    if len(loaded.outputs) != 1:
        raise code.fault("train", f"returned a model with {len(loaded.outputs)} outputs; it needs one")
    try:
        return inference.outputs(loaded, features)
    except ValueError as error:
        raise code.fault("train", f"returned a model that doesn't fit the features: {error}") from error


def _judgeable(code: ModelCode, task: Task, outputs: np.ndarray, found: Part, count: int) -> np.ndarray:
    try:
        return given.shaped(task.task, outputs, count, found.classes)
    except ValueError as error:
        raise code.fault("train", f"returned a model that {error}") from error


def _add_lite(output: Path, loaded: runtime.Runtime, features: Features, outputs: np.ndarray) -> str:
    """Put a LiteRT model beside the SavedModel, when it converts and answers the same; return that, or why not."""
    path = output / runtime.LITE_MODEL
    path.parent.mkdir(exist_ok=True)
    try:
        path.write_bytes(tensorflow.lite.TFLiteConverter.from_saved_model(str(output)).convert())
        lite = runtime.load(output, "litert")
        difference = float(np.abs(inference.outputs(lite, features) - outputs).max())
    except Exception as error:  # the converter raises whatever comes; a model without LiteRT ships all the same
        path.unlink(missing_ok=True)
        return f"does not convert: {_in_the_way(error) or explanation(error).replace(f'{output}/', '')}"
    same = difference <= TOLERANCE * max(1.0, float(np.abs(outputs).max()))
    if not same:
        path.unlink()
    words = "same outputs" if same else "different outputs"
    return f"{words} on {len(outputs)} training rows, largest difference {difference:.1e}"


def _in_the_way(error: Exception) -> str | None:
    """Say which operations LiteRT does not run, of what its converter says; None where it names none."""
    lacking = sorted(set(LACKING.findall(COLOURS.sub("", str(error)))))
    return f"LiteRT does not run {', '.join(lacking)}" if lacking else None


def digest(model: keras.Model) -> str:
    """Return the SHA-256 over all weights in their order: shape, type and bytes."""
    hashed = hashlib.sha256()
    for weight in model.get_weights():
        hashed.update(f"{weight.shape} {weight.dtype}\n".encode())
        hashed.update(np.ascontiguousarray(weight).tobytes())
    return hashed.hexdigest()
