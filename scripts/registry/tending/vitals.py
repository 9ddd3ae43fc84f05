"""How an agent is: what its rounds came to, as its pages tell it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Vitals:
    """What an agent knows of itself: times are seconds since 1970, None where there was none yet.

    `held` are models whose pinned version is not tried again, each with the reason; `drift` those that the last look
    found otherwise than they had been deployed, each with what was done; `faults` is what is the matter.
    """

    environment: str
    followed: str
    rounds: int = 0
    failures: int = 0
    last_round: float | None = None
    last_success: float | None = None
    held: Mapping[str, str] = field(default_factory=dict)
    drift: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether the last round found nothing the matter."""
        return self.last_round is not None and not self.faults

    def facts(self) -> dict:
        """Return all of it for a JSON document."""
        return asdict(self) | {"status": "well" if self.is_well else "not well"}
