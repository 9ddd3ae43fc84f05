"""What a deploy found, left for a job that may tell GitHub of it: written as JSON, and read as anybody's words."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from registry import files
from registry.commits import revisions
from registry.environments import manifests
from registry.environments.reconcile import Ended
from registry.errors import Problem, RegistryError, did_you_mean, refuse
from registry.formats import documents

SCHEMA = "findings"
MOST, LONGEST = 1000, 2000  # findings, and characters of each
ADVICE = "let `deploy --findings` write it"


@dataclass(frozen=True)
class Left:
    """What was found in an environment, whether all runs there now as pinned, and which trials ended.

    Where it `is_rehearsed` nothing keeps running.
    """

    environment: str
    findings: list[str]
    is_well: bool
    is_rehearsed: bool
    ended: list[Ended]


def write(file: Path, left: Left) -> None:
    """Write it in one step, of very many findings the first."""
    found = [one[:LONGEST] for one in left.findings[:MOST]]
    ended = [replace(one, told=one.told[:LONGEST]) for one in left.ended[:MOST]]
    files.write(file, documents.dump_json(asdict(replace(left, findings=found, ended=ended))))


def read_all(root: Path, folder: Path) -> tuple[list[Left], list[Problem]]:
    """Return what deploys left below a folder, as far as it is of main, and what is wrong with the rest."""
    found: dict[str, Left] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.json")):
        file = str(path)
        try:
            left = _read(path, file)
            wrong = list(_problems(root, file, left, found))
        except RegistryError as error:
            wrong = error.problems
        problems += wrong
        if not wrong:
            found[left.environment] = left
    if not found and not problems:
        raise refuse(str(folder), f"holds nothing that a deploy found; {ADVICE}")
    return [*found.values()], problems


def _read(path: Path, file: str) -> Left:
    told = documents.load_json(path, SCHEMA, file, ADVICE)
    return Left(**{**told, "ended": [Ended(**one) for one in told["ended"]]})


def _problems(root: Path, file: str, left: Left, others: dict[str, Left]) -> Iterator[Problem]:
    names = manifests.names(root)
    if left.environment not in names:
        meant = did_you_mean(left.environment, names)
        yield Problem(file, 0, "environment", f"{left.environment} is no environment here; {meant}")
        return
    if left.environment in others:
        text = f"{left.environment} is told of by two documents; leave one of them"
        yield Problem(file, 0, "environment", text)
    for place, one in enumerate(left.ended):
        if one.commit and not _is_pinned_by(root, left.environment, one):
            text = f"{one.commit[:12]} is no commit of main that pinned {one.model} {one.version} in {left.environment}"
            yield Problem(file, 0, f"ended[{place}].commit", f"{text}; {ADVICE}")


def _is_pinned_by(root: Path, environment: str, one: Ended) -> bool:
    place = manifests.pin_place(environment, one.model)
    past = dict(revisions.history(root, place).get(place, []))
    pin = manifests.past_pin(place, past.get(one.commit))
    return pin is not None and pin.version == one.version
