"""Which store a verb works with: its options, and the choice."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from registry.releases import folder
from registry.releases.storage import Store


def add_options(parser: ArgumentParser) -> None:
    """Add the options that say where releases lie: one of them, or none."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--releases", type=Path, metavar="DIR", help=f"the folder where releases lie; default: {folder.FOLDER}"
    )
    one.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub instead; default: GITHUB_REPOSITORY")


def choose(root: Path, options: Namespace) -> Store:
    """Return GitHub's releases where an option or GITHUB_REPOSITORY names a repository, else a folder of them."""
    if options.releases is None and (options.repository or os.environ.get("GITHUB_REPOSITORY")):
        from registry.github.client import GitHub
        from registry.releases.hosted import GitHubStore

        return GitHubStore(GitHub.from_environment(options.repository))
    return folder.FolderStore(root, root / (options.releases or folder.FOLDER))
