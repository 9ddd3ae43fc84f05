"""What ships of a keras.Model is what predict() runs: inference mode, and nothing that draws at random."""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow
from keras.src.export.export_utils import get_input_signature  # what model.export() takes; keras.export lacks it

from registry.artifacts import arrays, bulk, inference
from registry.artifacts.arrays import Features
from registry.artifacts.inference import Arrays
from registry.artifacts.runtime import Runtime
from registry.errors import RegistryError
from registry.exports import proofs
from registry.exports.modelcode import ModelCode, explanation

PREDICTED = 1e-3  # predict() takes other batches, which a GPU or half precision round differently
MOST_ROWS, TRIES = 256, 5
VARIABLES = "variables", "trainable_variables", "non_trainable_variables"
ONLY = "output_0"  # TensorFlow's name for what has none


class KerasModel:
    """A keras.Model that train() returned."""

    runs_here = True

    def __init__(self, code: ModelCode, model: keras.Model) -> None:
        self._code, self._model = code, model

    def export(self, output: Path) -> None:
        """Write the SavedModel: the same weights each time, not the same bytes, since TensorFlow adds a random number.

        What model.export() writes leaves it to each layer whether it is training; layers for augmentation think that
        it is.
        """
        model = self._model
        try:
            taken, archive = _named(get_input_signature(model)), keras.export.ExportArchive()
            archive.track(model)
            for name in VARIABLES:  # else each is written twice: as Keras has it, and as TensorFlow does
                archive.add_variable_collection(name, [one.value for one in getattr(model, name)])
            archive.add_endpoint("serve", lambda *args: _given(model, _infer(model, *args)), taken)
            archive.write_out(str(output), verbose=False)
        except Exception as error:  # a person's model may fail here in any way; it is their fault to mend
            text = f"{type(error).__name__}: {explanation(error)}"
            raise self._code.fault("train", f"returned a model that can't be exported: {text}") from error

    def answers(self, features: Features, batch: int = 32) -> Arrays:
        """Return what predict() answers to so many rows at once, by the names that the exported model has for it.

        Raises RegistryError, at its line, for what it raises.
        """
        found = [self._some(some, batch) for some in bulk.pieces(features, batch)]  # predict() makes a tensor of all
        return {name: np.concatenate([one[name] for one in found]) for name in found[0]}

    def _some(self, features: Features, batch: int) -> Arrays:
        with self._code.blamed("train"):
            answers = self._model.predict(_tensors(features), batch_size=batch, verbose=0)
        named = _given(self._model, answers)
        named = named if isinstance(named, dict) else {ONLY: named}
        return {name: np.asarray(keras.tree.flatten(part)[0]) for name, part in named.items()}

    def digest(self) -> str:
        """Return the SHA-256 over all weights in their order: shape, type and bytes."""
        hashed = hashlib.sha256()
        for weight in self._model.get_weights():
            hashed.update(f"{weight.shape} {weight.dtype}\n".encode())
            hashed.update(np.ascontiguousarray(weight).tobytes())
        return hashed.hexdigest()

    def prove(self, loaded: Runtime, features: Features, answers: Arrays) -> None:
        """Raise RegistryError unless an exported model answers rows as it did before, and as predict() does."""
        again = proofs.differences(answers, inference.answers(loaded, features))
        batch = min(32, -(-len(again) // 2))  # not all rows at once: each must have its answer by itself
        predicted = proofs.differences(answers, self.answers(features, batch))
        for differences, tolerance in (again, proofs.TOLERANCE), (predicted, PREDICTED):
            if differences.max() > tolerance:
                odd = np.flatnonzero(differences > tolerance)[:MOST_ROWS]
                is_random = again.max() > proofs.TOLERANCE
                raise self._explained(arrays.rows(features, odd), is_random, predicted.max())

    def _explained(self, features: Features, is_random: bool, by: float) -> RegistryError:
        code, model = self._code, self._model
        with code.blamed("train"):
            layer = next(filter(None, (_drawing(model, features) for _ in range(TRIES))), None)
        told = proofs.OTHERWISE
        if layer is not None:
            own = not type(layer).__module__.startswith("keras.") or isinstance(layer, keras.layers.Lambda)
            mend = "let it take `training`, and draw only where that is true" if own else (
                "call it without training=True, and let each call() around it take `training` and hand it on"
            )  # fmt: skip
            name = f"layer {layer.name} ({type(layer).__name__})"
            return code.fault("train", f"{told}, since its {name} draws at random in predict(), too; {mend}")
        if is_random:
            return code.fault("train", f"{told}; draw at random only where `training` is true")
        told = f"returned a model whose predict() answers otherwise than its call() (difference {by:.2g})"
        return code.fault("train", f"{told}; let call() do all of it, for each row by itself")


def _named(taken: object) -> object:
    """Return a signature where each input that has no name, but a key in a dictionary, has that for a name."""
    for path, spec in keras.tree.flatten_with_path(taken):
        if spec.name is None and path and isinstance(path[-1], str):
            spec.name = path[-1]
    return taken


def _infer(model: keras.Model, *args: object) -> object:
    """Call a model as predict() does."""
    mode = {"training": False} if "training" in inspect.signature(model.call).parameters else {}
    return model(*args, **mode)


def _given(model: keras.Model, answers: object) -> object:
    """Return several answers by name: the keys that they have, else the names of the layers that give them."""
    found = keras.tree.flatten_with_path(answers)
    if len(found) == 1:
        return answers
    layers = getattr(model, "output_names", [])
    is_list = all(len(path) == 1 and isinstance(path[0], int) for path, _ in found)
    if not (is_list and len({*layers}) == len(found)):
        layers = ["_".join(map(str, path if isinstance(path[0], str) else ("output", *path))) for path, _ in found]
    return {name: answer for name, (_, answer) in zip(layers, found, strict=True)}


def _tensors(features: Features) -> object:
    """Return features as Keras takes them; text it takes as tensors only."""
    if isinstance(features, dict):
        return {name: _tensors(part) for name, part in features.items()}
    return features if features.dtype.kind in arrays.NUMBERS else tensorflow.constant(features.astype(object))


def _drawing(model: keras.Model, features: Features) -> keras.Layer | None:
    """Return the innermost layer that answers the same inputs otherwise the second time, if there is one."""
    first, second = _followed(model, features), _followed(model, features)
    pairs = zip(first, second, strict=False)
    return next((one for (one, *before), (other, *after) in pairs
                 if one is other and _same(before[0], after[0]) and not _same(before[1], after[1])), None)  # fmt: skip


def _followed(model: keras.Model, features: Features) -> list[tuple[keras.Layer, list, list]]:
    """Return what goes into and comes out of each layer as a model answers, inner layers before those around them."""
    found: list[tuple[keras.Layer, list, list]] = []
    kept = [(layer, layer.call) for layer in model._flatten_layers()]
    for layer, call in kept:
        layer.call = _following(layer, call, found)
    try:
        _infer(model, _tensors(features))
    finally:
        for layer, call in kept:
            layer.call = call
    return found


def _following(layer: keras.Layer, call: Callable, found: list) -> Callable:
    def followed(*args: object, **kwargs: object) -> object:
        outputs = call(*args, **kwargs)
        found.append((layer, _values((args, kwargs)), _values(outputs)))
        return outputs

    return followed


def _values(structure: object) -> list[np.ndarray]:
    return [np.asarray(one) for one in keras.tree.flatten(structure) if keras.ops.is_tensor(one)]


def _same(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))
