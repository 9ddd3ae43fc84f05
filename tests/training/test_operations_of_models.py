"""Real models and what they may do: layers of every kind pass, whatever touches the machine is refused by its layer."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow
from keras import layers
from keras.src.export.export_utils import get_input_signature
from tensorflow.python.framework import op_def_registry

from registry.artifacts import runtime
from registry.errors import RegistryError
from registry.graphs import operations

AGAIN = "leave it out, and build the version again"
SAVED_MODEL = {heading: names for heading, names in operations.known().items() if heading.startswith("SavedModel")}
ALLOWED = {name for heading, names in SAVED_MODEL.items() if heading != "SavedModel, never" for name in names}
ASKS = {"filename", "vocab_file", "output_stream", "descriptor_source", "memory_region_name", "debug_urls", "token",
        "container_path", "address", "target"}  # fmt: skip


def exported(model: keras.Model, folder: Path) -> Path:
    """Write a model's SavedModel as build does, without its proofs."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", lambda *args: model(*args, training=False), get_input_signature(model))
    archive.write_out(str(folder / "saved"), verbose=False)
    return folder / "saved"


def refused(model: keras.Model, folder: Path) -> str:
    saved = exported(model, folder)
    with pytest.raises(RegistryError) as error:
        runtime.load(saved, "tensorflow")
    return str(error.value).removeprefix(f"{saved}/saved_model.pb: ")


def around(call: Callable) -> keras.Model:
    """Return a model whose layer `odd` does something beside its work."""

    class Odd(layers.Layer):
        def call(self, x):
            return call(x)

    rows = keras.Input((3,), name="row")
    return keras.Model(rows, layers.Dense(2)(Odd(name="odd")(rows)), name="model")


@tensorflow.function
def inner(x):
    for _ in tensorflow.range(2):
        tensorflow.io.write_file("/tmp/never", "text")
    return x


def write(x):
    tensorflow.io.write_file("/tmp/never", "text")
    return x


def read(x):
    return x + tensorflow.cast(tensorflow.strings.length(tensorflow.io.read_file("/etc/passwd")), tensorflow.float32)


def print_(x):
    tensorflow.print("seen", output_stream="file:///tmp/never")
    return x


def python(x):
    return tensorflow.ensure_shape(tensorflow.py_function(lambda value: value, [x], tensorflow.float32), (None, 3))


def clock(x):
    return x + tensorflow.cast(tensorflow.timestamp(), tensorflow.float32)


def branch(x):
    return tensorflow.cond(tensorflow.reduce_sum(x) > 0, lambda: read(x), lambda: x)


REFUSED = {
    write: ("WriteFile", "writes a file"),
    inner: ("WriteFile", "writes a file"),
    read: ("ReadFile", "reads a file"),
    branch: ("ReadFile", "reads a file"),
    print_: ("PrintV2", "writes where an attribute says: into the log, or a file"),
    python: ("EagerPyFunc", "runs Python code of the process that loads it"),
    clock: ("Timestamp", "answers by the clock"),
}


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: getattr(call, "__name__", "inner"))
def test_what_touches_the_machine_is_refused_by_its_layer(tmp_path: Path, call: Callable) -> None:
    operation, reason = REFUSED[call]
    assert refused(around(call), tmp_path) == f"layer model_1/odd_1: uses {operation}, which {reason}; {AGAIN}"


def test_a_vocabulary_in_a_file_is_refused_and_what_to_do_is_told(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a\nb\n")
    text = keras.Input((1,), dtype="string", name="text")
    model = keras.Model(text, layers.StringLookup(vocabulary=str(tmp_path / "words.txt"))(text))
    assert "reads a file (give the layer its vocabulary as a list instead)" in refused(model, tmp_path)


def everything() -> keras.Model:
    """A model of many kinds of layers, untrained."""
    text = keras.Input((1,), dtype="string", name="text")
    words = layers.TextVectorization(output_sequence_length=5)
    words.adapt(["a b c", "b d"])
    look = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(text)
    hashed = layers.Hashing(4, output_mode="one_hot")(text)
    series = layers.Embedding(20, 4, mask_zero=True)(words(text))
    series = layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.1))(series)
    series = layers.LayerNormalization()(series + layers.MultiHeadAttention(2, 3)(series, series))
    series = layers.GRU(3)(layers.Conv1D(4, 2)(series))
    image = keras.Input((16, 16, 3), name="image")
    x = layers.RandomFlip()(layers.RandomRotation(0.1)(layers.Rescaling(1 / 255)(layers.Resizing(12, 12)(image))))
    x = layers.SeparableConv2D(4, 3)(layers.BatchNormalization()(layers.Conv2D(4, 3, activation="gelu")(x)))
    x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(layers.Conv2DTranspose(4, 2)(x)))
    row = keras.Input((3,), name="row")
    scale = layers.Normalization()
    scale.adapt(np.random.default_rng(1).normal(size=(9, 3)))
    bins = layers.Discretization([0.0, 1.0], output_mode="one_hot")(row[:, :1])
    joined = layers.Concatenate()([look, hashed, series, x, layers.Dropout(0.3)(scale(row)), bins])
    return keras.Model([text, image, row], layers.Dense(2, activation="softmax")(joined))


def test_layers_of_every_kind_are_loaded(tmp_path: Path) -> None:
    saved = exported(everything(), tmp_path)
    taken = {one.name for one in runtime.load(saved, "tensorflow").inputs}
    assert taken == {"text", "image", "row"}


def definition(name: str):
    return op_def_registry.get(name)


def test_the_list_holds_operations_of_tensorflow_only() -> None:
    assert [name for name in ALLOWED if definition(name) is None] == []


def test_what_calls_functions_is_listed_as_such() -> None:
    calling = {name for name in ALLOWED if any(a.type in ("func", "list(func)") for a in definition(name).attr)}
    assert calling == SAVED_MODEL["SavedModel, calls"].keys()


def test_no_operation_on_the_list_takes_the_name_of_a_file_or_a_place_in_an_attribute() -> None:
    named = {name for name in ALLOWED for attribute in definition(name).attr if attribute.name in ASKS}
    assert named == set()
