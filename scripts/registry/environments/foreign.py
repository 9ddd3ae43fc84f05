"""Foreign releases in pins: none of main's, so none is brought anywhere. Pure."""

from registry.environments.manifests import Environment, Pin
from registry.errors import Problem
from registry.releases import ledger
from registry.releases.ledger import Others


def refusals(environment: Environment, others: Others) -> dict[str, Problem]:
    """Return why the pins of foreign releases are refused, by model."""
    found = {pin.model: refusal(pin, others) for pin in environment.pins.values()}
    return {model: problem for model, problem in found.items() if problem}


def refusal(pin: Pin, others: Others) -> Problem | None:
    """Return why the pin of a foreign release is refused; None for others."""
    found = ledger.strange(others, pin.model, pin.version)
    return pin.document.problem(f"{found.tag} {found.what}; pin another version", "version") if found else None
