"""The examination's rows, read from a CSV file."""

import numpy as np


def load(path):
    """Return features of shape (rows, columns) and labels; the last column is the label, a whole number from 0."""
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    return rows[:, :-1], rows[:, -1].astype(int)
