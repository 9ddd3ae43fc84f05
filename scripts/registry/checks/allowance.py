"""Which of the team's own runners may train models: those that main lists, and that this branch leaves in the list.

Nothing of a branch extends the list for itself: whoever opens a pull request would have its code run there.
"""

from collections.abc import Iterable
from pathlib import Path

from registry import git
from registry.errors import Problem, RegistryError, did_you_mean
from registry.formats import documents, reader
from registry.github import access
from registry.releases import mainline
from registry.specs import runners
from registry.specs.models import Model
from registry.specs.runners import FILE, HOSTED, Wanted

OF_FORKS = (
    "is a runner of your own, where nothing of a fork is trained; let somebody who may write here push this branch"
    " to the repository itself, once it is reviewed"
)


def list_problems(root: Path) -> list[Problem]:
    """Return what is wrong with the list as it lies here."""
    try:
        return _here(root)[1]
    except RegistryError as error:
        return list(error.problems)


def problems(root: Path, models: Iterable[Model]) -> list[Problem]:
    """Return what keeps models from the runners that they name; Git is asked only where one of them is the team's own.

    Raises RegistryError where main's list, or that of this branch, can't be read.
    """
    named = [model for model in models if runners.is_own(model.runs_on)]
    if not named:
        return []
    main, (here, _) = mainline.find(root), _here(root)
    listed = _listed(root, main.branches)
    faults = ((model, _fault(model.runs_on, listed, here, main.name)) for model in named)
    return [model.document.problem(fault, "runs_on") for model, fault in faults if fault]


def fork_problems(models: Iterable[Model]) -> list[Problem]:
    """Return which models no own runner trains, since what started this run is a pull request of a fork."""
    if not _is_of_fork(access.event().get("pull_request")):
        return []
    return [model.document.problem(f"{runners.shown(model.runs_on)} {OF_FORKS}", "runs_on")
            for model in models if runners.is_own(model.runs_on)]  # fmt: skip


def _is_of_fork(pull: object) -> bool:
    """Say whether a pull request comes from another repository than it goes into; one that does not tell does."""
    match pull:
        case None:
            return False
        case {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": base}}}:
            return head != base
    return True


def _fault(wanted: Wanted, listed: list[Wanted], here: list[Wanted], where: str) -> str | None:
    is_on_main, is_here = (runners.is_among(wanted, those) for those in (listed, here))
    name = runners.shown(wanted)
    if is_on_main and is_here:
        return None
    if is_on_main:
        return f"{name} is taken out of {FILE} here; name another runner, or leave it there"
    if is_here:
        return f"{name} is in {FILE} here, and not on {where}, which counts; let that be merged first, by itself"
    known = [*HOSTED, *map(runners.shown, listed)]
    return f"{name} is no hosted runner, and {FILE} on {where} does not list it; {did_you_mean(name, known)}"


def _listed(root: Path, branches: Iterable[str]) -> list[Wanted]:
    """Return what some branches list: a clone has main as its own, and as its remotes have it."""
    found: list[Wanted] = []
    for branch in sorted(branches):
        for raw in git.contents(root, branch, FILE).values():
            found += documents.check(reader.parse(f"{FILE} of {branch}", raw), "runners").data["build"]
    return found


def _here(root: Path) -> tuple[list[Wanted], list[Problem]]:
    """Return what the list holds as it lies here, and what is wrong with it; there need be none."""
    if not (root / FILE).exists():
        return [], []
    document = documents.read(root, FILE, "runners")
    found = [*document.problems, *runners.list_faults(document)]
    return ([] if found else document.data["build"]), found
