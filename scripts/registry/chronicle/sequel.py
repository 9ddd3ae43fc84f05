"""Annals of a main that went on, or of which tags changed: only what came since is asked of Git."""

import time
from bisect import insort
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple, TypeVar

from registry import git, tags
from registry.chronicle import annals, lanes, moves, passage
from registry.chronicle.annals import Annals, Told
from registry.chronicle.events import Event
from registry.chronicle.passage import Passage
from registry.commits import revisions, trees
from registry.commits.revisions import Commit
from registry.commits.trees import Change
from registry.environments import manifests
from registry.environments.standing import Pinned
from registry.releases import ledger

FEW = 100  # commits, or tags: where more are new, to read all anew takes hardly longer
One = TypeVar("One")


class _Since(NamedTuple):
    """The commits that main got, what it went through with them, and what became of pins in all."""

    commits: list[Commit]
    main: Passage
    moved: list[tuple[int, Event]]


def find(old: Annals, tip: str, changed: Collection[str]) -> Annals | None:
    """Return what `annals.gather` would: main leads to `tip`, and only tags that `changed` names came, moved or went.

    None where main did not go on from where it was, where not all that was pinned there is known, or much is new.
    """
    now, root = time.time(), old.main.root
    # what these are on may have come to main since: of what is not there no message is told
    unknown = [] if tip == old.main.tip else [name for name, one in old.told.items() if not one.moment.subject]
    asked = {*changed, *unknown}
    since = _since(root, old, tip) if len(asked) <= FEW else None
    if since is None:
        return None
    found = ledger.tags_like(root, *asked) if asked else []
    named = [one for one in found if one.name in asked]  # Git tells those below such a name, too
    makers = annals.makers(root, named)
    releases, left = ledger.parted(named)
    return Annals(
        since.main,
        since.moved,
        _merged(old.releases, releases, asked, lambda one: one.tag),
        _merged(old.left, left, asked, lambda one: one.name),
        _later(since.main, old, asked) | annals.told(since.main, named, makers, now),
        annals.is_past(now, since.commits, makers),
    )


def _since(root: Path, old: Annals, tip: str) -> _Since | None:
    end = old.main.tip
    if tip == end:
        return _Since([], old.main, old.moved)
    last, states = revisions.main(root, tip, FEW + 1)
    begin = next((at for at, one in enumerate(last, 1) if one.sha == end), None)
    if begin is None:
        return None
    commits = last[begin:]
    main = Passage(root, old.main.moments + passage.moments(root, commits, old.main.moments[-1].time))
    told = trees.changes(root, manifests.FOLDER, states[begin:], states[begin - 1])
    moved = _moved(old, main, [(len(old.main.moments) + place, change) for place, change in told])
    return None if moved is None else _Since(commits, main, moved)


def _moved(old: Annals, main: Passage, changes: list[tuple[int, Change]]) -> list[tuple[int, Event]] | None:
    """Return what became of pins in all, None where more may be pinned than was told."""
    if not changes:
        return old.moved
    there = git.ls_tree(main.root, old.main.tip, f"{manifests.FOLDER}/")
    environments = {name for path, mode, _, _ in there if mode.startswith("100") for name in moves.steps(path)}
    if any(_comes_or_goes(change, environments) for _, change in changes):
        return None
    stays = lanes.stays(event for _, event in old.moved)
    pinned = {(one.environment, one.model): Pinned(one.version, one.sha256) for one in stays if one.until is None}
    return old.moved + annals.moved(main, changes, pinned, environments)


def _comes_or_goes(change: Change, environments: Collection[str]) -> bool:
    """Say whether an environment does: pins that nobody counted may lie in it."""
    place = moves.steps(change.path)
    return len(place) == 1 and (change.blob is None or place[0] not in environments)


def _later(main: Passage, old: Annals, changed: Collection[str]) -> dict[str, Told]:
    """Return what was told of tags that did not change: those made when main was at its end may stand behind more of it."""
    told = {name: one for name, one in old.told.items() if name not in changed}
    end = len(old.main.moments) - 1
    late = ((name, one) for name, one in told.items() if one.place == end)
    return told | {name: one._replace(place=max(end, main.before(one.moment.time))) for name, one in late}


def _merged(old: list[One], new: list[One], changed: Collection[str], name: Callable[[One], str]) -> list[One]:
    """Return what tags tell of which some changed, in Git's order."""
    those = [one for one in old if name(one) not in changed] if changed else old
    for one in new:
        insort(those, one, key=lambda one: tags.order(name(one)))
    return those
