"""Which store a verb works with, and which models: its options, and the choice."""

import os
from argparse import ArgumentParser, Namespace, _ArgumentGroup
from pathlib import Path

from registry import console
from registry.releases import changes, folder
from registry.releases.ledger import Releases
from registry.releases.storage import Store
from registry.specs import models
from registry.specs.models import Model


def add_options(parser: ArgumentParser) -> None:
    """Add the options that say where releases lie: one of them, or none."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--releases", type=console.path, metavar="DIR", help=f"the folder where releases lie; default: {folder.FOLDER}"
    )
    one.add_argument(
        "--repository", type=console.given, metavar="OWNER/NAME", help="on GitHub instead; default: GITHUB_REPOSITORY"
    )


def choose(root: Path, options: Namespace, *, is_patient: bool = True) -> Store:
    """Return GitHub's releases where an option or GITHUB_REPOSITORY names a repository, else a folder of them.

    Who is not patient asks again later by itself, where GitHub is away.
    """
    if options.releases is None and (options.repository or os.environ.get("GITHUB_REPOSITORY")):
        from registry.github.client import GitHub
        from registry.releases.hosted import GitHubStore

        return GitHubStore(GitHub.from_environment(options.repository, is_patient=is_patient))
    return folder.FolderStore(root, root / (options.releases or folder.FOLDER))


def add_models(parser: ArgumentParser, what: str) -> _ArgumentGroup:
    """Add the words that say which models a verb is about: their names, or an option for schedulers, which know none.

    Return what more can be added to in their place.
    """
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("models", nargs="*", default=[], metavar="MODEL", help=what)
    one.add_argument("--unreleased", action="store_true", help="all models whose version has no release yet")
    return one


def choose_models(root: Path, options: Namespace, known: Releases) -> list[Model]:
    """Return the models that are named, or all whose version has no release, of which there may be none."""
    found = models.load(root, options.models)
    return changes.unpublished(found, known) if options.unreleased else found
