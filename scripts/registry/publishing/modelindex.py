"""The head of a model card: what machines read of it, as Hugging Face's metadata specification has it. Pure.

https://github.com/huggingface/hub-docs/blob/main/modelcard.md has the fields, https://huggingface.co/metrics the
metrics' names, https://huggingface.co/docs/hub/repositories-licenses the licences'.
"""

import posixpath
import re
from collections.abc import Mapping

from registry.formats.markdown import one_line
from registry.specs import sources

LIBRARY = "tf-keras"  # whose models are SavedModels there
TAGS = {"litert": ["keras", "tensorflow", "litert"], "tensorflow": ["keras", "tensorflow"], "onnx": ["onnx"]}
LICENCES = {
    "apache-2.0", "mit", "openrail", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0",
    "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cdla-sharing-1.0", "cdla-permissive-1.0",
    "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2", "agpl-3.0",
    "gfdl", "gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "isc", "lppl-1.3c", "ms-pl", "mpl-2.0", "odc-by", "odbl",
    "osl-3.0", "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib", "pddl",
}  # fmt: skip
# metric -> its name there, and what it is computed with; those that have none keep theirs
METRICS = {
    "precision": ("precision", {"average": "macro"}),
    "recall": ("recall", {"average": "macro"}),
    "f1": ("f1", {"average": "macro"}),
    "rmse": ("mse", {"squared": False}),
    "r2": ("r_squared", {}),
    "brier": ("brier_score", {}),
}
COSTS = ("latency_ms", "size_mb")  # of a machine, and of a file: no measures of how good a model is


def head(report: Mapping) -> dict:
    """Return the head of a report's model card; what nobody said, such as a licence, is left out."""
    card, task = report.get("card", {}), kind(report)
    results = [*_metrics(report)]
    return {
        **_licence(card.get("licence")),
        "library_name": "onnx" if report["runtime"] == "onnx" else LIBRARY,
        "pipeline_tag": task,
        "tags": [*TAGS[report["runtime"]], report["task"]],
        "metrics": list(dict.fromkeys(one["type"] for one in results)),
        "model-index": [
            {
                "name": report["model"],
                "results": [{"task": {"type": task}, "dataset": _dataset(report), "metrics": results}],
            }
        ],
    }


def kind(report: Mapping) -> str:
    """Return what Hugging Face calls a task, by what goes in: images, text, or numbers in a table."""
    shapes = [(one["dtype"], one["shape"]) for one in report["inputs"]]
    if report["task"] == "classification" and len(shapes) == 1:
        ((dtype, shape),) = shapes
        if dtype == "bytes":
            return "text-classification"
        if len(shape) == 4 and shape[-1] in (1, 3, 4):
            return "image-classification"
    return f"tabular-{report['task']}" if report["task"] in ("classification", "regression") else "other"


def _licence(name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    plain = re.sub("-(only|or-later)$", "", name.strip().lower())
    if plain in LICENCES:
        return {"license": plain}
    return {"license": "other", "license_name": re.sub("[^a-z0-9.+]+", "-", plain).strip("-") or "other"}


def _dataset(report: Mapping) -> dict[str, str]:
    """Return what a model was judged on: held-out rows of the data, or of a file of their own."""
    source = list(sources.of_rows(report).values())[-1]
    file = source.get("member") or source.get("path") or source.get("url") or ""
    name = report.get("card", {}).get("data", {}).get("name") or posixpath.basename(file)
    slug = re.sub("[^a-z0-9._]+", "-", one_line(name).lower()).strip("-")
    return {"type": slug or "data", "name": one_line(name), "split": "held out", "revision": source["sha256"]}


def _metrics(report: Mapping):
    for metric, value in sorted(report["metrics"].items()):
        if metric not in COSTS and value is not None:
            named, told = METRICS.get(metric, (metric, {}))
            if ranking := report.get("ranking"):
                named, told = metric, {"k": ranking["k"]}
            yield {"type": named, "name": metric, "value": value, **({"args": told} if told else {})}
