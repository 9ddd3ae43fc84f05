"""Texts, from load() to train() and into the served graph, and which operations keep such a graph from LiteRT."""

from pathlib import Path

import pytest
from tinymodels import NETWORK, SOFTMAX, tiny

LOAD = """\
def load(path):
    texts = np.array(["good", "bad", "so so"])[np.arange(150) % 3]
    texts = np.char.add(texts, np.char.mod(" %d", np.arange(150)))
    return {}, np.arange(150) % 3

"""
WORDS = """\
def vectors(name, features, rank):
    words = layers.TextVectorization(output_sequence_length=4)
    words.adapt(features[:, 0] if rank else features)
    text = keras.Input((2,) * rank, dtype="string", name=name)
    some = text[:, 0] if rank else text
    return text, layers.Flatten()(layers.Embedding(words.vocabulary_size(), 2)(words(some)))


def fitted(model, features, labels):
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(features, labels, epochs=1, verbose=2, validation_split=0.2)
    return model

"""
ONE = f"""\
def train(features, labels, *, seed, epochs):
    assert features[labels == 0][0].startswith("good ")
    text, flat = vectors("text", features, 0)
    return fitted(keras.Model(text, {SOFTMAX}(flat)), features, labels)
"""
SEVERAL = f"""\
def train(features, labels, *, seed, epochs):
    assert not features["short"].flags.writeable
    (a, some), (b, more), (c, rest) = (
        vectors(name, features[name], len(features[name].shape) - 1) for name in ("fixed", "short", "two")
    )
    row = keras.Input((), name="number")
    joined = layers.Concatenate()([some, more, rest, layers.Reshape((1,))(row)])
    return fitted(keras.Model([a, b, c, row], {SOFTMAX}(joined)), features, labels)
"""
MAPPING = """{"fixed": texts, "short": texts.astype(object), "two": np.stack([texts, texts], 1),
            "number": np.arange(150, dtype="float32")}"""
CODE = {"one": ("texts", ONE), "several": (MAPPING, SEVERAL)}
TEXT = "RaggedTensorToTensor, StaticRegexReplace, StringLower, StringSplitV2"


@pytest.mark.parametrize("kind", CODE)
def test_text_reaches_train_as_keras_takes_it(kind: str, folder: Path) -> None:
    features, train = CODE[kind]
    lite = tiny(folder, LOAD.format(features), WORDS + train).train()["lite"]
    assert lite == f"does not convert: LiteRT does not run {TEXT}"


def test_an_operation_that_litert_has_but_does_not_run_so_is_named_too(folder: Path) -> None:
    layer = "keras.Input((None,), name='row'), layers.Reshape((-1, 1)), layers.LSTM(2)"
    train = NETWORK.replace('keras.Input((4,), name="row")', layer).format(SOFTMAX, "return model")
    assert tiny(folder, train=train).train()["lite"] == "does not convert: LiteRT does not run TensorListReserve"
