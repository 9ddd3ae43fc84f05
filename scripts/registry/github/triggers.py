"""Which pushes start the workflows that release and deploy: those to the branches that their files name. Pure."""

import re

from registry.errors import Problem, RegistryError
from registry.formats import reader
from registry.formats.reader import Document

RELEASE, DEPLOY = ".github/workflows/release.yml", ".github/workflows/deploy.yml"
DOES = {RELEASE: "released", DEPLOY: "deployed"}
WILD = {"**": ".*", "*": "[^/]*", "?": ".?"}


def problem(file: str, raw: bytes | None, branch: str) -> Problem | None:
    """Return why what is merged into the default branch is not released, or not deployed, or None."""
    if (missed := missing(file, raw, branch)) is None:
        return None
    line, reason = missed
    advice = f"write {branch} there, or rename the branch: Settings → General → Default branch"
    return Problem(file, line, "on.push.branches", f"{reason}, so nothing is {DOES[file]}; {advice}")


def missing(file: str, raw: bytes | None, branch: str) -> tuple[int, str] | None:
    """Return the line that leaves a branch out of a workflow's pushes, and the reason; None where it is not left out.

    A file that is gone or can't be read says nothing: GitHub itself tells that.
    """
    document, named = _read(file, raw)
    if document is None or not isinstance(named, list) or _holds(list(map(str, named)), branch):
        return None
    listed = ", ".join(map(str, named))
    return document.line("on", "push", "branches"), f"names {listed}, and {branch} is the default branch"


def branches(file: str, raw: bytes | None) -> list[str]:
    """Return the branches, or patterns of them, whose pushes start a workflow; none where its file names none."""
    _, named = _read(file, raw)
    return list(map(str, named)) if isinstance(named, list) else []


def _read(file: str, raw: bytes | None) -> tuple[Document | None, object]:
    """Return a workflow's file, and what it says of branches; nothing of one that is gone or can't be read."""
    try:
        document = reader.parse(file, raw or b"")
        return document, document.data["on"]["push"]["branches"]
    except (RegistryError, LookupError, TypeError):
        return None, None


def _holds(patterns: list[str], branch: str) -> bool:
    """Say whether a branch is meant: the last pattern that matches it decides, and `!` takes it out again."""
    hits = [one for one in patterns if _pattern(one.removeprefix("!")).fullmatch(branch)]
    return bool(hits) and not hits[-1].startswith("!")


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", text)
    return re.compile("".join(WILD.get(part) or re.escape(part) for part in parts))
