"""Where jobs may run: GitHub's hosted runners by label, and a team's own where main lists them. Pure."""

from collections.abc import Iterable, Iterator

from registry.errors import Problem, did_you_mean
from registry.formats.reader import Document

FILE = ".github/runners.yaml"
DEFAULT = "ubuntu-latest"
OWN = "self-hosted"

# Whoever opens a pull request may name these, so nothing of the team's own stands here. Here a team adds the larger
# hosted runners that it pays for, where each job gets a new machine, too.
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

Wanted = str | list[str]  # a label, or several that one runner has


def together(wanted: Iterable[Wanted]) -> str:
    """Return the hosted runner for what several models need at once: the first that a spec chose, else the usual one.

    It is none of the team's own: code of models was trained there, and may have left something for the judge.
    """
    return next((one for one in wanted if not is_own(one) and one != DEFAULT), DEFAULT)


def is_own(wanted: Wanted) -> bool:
    """Say whether a runner is the team's own, which main must list."""
    return isinstance(wanted, list) or wanted not in HOSTED


def is_among(wanted: Wanted, those: Iterable[Wanted]) -> bool:
    """Say whether a runner is one of those that are listed, its labels in whatever order."""
    return _labels(wanted) in [_labels(one) for one in those]


def _labels(wanted: Wanted) -> list[str]:
    return [wanted] if isinstance(wanted, str) else sorted(wanted)


def shown(wanted: Wanted) -> str:
    """Return a runner as a spec has it."""
    return wanted if isinstance(wanted, str) else f"[{', '.join(wanted)}]"


def build_fault(wanted: Wanted) -> str | None:
    """Say why what a spec names is no runner, whatever main lists, or None."""
    if isinstance(wanted, list) and wanted[0] != OWN:
        return f"is a list, which names a runner of your own; write {OWN} first"
    if [one.casefold() for one in _labels(wanted)] == [OWN]:  # GitHub takes labels in either case
        return f"{OWN} means any runner of your own; write a list that names one: [{OWN}, gpu]"
    return None


def list_faults(document: Document) -> Iterator[Problem]:
    """Yield what a list of runners can't mean."""
    for place, one in enumerate(document.data["build"] if document.is_sound("build") else []):
        if fault := build_fault(one):
            yield document.problem(fault, "build", place)
        elif not is_own(one):
            yield document.problem(f"{one} is GitHub's, and needs no leave; take it out", "build", place)


def deploy_fault(wanted: Wanted) -> str | None:
    """Say why a deploy may not run on a hosted runner, or on the team's runner with a list's labels, or None."""
    if isinstance(wanted, list):
        return None if wanted[0] == OWN else f"is a list, which names a runner of your own; write {OWN} first"
    if wanted == OWN:
        return f"{OWN} means any runner of your own; write a list that names one: [{OWN}, serving]"
    text = f"{wanted} is no hosted runner; {did_you_mean(wanted, HOSTED)}"
    return None if wanted in HOSTED else f"{text} (a runner of your own is a list: [{OWN}, {wanted}])"
