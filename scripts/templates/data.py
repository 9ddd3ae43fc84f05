"""The examination's rows, read from a CSV file."""

import numpy as np

HEAD = 0  # lines above the rows


def load(path):
    """Return features of shape (rows, columns) and labels; the last column is the label, a whole number from 0.

    Where rows belong together, such as all of one patient, return a third array: the group of each, for
    `return features, labels, groups`. Rows of one group are then all trained with, or all held out.

    Where the report should look at some rows by themselves, or time parts them, return columns, too: a mapping of names
    to arrays with one value a row, as the last thing. `evaluation.slices` and `data.split` in model.yaml name them.
    """
    words = {"delimiter": ",", "quotechar": '"', "comments": None, "encoding": "utf-8-sig", "ndmin": 2}
    rows = np.loadtxt(path, np.float32, skiprows=HEAD, converters=lambda value: float(value or "nan"), **words)
    return rows[:, :-1], rows[:, -1].astype(int)
