"""The examination's rows, read from a CSV file whose labels are names."""

import csv

import numpy as np

HEAD = 0  # lines above the rows
NAMES = []  # of the labels 0, 1, …


def load(path):
    """Return features of shape (rows, columns) and labels; the last column is the label's name.

    Where rows belong together, such as all of one patient, return a third array: the group of each, for
    `return features, labels, groups`. Rows of one group are then all trained with, or all held out.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if row][HEAD:]
    numbers = {name: number for number, name in enumerate(NAMES)}
    features = np.array([[float(value.strip() or "nan") for value in row[:-1]] for row in rows], np.float32)
    return features, np.array([numbers[row[-1].strip()] for row in rows])
