"""The target of an environment, by its kind."""

import math
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from registry.destinations.glance import Memory
from registry.destinations.interface import Target
from registry.environments.manifests import Environment
from registry.errors import RegistryError


def find(
    root: Path,
    environment: Environment,
    adopted: Iterable[str] = (),
    *,
    is_asked: bool = False,
    rehearses: bool = False,
    patience: float = math.inf,
    memory: Memory | None = None,
) -> Target:
    """Return the target of a repository's environment, which takes models over where it is a folder and told to.

    `is_asked` says that its endpoint is, for what is brought there, and `rehearses` that nothing serves what lies in its
    folder here; `patience` is how many seconds somebody who only looks waits for an answer, and `memory` what is known
    of folders from before. Raises RegistryError when it can't be used, as where a file lies in a folder's place.
    """
    if rehearses:
        from registry.destinations import directory

        return directory.find(root, environment, adopted)
    match environment.kind:  # each imports packages that the others do without
        case "directory":
            from registry.destinations import directory

            return directory.find(root, environment, adopted, _proof(environment) if is_asked else None, memory=memory)
        case "kubernetes":
            return _cluster(root, environment, patience)
        case "tensorflow-serving":
            from registry.destinations import directory, modelserver

            kind = partial(modelserver.ModelServer, patience=patience)
            return directory.find(root, environment, adopted, kind=kind, memory=memory)
        case "command":
            from registry.destinations import command

            return command.Command(root, environment, patience)
    raise NotImplementedError(environment.kind)


def missing(environment: Environment) -> str | None:
    """Return the package that it takes to ask an environment's target and is not installed here, or None."""
    if environment.kind != "kubernetes":
        return None
    try:
        from registry.destinations import kubernetes  # noqa: F401
    except ModuleNotFoundError as error:
        return error.name
    return None


def _cluster(root: Path, environment: Environment, patience: float) -> Target:
    if package := missing(environment):
        name, what = environment.name, f"is in a cluster, for which {package} is not installed here"
        verbs = f"`tox run -e {environment.verb} -- {name}`, or let `tox run -e agent-kubernetes -- {name}` follow it"
        raise RegistryError(environment.document.problem(f"{what}; run {verbs}", "target"))
    from registry.destinations import kubernetes

    return kubernetes.find(root, environment, patience)


def _proof(environment: Environment):
    from registry.destinations.health import Proof
    from registry.destinations.probing import Endpoint

    address = environment.target.get("endpoint")
    return Proof(Endpoint(address), environment.health.within) if address else None
