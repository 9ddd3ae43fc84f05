"""The workflow files as data."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
PATHS = sorted((GITHUB / "workflows").glob("*.y*ml"))
ACTIONS = sorted(GITHUB.glob("actions/*/action.yml"))
STANDINS = Path(__file__).parent / "standins"


def read(path: Path) -> dict:
    """Return a YAML file; the key `on`, which YAML takes for a boolean, is a word here."""
    found = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


WORKFLOWS = {path.stem: read(path) for path in PATHS}
EVERY = {f"{name}.{job}": facts for name, found in WORKFLOWS.items() for job, facts in found["jobs"].items()}
CALLS = {job: facts for job, facts in EVERY.items() if "uses" in facts}  # whose work is another file's
JOBS = {job: facts for job, facts in EVERY.items() if job not in CALLS}


def triggers(name: str) -> dict:
    """Return what starts a workflow, each with its filters."""
    found = WORKFLOWS[name]["on"]
    return found if isinstance(found, dict) else dict.fromkeys([found] if isinstance(found, str) else found)


def steps() -> Iterator[tuple[str, dict]]:
    """Yield each step of the workflows and actions with a name for its place."""
    for job, facts in JOBS.items():
        yield from ((f"{job}.{place}", step) for place, step in enumerate(facts["steps"]))
    for path in ACTIONS:
        found = read(path)["runs"]["steps"]
        yield from ((f"{path.parent.name}.{place}", step) for place, step in enumerate(found))


STEPS = dict(steps())


def commands(step: dict) -> list[str]:
    """Return the lines of a step that are run."""
    return [line for line in step.get("run", "").splitlines() if line and not line.startswith("#")]


def uses() -> dict[str, set[tuple[str, str]]]:
    """Return each foreign action with the commits and versions it is pinned to, in all files."""
    found: dict[str, set[tuple[str, str]]] = {}
    for path in [*PATHS, *ACTIONS]:
        for line in re.findall(r"uses: (.*)", path.read_text("utf-8")):
            if not line.startswith("./"):
                action, commit, version = re.fullmatch(r"(\S+?)@(\S+)(?: # (\S+))?", line).groups()
                found.setdefault(action, set()).add((commit, version))
    return found
