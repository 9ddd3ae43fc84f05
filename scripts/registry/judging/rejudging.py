"""A released version held against other thresholds than those that it was released by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.environments.manifests import Environment
from registry.judging import verdicts
from registry.judging.questions import Judgement
from registry.specs.thresholds import accepted


@dataclass(frozen=True)
class Judged:
    """A released version held against thresholds that changed, and the environments that run it."""

    model: str
    version: str
    judgements: Sequence[Judgement]
    runs_in: Sequence[str]

    @property
    def verdict(self) -> str:
        """What the new thresholds make of it."""
        return verdicts.overall(list(self.judgements))


def judge(report: Mapping, spec: Mapping, places: Mapping[str, Environment]) -> Judged:
    """Judge a released version again by its recorded report, and by what a spec asks of it and accepts."""
    model, version = report["model"], report["version"]
    judgements = verdicts.judge({**report, "accept": accepted(spec)}, spec["thresholds"], report["task"])
    return Judged(model, version, judgements, running(model, version, places))


def running(model: str, version: str, places: Mapping[str, Environment]) -> list[str]:
    """Return the environments that pin a version."""
    return [name for name, place in places.items() if model in place.pins and place.pins[model].version == version]
