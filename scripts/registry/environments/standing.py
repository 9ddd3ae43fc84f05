"""Where a model stands in an environment: what is pinned, runs, was deployed last, and what is the matter. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from registry.releases import ledger
from registry.releases.ledger import Others, Releases

if TYPE_CHECKING:
    from registry.environments.reconcile import Hold, Running

Lane = tuple[str, str]  # an environment and a model
Mark = Literal["withdrawn", "foreign", "other bytes", "soaking", "held", "canary", "watched", "drift"]


class Pinned(NamedTuple):
    """What a pin names."""

    version: str
    sha256: str


class Target(NamedTuple):
    """What is known of what an environment runs, by model: None where only its own machine knows.

    `deployed` is what its newest deployment made run; None where that is not known, or failed. `holds` is what did badly.
    """

    running: "Mapping[str, Running] | None"
    deployed: Mapping[str, str] | None = None
    holds: "Mapping[str, Hold]" = {}


class Standing(NamedTuple):
    """A model in an environment: its pin, if it has one, what is known of the target, and what is the matter.

    `until` is the second at which it has soaked, None where it does not.
    """

    environment: str
    model: str
    pin: Pinned | None
    target: Target
    marks: tuple[Mark, ...]
    until: int | None

    @property
    def running(self) -> "Running | None":
        """What runs, as far as that is known here."""
        return (self.target.running or {}).get(self.model)

    @property
    def hold(self) -> "Hold | None":
        """What did badly there and is not tried again, where that is what is pinned."""
        found = self.target.holds.get(self.model)
        return found if found and self.pin and found.sha256 == self.pin.sha256 else None

    @property
    def deployed(self) -> str | None:
        """The version that was deployed last, as far as that is known."""
        return (self.target.deployed or {}).get(self.model)


def stand_all(
    names: Iterable[str], targets: Mapping[str, Target], pins: Mapping[Lane, Pinned], known: Releases, others: Others,
    soaks: Mapping[Lane, int],
) -> dict[Lane, Standing]:  # fmt: skip
    """Return how each model stands in each environment."""
    found: dict[Lane, Standing] = {}
    for model in names:
        for place, target in targets.items():
            lane = place, model
            pin, until = pins.get(lane), soaks.get(lane)
            marks = tuple(_marks(model, pin, target, known, others, until))
            found[lane] = Standing(place, model, pin, target, marks, until)
    return found


def _marks(
    model: str, pin: Pinned | None, target: Target, known: Releases, others: Others, until: int | None
) -> Iterator[Mark]:
    if pin is not None:
        release = ledger.find(known.get(model, []), pin.version)
        if release is not None and release.withdrawn is not None:
            yield "withdrawn"
        if ledger.strange(others, model, pin.version):
            yield "foreign"
        if release is not None and release.sha256 != pin.sha256:
            yield "other bytes"
    if until is not None:
        yield "soaking"
    running, hold = (target.running or {}).get(model), target.holds.get(model)
    is_held = bool(hold and pin and hold.sha256 == pin.sha256)
    if is_held:
        yield "held"
    if running and running.trial:
        yield "canary" if running.trial.share < 1 else "watched"
    if target.running is not None and _differs(pin, running, is_held):
        yield "drift"


def _differs(pin: Pinned | None, running: "Running | None", is_held: bool) -> bool:
    """What is held differs on purpose."""
    if pin is None or running is None:
        return (pin is None) != (running is None) and not is_held
    return not running.healthy or (pin != running.newest and not is_held)


def cell(one: Standing, told: Callable[[str, str], str], until: str) -> str:
    """Return how a model stands in a few words; `told` gives a version of it its marks, `until` says when it has soaked."""
    pinned = told(one.model, one.pin.version) if one.pin else "-"
    if "other bytes" in one.marks:
        pinned = f"{pinned} (not the bytes that were released)"
    if one.until is not None:
        pinned = f"{pinned} (soaking until {until})"
    if one.target.running is None:
        return _elsewhere(one, pinned, told)
    if one.hold:
        return f"{pinned} (held), runs {told(one.model, one.running.version) if one.running else 'nothing'}"
    if "drift" not in one.marks:
        return f"{pinned} ({_tried(one, told)})" if one.running and one.running.trial else pinned
    if (running := one.running) is None:
        return f"{pinned}, runs nothing"
    runs = f"{pinned}, runs {told(one.model, running.version)}"
    if not running.healthy:
        return f"{runs} (damaged)"
    return f"{runs} (other bytes)" if one.pin and running.version == one.pin.version else runs


def _tried(one: Standing, told: Callable[[str, str], str]) -> str:
    trial, settled = one.running.trial, one.running.version
    rest = f"; {told(one.model, settled)} answers" if trial.share < 1 else ""
    return f"{trial.how}{rest}"


def _elsewhere(one: Standing, pinned: str, told: Callable[[str, str], str]) -> str:
    """Of a target on another machine only what is pinned can be told, and what its newest deployment made of it."""
    last = told(one.model, one.deployed) if one.deployed else "nothing"
    if one.target.deployed is None or (one.pin is None and one.deployed is None):
        return f"{pinned} pinned" if one.pin else pinned
    if one.pin is None:
        return f"-, {last} deployed"
    return f"{pinned} deployed" if one.pin.version == one.deployed else f"{pinned} pinned, {last} deployed"
