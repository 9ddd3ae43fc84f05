"""The examination's rows: sentences of film reviews, each rated by people."""

import tarfile

import numpy as np

FILE = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"


def load(path):
    """Return texts, 1 where people rated one as positive on average and 0 elsewhere, and how many words each has."""
    with tarfile.open(path) as archive:
        lines = archive.extractfile(FILE).read().decode("utf-8").splitlines()
    _, ratings, texts = np.array([line.split("\t") for line in lines]).T
    return texts, (ratings.astype(float) > 0).astype(int), {"words": np.char.count(texts, " ") + 1}
