"""A network for a table of numbers, which come in as they are: scaling them and filling gaps is part of the model."""

import keras
import numpy as np
from keras import layers, ops


def train(features, labels, *, seed: int, units: int, epochs: int, learning_rate: float):
    """Return a model with an input for each number, of which any may be missing: NaN is taken for the mean."""
    inputs = [keras.Input((), name=name) for name in features]
    scaled = layers.Normalization()
    scaled.adapt(np.stack([*features.values()], axis=1))
    numbers = scaled(ops.stack(inputs, axis=1))
    hidden = ops.where(ops.isnan(numbers), 0.0, numbers)
    for _ in range(2):
        hidden = layers.Dense(units, activation="relu")(hidden)
    miles = layers.Rescaling(labels.std(), labels.mean())(layers.Dense(1)(hidden))
    model = keras.Model(dict(zip(features, inputs, strict=True)), miles)
    model.compile(keras.optimizers.Adam(learning_rate), "mae")
    model.fit(features, labels, epochs=epochs, verbose=2)
    return model
