"""Annals kept in the checkout's own folder of Git's: who asks again waits for what is new alone.

A file that is damaged, or of other code, counts as none. It is of Python's own format, as compiled code is.
"""

import hashlib
import marshal
import os
import stat
import sys
import time
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from registry import files, git, tags, versions
from registry.chronicle import annals, passage, sequel
from registry.chronicle.annals import Annals, Told
from registry.chronicle.events import Event, Moment, Person
from registry.chronicle.passage import Passage
from registry.errors import RegistryError
from registry.releases.ledger import Release
from registry.tags import Tag

FILE = "model-registry/annals"
MAILMAP = ".mailmap"
CODE = Path(__file__).parents[2]  # with schemas, which say what is a pin
SUM = 4  # bytes
LITTLE = 10  # commits: to keep what came with so few takes longer than to ask for it again
made = tuple.__new__  # of a named tuple: a third of the time that its own takes


class _Refs(NamedTuple):
    """What Git's objects are asked about: main's newest commit, None where it has none, and each tag with what it leads to."""

    tip: str | None
    tags: str


class _Kept(NamedTuple):
    """Annals, and the refs that they were read of."""

    refs: _Refs
    annals: Annals


def read(root: Path, models: Collection[str] | None = None) -> Annals:
    """Return what `annals.gather` does, its tags those of some models or of all.

    They are kept as long as `.mailmap` and this code are what they are. While main only goes on and few tags change, what
    came since is all that Git is asked about.
    """
    place, basis = git.own(root) / FILE, _basis(root)
    kept = _kept(root, place, basis, models) if basis else None
    found = kept and _brought_up(root, kept, models)
    if found is None:
        found = annals.gather(root, passage.tip(root))
        _keep(root, place, basis, found)
        return _of(found, models)
    if models is None and len(found.main.moments) - len(kept.annals.main.moments) > LITTLE:
        _keep(root, place, basis, found)
    return found


def _basis(root: Path) -> bytes | None:
    """Return what annals follow from besides refs; None where Git is to look for people's names in places of its own."""
    elsewhere = git.ask(root, "config", "--get-regexp", "^mailmap[.]", is_question=True).stdout
    if elsewhere or git.is_shallow(root):
        return None
    those = "\0".join([sys.version, _mailmap(root / MAILMAP), *_code()])
    return hashlib.sha256(those.encode("utf-8", "surrogateescape")).digest()


def _code() -> Iterator[str]:
    """Yield by what Python itself sees whether code is what it was; a link to nothing, as editors make, is none."""
    for folder, _, names in os.walk(CODE):
        for name in names:
            if name.endswith((".py", ".json")):
                with suppress(OSError):
                    found = os.stat(os.path.join(folder, name))
                    yield f"{folder}/{name} {found.st_mtime_ns} {found.st_size}"


def _mailmap(path: Path) -> str:
    """Return the file by which Git calls people; it follows no link there, either."""
    try:
        return path.read_text("utf-8", "surrogateescape") if stat.S_ISREG(os.lstat(path).st_mode) else ""
    except OSError:  # it is not there, or not for this user: nor is it for Git
        return ""


def _kept(root: Path, place: Path, basis: bytes, models: Collection[str] | None) -> _Kept | None:
    """Return what is kept for a basis, or None.

    What was kept at a time that is to come, by a clock that went back since, may tell of dates that are: it counts as none.
    """
    try:
        content = memoryview(place.read_bytes())
    except OSError:
        return None
    begin = SUM + len(basis)
    if content[:SUM] != _sum(content[SUM:]) or content[SUM:begin] != basis:
        return None
    second, tip, listed, main, books = marshal.loads(content[begin:])
    if second > time.time():
        return None
    chosen = books.values() if models is None else [book for name, book in books.items() if name in models]
    return _Kept(_Refs(tip, listed), _unpacked(root, main, chosen))


def _brought_up(root: Path, kept: _Kept, models: Collection[str] | None) -> Annals | None:
    """Return annals with what came since they were kept; None where all is to be read anew."""
    listed = git.run(root, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/tags/*@v*")
    now, old = _Refs(passage.tip(root), listed), kept.refs
    if now == old:
        return kept.annals
    changed = {*old.tags.split("\n")} ^ {*now.tags.split("\n")}
    named = {line.partition(" ")[2] for line in changed}
    return sequel.find(kept.annals, now.tip, {name for name in named if _is_of(name, models)}) if now.tip else None


def _is_of(name: str, models: Collection[str] | None) -> bool:
    """Say whether a tag is of some models, or of any."""
    return models is None or versions.split(name)[0] in models


def _of(those: Annals, models: Collection[str] | None) -> Annals:
    """Return annals whose tags are those of some models, or of all."""
    if models is None:
        return those
    releases = [one for one in those.releases if one.model in models]
    left = [one for one in those.left if _is_of(one.name, models)]
    return those._replace(
        releases=releases, left=left, told={n: one for n, one in those.told.items() if _is_of(n, models)}
    )


def _keep(root: Path, place: Path, basis: bytes | None, those: Annals) -> None:
    """Keep annals, unless a date is to come, or people came to be called otherwise meanwhile.

    Who may only read there asks Git each time.
    """
    if basis and those.is_settled and _basis(root) == basis:
        told = dict(sorted(those.told.items(), key=lambda one: tags.order(one[0])))
        listed = "".join([f"{one.sha} {name}\n" for name, one in told.items()])
        kept = int(time.time()), those.main.tip, listed, *_packed(those._replace(told=told))
        content = basis + marshal.dumps(kept)
        with suppress(OSError, RegistryError), files.replacing(place, is_lasting=False) as new:
            new.write_bytes(_sum(content) + content)


def _sum(content: bytes | memoryview) -> bytes:
    return zlib.crc32(content).to_bytes(SUM, "big")


def _packed(those: Annals) -> tuple[tuple, dict[str, bytes]]:
    """Return annals as plain values, what tags tell by model: each person once, whom others name by where they stand."""
    people: dict[Person, int] = {}

    def moment(one: Moment) -> tuple:
        return one.commit, one.time, people.setdefault(one.person, len(people)), one.subject, one.reverts

    moments = [moment(one) for one in those.main.moments]
    moved = [(place, event.kind, *event[2:]) for place, event in those.moved]
    books: dict[str, tuple[list, list, list]] = {}
    for name, told in those.told.items():
        books.setdefault(versions.split(name)[0], ([], [], []))[2].append(
            (name, told.place, moment(told.moment), told.sha)
        )
    for release in those.releases:
        books[release.model][0].append(tuple(release))
    for tag in those.left:
        books[versions.split(tag.name)[0]][1].append(tuple(tag))
    main = moments, moved, [tuple(person) for person in people]
    return main, {model: marshal.dumps(book) for model, book in books.items()}


def _unpacked(root: Path, main: tuple, packed: Collection[bytes]) -> Annals:
    listed, moved, named = main
    books = [marshal.loads(book) for book in packed]
    people = [Person(*one) for one in named]

    def moment(commit: str, second: int, person: int, subject: str, reverts: str | None) -> Moment:
        return made(Moment, (commit, second, people[person], subject, reverts))

    moments = [moment(*one) for one in listed]
    return Annals(
        Passage(root, moments),
        [(place, made(Event, (kind, moments[place], *rest))) for place, kind, *rest in moved],
        [made(Release, one) for releases, _, _ in books for one in releases],
        [made(Tag, one) for _, left, _ in books for one in left],
        {name: made(Told, (place, moment(*one), sha)) for _, _, told in books for name, place, one, sha in told},
        True,
    )
