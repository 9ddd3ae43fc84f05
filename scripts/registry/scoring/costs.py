"""What versions cost that are asked in turn: time and bytes, and how sure that is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from registry.scoring import timing


@dataclass(frozen=True)
class Costs:
    """What a version and, where there is one, the older one cost: timings (versions, repeats) in ms, and bytes."""

    repeats: np.ndarray
    sizes: Sequence[int]

    def of(self, version: int) -> dict[str, float]:
        """Return the costs of one of them; what comes with a model and nobody serves doesn't count."""
        return {timing.LATENCY: timing.median(self.repeats[version]), timing.SIZE: self.sizes[version] / 1e6}

    def evidence(self, version: int) -> dict[str, dict]:
        """Return how sure the costs of one of them are."""
        return _told({timing.LATENCY: timing.sure(self.repeats[version]), timing.SIZE: {"kind": "exact"}})

    @property
    def differences(self) -> dict[str, dict]:
        """How sure the differences of the first from the older one's are."""
        return _told({timing.LATENCY: timing.difference(*self.repeats), timing.SIZE: {"kind": "exact"}})


def _told(evidence: Mapping[str, dict | None]) -> dict[str, dict]:
    return {name: one for name, one in evidence.items() if one}
