"""Figures of versions out of a page that Prometheus reads, of `serve` or of TensorFlow Serving. A door to prometheus_client.

`serve` counts each version apart, TensorFlow Serving all of a model's together.
Its names and units are those of tensorflow_serving/servables/tensorflow/util.cc.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from registry import versions
from registry.environments.manifests import Environment
from registry.errors import refuse
from registry.watching.tally import Buckets, Figures

SERVE, TENSORFLOW = "serve_model_loaded", ":tensorflow:serving:request_count"
PATHS = {"tensorflow-serving": "/monitoring/prometheus/metrics"}  # by the kind of a target, where it is not USUAL
USUAL = "/metrics"
MICROSECONDS = 1e6
ADVICE = "write in health.metrics where serve or TensorFlow Serving tells how it does"
LABELS = {f"{TENSORFLOW}_total": "status", "serve_requests_total": "status", "serve_compared_total": "agrees"}
REFUSALS = {  # of TensorFlow's codes, those that HTTP has 400 to 499 for
    "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "UNAUTHENTICATED", "FAILED_PRECONDITION",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "CANCELLED",
}  # fmt: skip


class Page:
    """One page as it was at one moment. `place` is where it comes from, for messages."""

    def __init__(self, place: str, text: str) -> None:
        """Raise RegistryError where it holds no figures of either server, or such as can't be."""
        self._families = _parsed(place, text)
        if not self._families.keys() & {SERVE, TENSORFLOW}:
            raise refuse(place, f"tells nothing of requests to models; {ADVICE}")
        for sample in (one for family in self._families.values() for one in family.samples if _is_figure(one)):
            if fault := _fault(sample):
                raise refuse(place, f"tells {fault} of {sample.name}, which nobody can have counted")

    def figures(self, model: str, version: str) -> Figures:
        """Return what was counted of a version, or of all of its model's where the server doesn't count them apart."""
        if SERVE in self._families:
            return self._of_serve({"model": model, "version": str(versions.to_integer(version))})
        return self._of_tensorflow({"model_name": model})

    def _of_serve(self, wanted: dict[str, str]) -> Figures:
        requests = self._samples("serve_requests", "_total", wanted)
        compared = self._samples("serve_compared", "_total", wanted)
        return Figures(
            requests=_sum(requests),
            failed=_sum(requests, lambda one: one.labels["status"] >= "500"),
            refused=_sum(requests, lambda one: "400" <= one.labels["status"] < "500"),
            buckets=self._buckets("serve_request_seconds", wanted, 1),
            compared=_sum(compared),
            differing=_sum(compared, lambda one: one.labels["agrees"] == "false"),
        )

    def _of_tensorflow(self, wanted: dict[str, str]) -> Figures:
        requests = self._samples(TENSORFLOW, "_total", wanted)
        return Figures(
            requests=_sum(requests),
            failed=_sum(requests, lambda one: one.labels["status"] not in REFUSALS | {"OK"}),
            refused=_sum(requests, lambda one: one.labels["status"] in REFUSALS),
            buckets=self._buckets(":tensorflow:serving:request_latency", wanted, MICROSECONDS),
            is_apart=False,
        )

    def _samples(self, family: str, ending: str, wanted: dict[str, str]) -> list[Sample]:
        found = self._families[family].samples if family in self._families else []
        return [one for one in found if one.name == family + ending and wanted.items() <= one.labels.items()]

    def _buckets(self, family: str, wanted: dict[str, str], unit: float) -> Buckets:
        counts: defaultdict[float, float] = defaultdict(float)
        for one in self._samples(family, "_bucket", wanted):
            counts[float(one.labels["le"]) / unit] += one.value
        found = tuple(sorted(counts.items()))
        return found if _is_whole(found) else ()


def address(environment: Environment) -> str:
    """Return where the page is that tells how the models of an environment do, {model} standing for each in it."""
    path = PATHS.get(environment.kind, USUAL)
    return environment.health.metrics or environment.target["endpoint"].rstrip("/") + path


def _parsed(place: str, text: str) -> dict[str, Metric]:
    try:
        return {family.name: family for family in text_string_to_metric_families(text)}
    except (ValueError, LookupError, TypeError) as error:
        what = "HTML" if text.lstrip().startswith("<") else "what Prometheus could not read"
        raise refuse(place, f"answers with {what}; {ADVICE}") from error


def _is_figure(sample: Sample) -> bool:
    return sample.name.endswith(("_total", "_bucket")) and sample.name.startswith(("serve_", ":tensorflow:serving:"))


def _fault(sample: Sample) -> str | None:
    """Return what a server can't have told of a figure, None where it can."""
    label = "le" if sample.name.endswith("_bucket") else LABELS.get(sample.name)
    if not 0 <= sample.value < math.inf:
        return f"{sample.value}"
    if label is not None and label not in sample.labels:
        return f"no {label}"
    return "an le that is no number" if label == "le" and not _is_edge(sample.labels["le"]) else None


def _is_edge(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _is_whole(buckets: Buckets) -> bool:
    """Say whether buckets hold all requests, each those of the one before: else nothing can be told of what is slow."""
    counts = [count for _, count in buckets]
    return bool(buckets) and buckets[-1][0] == math.inf and counts == sorted(counts)


def _sum(samples: Iterable[Sample], counts: Callable[[Sample], bool] = lambda _: True) -> float:
    return sum(one.value for one in samples if counts(one))
