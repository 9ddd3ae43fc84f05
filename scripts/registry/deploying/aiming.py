"""The target of an environment, by its kind."""

from collections.abc import Iterable
from pathlib import Path

from registry.deploying.interface import Target
from registry.environments.manifests import Environment


def find(root: Path, environment: Environment, adopted: Iterable[str] = ()) -> Target:
    """Return the target of a repository's environment, which takes models over where it is a folder and told to.

    Raises RegistryError when it can't be used, as where a file lies in a folder's place.
    """
    match environment.kind:  # each imports packages that the others do without
        case "directory":
            from registry.deploying import directory

            return directory.find(root, environment, adopted)
    raise NotImplementedError(environment.kind)
