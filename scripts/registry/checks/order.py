"""Whether the pins that a branch changes may go where they go, and now: what `promote` would do, and no more.

All is held against the base: the branch's own pins, and what it writes about itself, count only once they are merged.
"""

from collections.abc import Iterator
from pathlib import Path

from registry import git
from registry.environments import freezing, manifests, promotion
from registry.environments.manifests import RELEASES, Environment, Pin
from registry.errors import Problem, RegistryError
from registry.formats import documents, reader


def before(root: Path, base: str, name: str) -> Environment | None:
    """Return an environment as a base has it, with what it pins there; None where it has none that can be used."""
    file = f"{manifests.FOLDER}/{name}.yaml"
    if (raw := git.find(root, base, file)) is None:
        return None
    try:
        document = documents.check(reader.parse(file, raw), "environment")
    except RegistryError:
        return None
    pins = manifests.pins_at(root, base, name)
    return None if freezing.problems(document, 0) else Environment(name, document, None, pins)


def forward(root: Path, base: str, place: Environment) -> Iterator[Pin]:
    """Yield the pins of an environment that name another version than the base's, and none that it pinned once."""
    old = manifests.pins_at(root, base, place.name)
    changed = [pin for model, pin in place.pins.items() if pin != old.get(model)]
    past = promotion.all_pinned_before(root, place.name, base) if changed else {}
    yield from (pin for pin in changed if pin.version not in past.get(pin.model, ()))


def problems(root: Path, base: str, place: Environment, now: float) -> Iterator[Problem]:
    """Yield which pins of an environment may not go forward yet, by the rules that the base has."""
    rules = before(root, base, place.name) or place
    source = {} if rules.takes_from == RELEASES else manifests.pins_at(root, base, rules.takes_from)
    for pin in forward(root, base, place):
        if fault := promotion.out_of_order(root, rules, pin.model, pin.version, source, base):
            yield pin.document.problem(fault, "version")
        if freeze := promotion.frozen(rules, pin.document.file, now):
            yield from _overridden(rules.pins.get(pin.model), pin, freeze)


def _overridden(old: Pin | None, pin: Pin, freeze: Problem) -> Iterator[Problem]:
    """Yield why a pin goes forward in a freeze without a reason of its own."""
    if not pin.override:
        yield freeze
    elif old and old.override == pin.override:
        yield pin.document.problem("is why an earlier version could not wait; write why this one can't", "override")
