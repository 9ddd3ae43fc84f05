"""Events: what became of models on main, when and by whom. Pure."""

import re
from typing import Literal, NamedTuple

Kind = Literal["released", "withdrawn", "pinned", "moved", "rolled back", "removed"]

PULL = re.compile(r"Merge pull request #([1-9][0-9]{0,9}) from |.* \(#([1-9][0-9]{0,9})\)$")
REVERTED = re.compile(r"^This reverts commit ([0-9a-f]{40,64})\b", re.MULTILINE)


class Person(NamedTuple):
    """Somebody as Git knows them, or as the repository's mailmap calls them."""

    name: str
    email: str


class Moment(NamedTuple):
    """A commit of main, by first parent: when main got it, in seconds, by whom, and what it says.

    `reverts` is the commit that it takes back, None where it tells of none.
    """

    commit: str
    time: int
    person: Person
    subject: str
    reverts: str | None = None

    @property
    def pull(self) -> int | None:
        """The number of the pull request that was merged, or squashed into the commit; None where it tells of none."""
        found = PULL.match(self.subject)
        return int(found[1] or found[2]) if found else None


class Event(NamedTuple):
    """Something that happened to a version of a model, in an environment or, as a release, in none.

    `before` is the version that it took the place of there, `reason` why it was withdrawn, or moved although its
    environment was frozen. Of a release and a withdrawal `moment` tells who made its tag when, on a commit of main that
    says the rest. `version` and `sha256` of what was removed are those that were pinned until then.
    """

    kind: Kind
    moment: Moment
    model: str
    version: str
    environment: str | None = None
    before: str | None = None
    sha256: str | None = None
    reason: str | None = None


def reverted(body: str) -> str | None:
    """Return the commit that a commit's message says it takes back, or None."""
    found = REVERTED.search(body)
    return found and found[1]


def is_merged_revert(subject: str, body: str) -> bool:
    """Say whether a commit merges a pull request that GitHub made to take another one back."""
    return subject.startswith("Merge pull request #") and body.startswith('Revert "')


def legible(text: str) -> str:
    """Return a text of Git's as Unicode, with what was none replaced."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
