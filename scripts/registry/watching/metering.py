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
        for family in self._families.values():
            for sample in family.samples:
                if _is_figure(sample) and not 0 <= sample.value < math.inf:
                    raise refuse(place, f"tells {sample.value} of {sample.name}, which nobody can have counted")

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
        return tuple(sorted(counts.items()))


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


def _sum(samples: Iterable[Sample], counts: Callable[[Sample], bool] = lambda _: True) -> float:
    return sum(one.value for one in samples if counts(one))
