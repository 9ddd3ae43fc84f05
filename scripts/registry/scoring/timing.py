"""How long an answer takes, from repeats: the median, and how sure it is. Pure."""

import numpy as np

from registry.scoring import marking, resampling
from registry.scoring.marking import Evidence
from registry.scoring.resampling import RESAMPLES, SEED, Sample

LATENCY, SIZE = "latency_ms", "size_mb"


def median(repeats: np.ndarray) -> float:
    """Return the median of repeats: shape (repeats,)."""
    return float(np.median(repeats))


def sure(repeats: np.ndarray) -> Evidence | None:
    """Return how sure the median is."""
    return marking.resampled(_sample(repeats), len(repeats))


def difference(repeats: np.ndarray, others: np.ndarray) -> Evidence | None:
    """Return how sure the difference of two medians is, of repeats that were made in turn."""
    if np.array_equal(repeats, others):
        return {"kind": "exact"}
    found = _sample(repeats).less(_sample(others))
    return None if resampling.is_certain(found) else marking.resampled(found, len(repeats))


def _sample(repeats: np.ndarray) -> Sample:
    count = len(repeats)
    drawn = np.random.default_rng(SEED).integers(count, size=(RESAMPLES, count))
    left_out = np.array([[np.median(np.delete(repeats, at)) for at in range(count)]])
    value = np.array([median(repeats)])
    return Sample([LATENCY], value, np.median(repeats[drawn], axis=1)[None], left_out, value)
