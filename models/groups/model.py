"""Clusters of images: an autoencoder learns to say each in a few numbers, and k-means finds the clusters of these."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

ROUNDS, TRIES = 30, 10


def train(features, *, seed: int, clusters: int, size: int, epochs: int, learning_rate: float):
    """Return a model that says how near an image is to each cluster, the nearest being the largest number."""
    encoder = keras.Sequential([keras.Input((28, 28, 1), name="image"), layers.Flatten(), layers.Dropout(0.3)])
    encoder.add(layers.Dense(256, activation="relu"))
    encoder.add(layers.Dense(size))
    decoder = [
        layers.Dense(256, activation="relu"),
        layers.Dense(784, activation="sigmoid"),
        layers.Reshape((28, 28, 1)),
    ]
    autoencoder = keras.Sequential([encoder, *decoder])
    autoencoder.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy")
    autoencoder.fit(features, features, batch_size=64, epochs=epochs, verbose=2)
    points = encoder.predict(features, verbose=0)
    _, centres = min((descended(points, clusters) for _ in range(TRIES)), key=lambda one: one[0])
    return keras.Model(encoder.inputs, -distances(encoder.outputs[0], centres))


def distances(points, centres):
    """Return the squared distance of each point from each centre."""
    return ops.sum(ops.square(ops.expand_dims(points, 1) - centres), axis=-1)


def descended(points, clusters):
    """Return how far points are from the centres of one try of Lloyd's k-means, in all, and these centres."""
    centres = points[np.random.choice(len(points), clusters, replace=False)]
    for _ in range(ROUNDS):
        nearest = ops.argmin(distances(points, centres), axis=1)
        centres = tf.math.unsorted_segment_mean(points, nearest, clusters)
    return float(ops.sum(ops.min(distances(points, centres), axis=1))), ops.convert_to_numpy(centres)
