"""The examination's rows, read from a CSV file."""

import numpy as np


def load(path):
    """Return features of shape (rows, columns) and labels; the last column is the label, a whole number from 0.

    Where rows belong together, such as all of one patient, return a third array: the group of each, for
    `return features, labels, groups`. Rows of one group are then all trained with, or all held out.
    """
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    return rows[:, :-1], rows[:, -1].astype(int)
