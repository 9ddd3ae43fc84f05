"""The agent's own code: which it runs, whether main has another, and a newer one made, tried and put in its place.

An agent runs the code of the clone that it was started in, or of a checkout beside, which `--update` made of a commit
that is followed. A link leads to the latter: where it leads elsewhere than before, an agent goes on as that one.
"""

import os
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path

from registry import files, git
from registry.errors import Problem
from registry.upgrading import rehearsal

CODE = ("scripts", "requirements", "tox.ini")  # what decides what an agent does
SETTINGS = {"core.hooksPath": os.devnull, "core.sparseCheckout": "false", "core.fsmonitor": "false"}
ROOMS = (  # of rounds
    "artifacts", "deploying", "destinations", "evidence", "formats", "graphs", "judging", "protocols", "releases", "watching",
)  # fmt: skip
HERE = Path(__file__).resolve().parents[3]


def home(root: Path, folder: Path) -> Path:
    """Return the clone that an agent works in, also for one that tries itself in a checkout that `--update` made."""
    is_tried = root.resolve().is_relative_to((folder / "code").resolve())
    return git.shared(root).resolve().parent if is_tried else root


def load() -> None:
    """Load all the code that rounds may need: what a later change brings to the clone's files is not run."""
    import_module("registry.swap")
    for room in ROOMS:
        for module in pkgutil.iter_modules(import_module(f"registry.{room}").__path__, f"registry.{room}."):
            with suppress(ModuleNotFoundError):  # what only other environments of tox have
                import_module(module.name)


class Code:
    """The code that this process runs: that of a checkout which `--update` made, else that of the clone."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._is_clones = not HERE.is_relative_to((folder / "code").resolve())
        self._checkout = root if self._is_clones else HERE
        self._trees = _trees(self._checkout, "HEAD")
        self._mains = cache(partial(_trees, root))

    def problems(self, commit: str, environment: str) -> list[Problem]:
        """Return that main, at a commit, or the clone has other code than this process runs, and what a person may do."""
        found = []
        if differ := _differ(self._trees, self._mains(commit)):
            text = f"has other {differ} in {commit[:12]} than this agent runs, and that waits for a person"
            found.append(("main", f"{text}; look at it, then: `tox run -e agent -- {environment} --update`"))
        if differ := _differ(self._trees, _trees(self._checkout, "HEAD")):
            text = f"has other {differ} than this agent was started with; start it again"
            found.append((str(self._checkout), text))
        return [Problem(place, 0, "", text) for place, text in found]

    def successor(self) -> Path | None:
        """Return the checkout that this process has to go on as, or None where it is the right one.

        A clone that was brought to newer code by hand counts more than a checkout that was made before.
        """
        place = current(self._folder)
        if place is None or place == HERE or not _is_whole(place):
            return None
        if self._is_clones and git.is_ancestor(self._root, git.head(place) or "", "HEAD"):
            return None
        return place


def _trees(checkout: Path, commit: str) -> list[str | None]:
    return git.objects(checkout, [f"{commit}:{name}" for name in CODE])


def _differ(ours: list[str | None], theirs: list[str | None]) -> str:
    return ", ".join(name for name, one, other in zip(CODE, ours, theirs, strict=True) if one != other)


def _python(place: Path) -> Path:
    return place / ".tox" / environment_name() / "bin/python"


def _is_whole(place: Path) -> bool:
    return (place / "scripts/agent.py").is_file() and _python(place).exists()


def environment_name() -> str:
    """Return which of tox's environments this process runs in."""
    name = Path(sys.prefix).name
    return name if name.startswith("agent") else "agent"


def make(root: Path, folder: Path, commit: str, environment: str) -> Path:
    """Make a checkout of a commit, and let it try itself; raise RegistryError where it fails.

    What a killed process left is made anew. Its code runs here: a person asked for that.
    """
    place = folder / "code" / commit[:12]
    _take_away(root, [place])
    words = ("worktree", "add", "--force", "--force", "--quiet", "--detach", str(place), commit)
    git.run(root, *words, within=git.settings(SETTINGS) | {"GIT_LFS_SKIP_SMUDGE": "1"})
    for words in (["validate"], [environment_name(), "--", environment, "--unit"]):
        advice = "the agent goes on as it is; mend main, or wait for who does"
        rehearsal.run(folder / "update.log", place, words, advice)
    return place


def switch(root: Path, folder: Path, place: Path) -> None:
    """Let agents go on as the code of a checkout, in one step; of older ones only the last is kept."""
    link, before = folder / "current", current(folder)
    beside = folder / ".current.new"
    beside.unlink(missing_ok=True)
    beside.symlink_to(place.resolve())
    os.replace(beside, link)
    files.sync_folder(folder)
    kept = (place.resolve(), before, HERE)
    _take_away(root, [one for one in sorted((folder / "code").iterdir()) if one.resolve() not in kept])


def _take_away(root: Path, places: Iterable[Path]) -> None:
    """Take checkouts away, whole ones and what was left of some, of which Git itself may know nothing any more."""
    for one in places:
        files.remove(one)
    git.run(root, "worktree", "prune")


def current(folder: Path) -> Path | None:
    """Return the checkout that `--update` made last, or None."""
    link = folder / "current"
    return link.resolve() if link.is_symlink() else None


def become(place: Path, words: Sequence[str]) -> None:
    """Go on as the code of a checkout, with the words that this process was given: its number stays the same."""
    python = str(_python(place))
    sys.stdout.flush()
    os.execv(python, [python, str(place / "scripts/agent.py"), *words])
