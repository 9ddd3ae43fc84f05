"""A factorisation: a vector for each person and each film, whose products say what somebody is likely to watch."""

import keras
import numpy as np
from keras import layers, ops


def train(features, labels, *, seed: int, size: int, answers: int):
    """Return a model of ids, which answers with those films first that a person is likeliest to watch next.

    The vectors are those of PureSVD (Cremonesi et al. 2010). Somebody unknown is taken for the average person.
    """
    users, rows = np.unique(features["user"], return_inverse=True)
    items, columns = np.unique(features["item"], return_inverse=True)
    watched = np.zeros((len(users), len(items)), "float32")
    watched[rows, columns] = 1
    persons, strengths, films = np.linalg.svd(watched, full_matrices=False)
    persons = persons[:, :size] * strengths[:size]
    user = keras.Input((), dtype="string", name="user")
    number = layers.StringLookup(vocabulary=users)(user)
    scores = _table(np.vstack([persons.mean(axis=0), persons]))(number) @ films[:size]
    seen = _table(np.vstack([np.zeros(len(items)), watched]))(number)
    score, best = ops.top_k(ops.where(seen > 0, -1e9, scores), answers)
    item = layers.StringLookup(vocabulary=items, num_oov_indices=0, invert=True)(best)
    return keras.Model(user, {"item": item, "score": score})


def _table(rows):
    """Return a layer that gives the row of each number."""
    return layers.Embedding(*rows.shape, weights=[rows])
