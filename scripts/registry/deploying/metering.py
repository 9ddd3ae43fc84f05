"""Figures of versions out of a page that Prometheus reads, of `serve` or of TensorFlow Serving. A door to prometheus_client.

`serve` counts each version apart. TensorFlow Serving counts models as a whole: what one of its versions does it can't tell.
Its names and units are those of tensorflow_serving/servables/tensorflow/util.cc.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from registry import versions
from registry.deploying.tally import Buckets, Figures
from registry.errors import refuse

SERVE, TENSORFLOW = "serve_model_loaded", ":tensorflow:serving:request_count"
PAGES = {"directory": "/metrics", "tensorflow-serving": "/monitoring/prometheus/metrics"}
MICROSECONDS = 1e6
REFUSALS = {  # of TensorFlow's codes, those that HTTP has 400 to 499 for
    "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "UNAUTHENTICATED", "FAILED_PRECONDITION",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "CANCELLED", "RESOURCE_EXHAUSTED",
}  # fmt: skip


class Page:
    """One page as it was at one moment. `place` is where it comes from, for messages."""

    def __init__(self, place: str, text: str) -> None:
        """Raise RegistryError where it holds no figures of either server, or such as can't be."""
        self._families = _parsed(place, text)
        if not self._families.keys() & {SERVE, TENSORFLOW}:
            advice = "write in health.metrics where serve or TensorFlow Serving tells how it does"
            raise refuse(place, f"tells nothing of requests to models; {advice}")
        for family in self._families.values():
            for sample in family.samples:
                if _is_figure(sample) and not 0 <= sample.value < math.inf:
                    raise refuse(place, f"tells {sample.value} of {sample.name}, which nobody can have counted")

    @property
    def tells_versions(self) -> bool:
        """Whether it counts each version apart."""
        return SERVE in self._families

    def figures(self, model: str, version: str | None = None) -> Figures:
        """Return what was counted of a version, or of all of a model; of one that it can't tell nothing is known."""
        if self.tells_versions:
            number = {} if version is None else {"version": str(versions.to_integer(version))}
            return self._of_serve({"model": model} | number)
        return self._of_tensorflow({"model_name": model}) if version is None else Figures()

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
        )

    def _samples(self, family: str, ending: str, wanted: dict[str, str]) -> list[Sample]:
        found = self._families[family].samples if family in self._families else []
        return [one for one in found if one.name == family + ending and wanted.items() <= one.labels.items()]

    def _buckets(self, family: str, wanted: dict[str, str], unit: float) -> Buckets:
        counts: defaultdict[float, float] = defaultdict(float)
        for one in self._samples(family, "_bucket", wanted):
            counts[float(one.labels["le"]) / unit] += one.value
        return tuple(sorted(counts.items()))


def _parsed(place: str, text: str) -> dict[str, Metric]:
    try:
        return {family.name: family for family in text_string_to_metric_families(text)}
    except (ValueError, LookupError, TypeError) as error:
        what = "HTML" if text.lstrip().startswith("<") else "what Prometheus could not read"
        advice = "write in health.metrics where serve or TensorFlow Serving tells how it does"
        raise refuse(place, f"answers with {what}; {advice}") from error


def _is_figure(sample: Sample) -> bool:
    return sample.name.endswith(("_total", "_bucket")) and sample.name.startswith(("serve_", ":tensorflow:serving:"))


def _sum(samples: Iterable[Sample], counts: Callable[[Sample], bool] = lambda _: True) -> float:
    return sum(one.value for one in samples if counts(one))
