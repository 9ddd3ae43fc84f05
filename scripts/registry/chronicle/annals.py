"""Annals: all that Git's objects tell of main, whoever asks and whenever; they never change, so what they tell may be kept."""

import re
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from registry import git
from registry.chronicle import moves, passage
from registry.chronicle.events import Event, Moment, Person, legible
from registry.chronicle.moves import Write
from registry.chronicle.passage import Passage
from registry.commits import revisions, trees
from registry.commits.revisions import Commit
from registry.commits.trees import Change
from registry.environments import manifests
from registry.environments.standing import Lane, Pinned
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.tags import Tag

TAGGER = re.compile(r"([^<>\n]*<[^<>\n]*>) (-?[0-9]{1,18}) [-+][0-9]+")
UNKNOWN = Moment("", 0, Person("", ""), "")
Maker = tuple[Person, int]


class Told(NamedTuple):
    """When a tag was made: behind which place of main, and what else is known of that moment; and what it leads to."""

    place: int
    moment: Moment
    sha: str


class Annals(NamedTuple):
    """What main went through; what became of pins, each with its place on main; and what tags tell.

    `releases` stand in tags as we write them, whether they were withdrawn or not, and `left` are the other tags: what those
    tell depends on what else there is. `told` has all of them by name. `is_settled` says that no date of all is to come.
    """

    main: Passage
    moved: list[tuple[int, Event]]
    releases: list[Release]
    left: list[Tag]
    told: dict[str, Told]
    is_settled: bool


def gather(root: Path, tip: str | None) -> Annals:
    """Read the annals of a main whose newest commit is given, None where it has none; raise as `ledger.tags_of` does."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and what is kept needs none

    now = time.time()
    with ThreadPoolExecutor() as pool:
        finding = pool.submit(ledger.tags_of, root, "*")
        commits, states = revisions.main(root, tip) if tip else ([], [])
        changing = pool.submit(trees.changes, root, manifests.FOLDER, states)
        main = Passage(root, passage.moments(root, commits))
        named = finding.result()
        made = makers(root, named)
        those = told(main, named, made, now)
        releases, left = ledger.parted(named)
        moving = moved(main, changing.result())
    return Annals(main, moving, releases, left, those, is_past(now, commits, made))


def is_past(now: float, commits: Iterable[Commit], made: Iterable[Maker | None]) -> bool:
    """Say whether commits and tags, each made by somebody in a second, have no date that is to come."""
    return all(one.time <= now for one in commits) and all(one[1] <= now for one in made if one)


def makers(root: Path, named: list[Tag]) -> list[Maker | None]:
    """Return of each tag who made it and in which second; None where it does not tell."""
    made = [found.groups() if (found := TAGGER.fullmatch(one.tagger)) else None for one in named]
    listed = sorted({one[0] for one in made if one})
    split = (one.removesuffix(">").rpartition("<") for one in (git.mapped(root, listed) if listed else ()))
    people = {
        one: Person(legible(name.strip()), legible(email)) for one, (name, _, email) in zip(listed, split, strict=True)
    }
    return [one and (people[one[0]], int(one[1])) for one in made]


def told(main: Passage, named: list[Tag], made: list[Maker | None], now: float) -> dict[str, Told]:
    """Return of each tag when it was made: whatever its own date says, not before main got its commit.

    One that is not annotated tells nobody.
    """
    arrived = main.arrivals({one.commit for one in named})
    those: dict[str, Told] = {}
    for (name, commit, _, _, sha), own in zip(named, made, strict=True):
        place = arrived.get(commit, -1)
        _, date, _, subject, _ = main.moments[place] if place >= 0 else UNKNOWN
        person = UNKNOWN.person
        if own:
            person, second = own
            date = max(date, second) if second <= now else date
        those[name] = Told(max(main.before(date), place), Moment(commit, date, person, subject), sha)
    return those


def moved(
    main: Passage,
    changes: list[tuple[int, Change]],
    pinned: Mapping[Lane, Pinned] = MappingProxyType({}),
    environments: Collection[str] = (),
) -> list[tuple[int, Event]]:
    """Return what became of pins, each with its place on main; before there was what is pinned, in these environments."""
    blobs = list(dict.fromkeys(change.blob for _, change in changes if change.blob))
    contents = dict(zip(blobs, git.read(main.root, blobs), strict=True))
    writes = (Write(main.moments[place], change.path, contents.get(change.blob)) for place, change in changes)
    return [(main.places[event.moment.commit], event) for event in moves.events(writes, pinned, environments)]
