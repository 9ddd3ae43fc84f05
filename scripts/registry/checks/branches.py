"""Where a branch goes: what is merged where no workflow releases and deploys it comes nowhere."""

from collections.abc import Iterator
from pathlib import Path

from registry.errors import Problem
from registry.github import access, triggers
from registry.releases import mainline


def problems(root: Path) -> Iterator[Problem]:
    """Yield why what is merged here is not released or deployed, as far as this clone, or the event, tells."""
    default = mainline.default_branch(root)
    base = _text(access.event(), "pull_request", "base", "ref")
    if default is None:
        return
    for file in triggers.DOES:
        path = root / file
        if problem := triggers.problem(file, path.read_bytes() if path.is_file() else None, default):
            yield problem
    if base not in (None, default):
        text = f"goes into {base}, and only what is merged into {default}, the default branch, is released and deployed"
        yield Problem("this pull request", 0, "", f"{text}; change its base")


def _text(found: object, *place: str) -> str | None:
    for step in place:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None
