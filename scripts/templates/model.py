"""A small dense network for rows of numbers."""

import keras
import numpy as np
from keras import layers


def load(path):
    """Return features of shape (rows, columns) and labels; the last column is the label, a whole number from 0."""
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    return rows[:, :-1], rows[:, -1].astype(int)


def train(features, labels, *, seed, epochs, learning_rate):
    """Return the network, trained; the registry has set every random generator by `seed` before."""
    normalization = layers.Normalization()
    normalization.adapt(features)
    model = keras.Sequential(
        [
            keras.Input((features.shape[1],), name="row"),
            normalization,
            layers.Dense(32, activation="relu"),
            layers.Dense(int(labels.max()) + 1, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(features, labels, epochs=epochs, verbose=2)
    return model
