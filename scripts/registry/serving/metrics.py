"""What Prometheus can ask. The one door to prometheus_client.

With several workers the numbers of all of them are added up, from files in the folder that the variable
PROMETHEUS_MULTIPROC_DIR names.
"""

import os
from collections.abc import Iterator
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from registry.running.supervision import Served
from registry.serving.following import Directory

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counts of one process, and the page that shows them."""

    def __init__(self, directory: Directory) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "serve_requests",
            "Prediction requests answered.",
            ["protocol", "model", "version", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "serve_request_seconds",
            "Time from a prediction request's headers to its answer.",
            ["protocol", "model", "version"],
            registry=self._registry,
            buckets=BUCKETS,
        )
        self._compared = Counter(
            "serve_compared",
            "Requests that the version which is tried got copies of, by the share of their rows that agrees.",
            ["model", "version", "agrees"],
            registry=self._registry,
        )
        self._dropped = Counter(
            "serve_not_compared",
            "Copies of requests that were not compared: there was no room for them, or their process ended.",
            ["model", "version"],
            registry=self._registry,
        )
        self._series = cache(self._find_series)
        self._loaded = _Loaded(directory)
        self._registry.register(self._loaded)

    def count(self, protocol: str, model: str, version: str, status: int, seconds: float) -> None:
        """Count one prediction request. An unknown model's name must be "": clients could make up any number."""
        answered, timed = self._series(protocol, model, version, status)
        answered.inc()
        timed.observe(seconds)

    def _find_series(self, protocol: str, model: str, version: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(protocol, model, version, status), self._seconds.labels(protocol, model, version)

    def compare(self, version: Served, agrees: float | None) -> None:
        """Count one copy of a request, of which so large a share agrees; None where it was not compared."""
        if agrees is None:
            self._dropped.labels(version.model, version.number).inc()
            return
        for told, share in ("true", agrees), ("false", 1 - agrees):
            self._compared.labels(version.model, version.number, told).inc(share)

    def page(self) -> bytes:
        """Return what Prometheus reads."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)
        everyone.register(self._loaded)
        return generate_latest(everyone)


class _Loaded:
    """The versions in memory, read from the directory when asked, so that it is always true."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "serve_model_loaded",
            "Versions in memory; 1 for the one that answers by default, else 0.",
            labels=["model", "version", "runtime"],
        )
        for name, model in self._directory.models.items():
            for version in model.versions.values():
                family.add_metric([name, str(version.number), version.kind], float(version is model.latest))
        yield family
        yield self._shares()

    def _shares(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "serve_trial_share",
            "The share of requests that a version which is tried takes now: 0 in the shadow, and where it can't answer.",
            labels=["model", "version"],
        )
        for name, model in self._directory.models.items():
            if model.rollout and model.rollout.trial is not None:
                is_there = model.rollout.trial in model.versions
                family.add_metric([name, str(model.rollout.trial)], model.rollout.taken * is_there)
        return family
