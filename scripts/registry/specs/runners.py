"""Where jobs may run: GitHub's hosted runners by label, and for deploys a team's own. Pure."""

from collections.abc import Iterable

from registry.errors import did_you_mean

DEFAULT = "ubuntu-latest"
OWN = "self-hosted"

# A pull request names the runner of its build, so nothing of the team's own stands here. A team that pays for larger
# hosted runners adds their labels.
HOSTED = (
    "macos-14",
    "macos-15",
    "macos-latest",
    "ubuntu-22.04",
    "ubuntu-22.04-arm",
    "ubuntu-24.04",
    "ubuntu-24.04-arm",
    "ubuntu-latest",
)


def together(labels: Iterable[str]) -> str:
    """Return the runner for what several models need at once: the first that a spec chose, else the usual one."""
    return next((label for label in labels if label != DEFAULT), DEFAULT)


def build_fault(label: str) -> str | None:
    """Say why a build may not run on a runner, or None."""
    if label == OWN:
        text = f"{OWN} is no place for builds, which run whatever a pull request brings"
        return f"{text}; write one of {', '.join(HOSTED)}"
    return None if label in HOSTED else f"{label} is no hosted runner; {did_you_mean(label, HOSTED)}"


def deploy_fault(wanted: str | list[str]) -> str | None:
    """Say why a deploy may not run on a hosted runner, or on the team's runner with a list's labels, or None."""
    if isinstance(wanted, list):
        return None if wanted[0] == OWN else f"is a list, which names a runner of your own; write {OWN} first"
    if wanted == OWN:
        return f"{OWN} means any runner of your own; write a list that names one: [{OWN}, serving]"
    text = f"{wanted} is no hosted runner; {did_you_mean(wanted, HOSTED)}"
    return None if wanted in HOSTED else f"{text} (a runner of your own is a list: [{OWN}, {wanted}])"
