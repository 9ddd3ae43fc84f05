"""A released version held against other thresholds than those that it was released by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry import versions
from registry.environments.manifests import Environment
from registry.errors import refuse
from registry.judging import verdicts
from registry.judging.verdicts import Judgement
from registry.releases.storage import Store


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


def judge(model: str, version: str, thresholds: Mapping, places: Mapping[str, Environment], store: Store) -> Judged:
    """Judge a released version again by its recorded report; raise RegistryError when it has none there."""
    tag = versions.tag(model, version)
    facts = store.facts(tag)
    if facts is None:
        text = f"is not in {store.place}, and only what is released can be judged again"
        raise refuse(tag, f"{text}; name where it lies with --releases or --repository")
    judgements = verdicts.judge(facts["report"], thresholds, facts["report"]["task"])
    return Judged(model, version, judgements, running(model, version, places))


def running(model: str, version: str, places: Mapping[str, Environment]) -> list[str]:
    """Return the environments that pin a version."""
    return [name for name, place in places.items() if model in place.pins and place.pins[model].version == version]
