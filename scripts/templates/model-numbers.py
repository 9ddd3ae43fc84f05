"""A small dense network that answers a number to a row of numbers."""

from typing import Annotated

import keras
from keras import layers


def train(features, labels, *, seed: int, epochs: Annotated[int, "1.."], learning_rate: float):
    """Return the network, trained; the registry has set every random generator by `seed` before.

    The arguments are the spec's `training`, and `validate` holds its values against these annotations, read from their
    text: int, float, str, bool, None, list[int], dict[str, float], `int | None`, Literal["adam", "sgd"], and limits by
    Annotated[int, "1..100"], "1.." and "..100", or annotated_types' Ge, Gt, Le, Lt and Interval. Others are not judged.
    """
    normalization = layers.Normalization()
    normalization.adapt(features)
    mean, deviation = float(labels.mean()), float(labels.std()) or 1.0
    answer = layers.Rescaling(deviation, offset=mean)
    network = keras.Sequential([layers.Dense(32, activation="relu"), layers.Dense(1)])
    model = keras.Sequential([keras.Input((features.shape[1],), name="row"), normalization, network, answer])
    scaled = keras.Sequential([keras.Input((features.shape[1],)), normalization, network])
    scaled.compile(keras.optimizers.Adam(learning_rate), "mse")
    scaled.fit(features, (labels - mean) / deviation, epochs=epochs, verbose=2)
    return model
