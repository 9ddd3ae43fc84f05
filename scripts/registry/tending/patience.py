"""How long something that failed is left alone: longer each time, and never as long as by any other agent. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

MOST = 900.0  # seconds between two tries, unless rounds are further apart
MOST_WANTED = 3600.0  # seconds that a server may ask for


@dataclass
class Patience:
    """When to try again what is tried `every` so many seconds; `chance` gives numbers from 0 up to 1.

    Times are seconds of a clock that only runs on.
    """

    every: float
    chance: Callable[[], float]
    failures: int = 0
    until: float = float("-inf")

    def is_due(self, now: float) -> bool:
        """Say whether it is time for another try."""
        return now >= self.until

    def failed(self, now: float, wanted: float = 0.0) -> None:
        """Let the next try wait, at least the seconds that a server wants."""
        self.failures += 1
        whole = min(self.every * 2 ** min(self.failures, 30), max(MOST, self.every))
        self.until = now + max(whole * (1 + self.chance()) / 2, min(wanted, MOST_WANTED))

    def succeeded(self) -> None:
        """Forget what failed."""
        self.failures, self.until = 0, float("-inf")
