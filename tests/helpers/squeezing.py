"""What verbs print in columns, without regard to how wide these are."""

import re
from pathlib import Path

import forks

Repository = tuple[Path, list[str]]  # and its commits


def told(past: Repository, *words: str) -> list[str]:
    """Return what a verb says in a repository, line by line, with a bar where a column ends."""
    return lines(forks.verb(past[0], *words))


def lines(said: str) -> list[str]:
    """Return lines with a bar where a column ends."""
    return [re.sub(" {2,}", " | ", line.rstrip()) for line in said.splitlines()]
