"""A small convolutional network for 28×28 grey images."""

import keras
from keras import layers


def train(features, labels, *, seed: int, epochs: int, batch_size: int, learning_rate: float):
    """Return the network, trained; the registry has set every random generator by `seed` before."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(features, labels, epochs=epochs, batch_size=batch_size, verbose=2)
    return model
