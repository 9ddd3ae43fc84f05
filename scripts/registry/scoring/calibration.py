"""What metrics hide: whether probabilities come true, and where a regression errs, both over what was predicted. Pure."""

import numpy as np

from registry.scoring import evaluation

GROUPS = 10  # of predicted values, equally many rows in each
OUTER = 0.05, 0.95


def table(outputs: np.ndarray, labels: np.ndarray) -> dict:
    """Return the reliability table of probabilities: class 1 of two, else the likeliest; bins without rows left out."""
    probabilities, observed = evaluation.calibrated(outputs, labels)
    bins = evaluation.bins(probabilities)
    return {
        "bins": [
            {
                "low": at / evaluation.BINS,
                "high": (at + 1) / evaluation.BINS,
                "rows": int((bins == at).sum()),
                "predicted": float(probabilities[bins == at].mean()),
                "observed": float(observed[bins == at].mean()),
            }
            for at in np.unique(bins).tolist()
        ]
    }


def residuals(outputs: np.ndarray, labels: np.ndarray) -> dict:
    """Return label less prediction over predicted values: the mean, and between which values nine tenths lie."""
    edges = np.unique(np.quantile(outputs, np.arange(1, GROUPS) / GROUPS))
    bins = np.searchsorted(edges, outputs, side="right")
    found = []
    for at in np.unique(bins):
        predicted, left = outputs[bins == at], (labels - outputs)[bins == at]
        low, high = np.quantile(left, OUTER)
        found.append({
            "low": float(predicted.min()),
            "high": float(predicted.max()),
            "rows": len(left),
            "mean": float(left.mean()),
            "low_residual": float(low),
            "high_residual": float(high),
        })  # fmt: skip
    return {"bins": found}
