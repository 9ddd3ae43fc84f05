"""An environment as a commit of main holds it, whatever is checked out: what an agent follows."""

import os
from pathlib import Path

from registry import git
from registry.environments import manifests
from registry.environments.manifests import FOLDER, Environment, Pin
from registry.errors import Problem, RegistryError, did_you_mean, raise_all, refuse
from registry.formats import documents, reader

PLAIN = ("100644", "100755")


def find(root: Path, commit: str, name: str) -> Environment:
    """Return an environment with its pins, its target being one of this clone.

    Raises RegistryError when it is not there, or it or one of its pins can't be used.
    """
    file, folder = f"{FOLDER}/{name}.yaml", f"{FOLDER}/{name}"
    listed = {path: (mode, blob) for path, mode, _, blob in git.ls_tree(root, "-r", commit, "--", file, folder)}
    held = {path for path in listed if not path.startswith(f"{folder}/.")}
    problems = [Problem(path, 0, "", "is no regular file; put the document itself there")
                for path in sorted(held) if listed[path][0] not in PLAIN]  # fmt: skip
    raise_all(problems)
    if file not in held:
        known = (path for path in git.plain_files(root, FOLDER, commit) if path.endswith(".yaml"))
        text = f"is not in {commit[:12]}, so nothing is changed, and what runs keeps running"
        raise refuse(file, f"{text}; {did_you_mean(name, (path.removesuffix('.yaml') for path in known))}")
    names = sorted(held)
    contents = dict(zip(names, git.read(root, [listed[path][1] for path in names]), strict=True))
    document = documents.hold(reader.parse(file, documents.whole(file, contents.pop(file))), "environment")
    pins, problems = _pins(folder, contents)
    try:
        environment = manifests.made(root, document, pins)
    except RegistryError as error:
        raise RegistryError(*error.problems, *problems) from error
    raise_all(problems)
    return environment


def _pins(folder: str, contents: dict[str, bytes]) -> tuple[dict[str, Pin], list[Problem]]:
    pins: dict[str, Pin] = {}
    problems: list[Problem] = []
    for path, raw in contents.items():
        model, ending = os.path.splitext(path.removeprefix(f"{folder}/"))
        try:
            manifests.check_name(path, model, ending)
            pins[model] = manifests.parse_pin(path, documents.whole(path, raw))
        except RegistryError as error:
            problems += error.problems
    return pins, problems


def asks_for_signatures(raw: bytes) -> bool | None:
    """Say whether an environment's document asks for signed commits; None where that can't be read."""
    try:
        found = reader.parse("environment", documents.whole("environment", raw)).data.get(
            "require_signed_commits", False
        )
    except (RegistryError, AttributeError):
        return None
    return found if isinstance(found, bool) else None
