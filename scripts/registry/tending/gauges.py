"""What Prometheus can ask an agent, made anew for each question: the vitals are all that it holds."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from registry.tending.vitals import Vitals

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _Told:
    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        one = self._vitals
        for name, text, count in (
            ("agent_rounds", "Rounds that ended.", one.rounds),
            ("agent_failures", "Those of them after which something was the matter.", one.failures),
        ):
            counter = CounterMetricFamily(name, text, labels=["environment"])
            counter.add_metric([one.environment], count)
            yield counter
        for name, text, value in (
            ("agent_last_round_timestamp_seconds", "When the last round ended.", one.last_round),
            (
                "agent_last_success_timestamp_seconds",
                "When the last one ended after which nothing was the matter.",
                one.last_success,
            ),
            ("agent_held", "Models whose pinned version is not tried again.", len(one.held)),
            ("agent_drift", "Models that the last look found otherwise than they had been deployed.", len(one.drift)),
            ("agent_faults", "What is the matter.", len(one.faults)),
        ):
            gauge = GaugeMetricFamily(name, text, labels=["environment"])
            if value is not None:
                gauge.add_metric([one.environment], value)
            yield gauge
        followed = GaugeMetricFamily(
            "agent_followed", "The commit of main that is followed.", labels=["environment", "commit"]
        )
        followed.add_metric([one.environment, one.followed], 1)
        yield followed


def page(vitals: Vitals) -> bytes:
    """Return what Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(vitals))
    return generate_latest(registry)
