"""Annals kept in the repository's own folder, as JSON: who asks again, before main or a tag moves, need not wait for Git.

A file that is damaged, or of another past, counts as none.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from registry import files, git
from registry.chronicle import annals
from registry.chronicle.annals import Annals, Told
from registry.chronicle.events import Event, Moment, Person
from registry.chronicle.passage import Passage
from registry.releases.ledger import Release
from registry.tags import Tag

FILE = "model-registry/annals.json"
MAILMAP = ".mailmap"
CODE = Path(__file__).parents[1]


def read(root: Path, tip: str | None) -> Annals:
    """Return what `annals.gather` does; it is kept as long as main, tags, the mailmap and this code are what they are."""
    place, key = git.shared(root) / FILE, _key(root, tip)
    if found := _kept(place, key):
        return _unpacked(root, json.loads(found))
    gathered = annals.gather(root, tip)
    if key and gathered.is_settled:
        _keep(place, key, root, gathered)
    return gathered


def _key(root: Path, tip: str | None) -> bytes | None:
    """Return what annals follow from; None where Git is to look for people's names in places of its own."""
    elsewhere = git.ask(root, "config", "--get-regexp", "^mailmap[.]", is_question=True).stdout
    if elsewhere or git.is_shallow(root):
        return None
    refs = git.run(root, "for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
    return "\0".join([tip or "", refs, _mailmap(root / MAILMAP), *_code()]).encode("utf-8", "surrogateescape")


def _code() -> Iterator[str]:
    """Yield by what Python itself sees whether code is what it was."""
    for folder, _, names in os.walk(CODE):
        for name in names:
            if name.endswith(".py"):
                found = os.stat(os.path.join(folder, name))
                yield f"{folder}/{name} {found.st_mtime_ns} {found.st_size}"


def _mailmap(path: Path) -> str:
    """Return the file by which Git calls people; it follows no link there, either."""
    try:
        return path.read_text("utf-8", "surrogateescape") if stat.S_ISREG(os.lstat(path).st_mode) else ""
    except OSError:  # it is not there, or not for this user: nor is it for Git
        return ""


def _kept(place: Path, key: bytes | None) -> bytes | None:
    """Return what is kept for a key, as it was written, or None."""
    try:
        digest, _, content = place.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if key and digest == _digest(key, content) else None


def _keep(place: Path, key: bytes, root: Path, gathered: Annals) -> None:
    """Keep annals unless tags came meanwhile, which they may hold or not; who may only read there asks Git each time."""
    with ThreadPoolExecutor() as pool:
        now = pool.submit(_key, root, gathered.main.tip)
        content = json.dumps(_packed(gathered), check_circular=False).encode()
    with suppress(OSError):
        if now.result() == key:
            with files.replacing(place, is_lasting=False) as new:
                new.write_bytes(_digest(key, content) + b"\n" + content)


def _digest(key: bytes, content: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(key).digest() + content).hexdigest().encode()


def _packed(those: Annals) -> dict:
    """Return annals as JSON has them: each moment and person once, which others name by where they stand."""
    people: dict[Person, int] = {}

    def moment(one: Moment) -> tuple:
        return one.commit, one.time, people.setdefault(one.person, len(people)), one.subject, one.reverts

    return {
        "moments": [moment(one) for one in those.main.moments],
        "moved": [(place, event.kind, *event[2:]) for place, event in those.moved],
        "releases": those.releases,
        "left": those.left,
        "told": [(name, told.place, moment(told.moment)) for name, told in those.told.items()],
        "people": list(people),
    }


def _unpacked(root: Path, kept: dict) -> Annals:
    people = [Person(*one) for one in kept["people"]]

    def moment(commit: str, second: int, person: int, subject: str, reverts: str | None) -> Moment:
        return Moment(commit, second, people[person], subject, reverts)

    moments = [moment(*one) for one in kept["moments"]]
    return Annals(
        Passage(root, moments),
        [(place, Event(kind, moments[place], *rest)) for place, kind, *rest in kept["moved"]],
        [Release(*one) for one in kept["releases"]],
        [Tag(*one) for one in kept["left"]],
        {name: Told(place, moment(*one)) for name, place, one in kept["told"]},
        True,
    )
