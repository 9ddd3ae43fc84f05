"""Who approved a promotion, of those who may: the last word of each counts. Pure.

Names on GitHub are the same in capitals and small letters.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from registry.errors import Problem
from registry.formats.reader import Document

APPROVED, CHANGES_REQUESTED, DISMISSED = "APPROVED", "CHANGES_REQUESTED", "DISMISSED"
DECIDING = (APPROVED, CHANGES_REQUESTED, DISMISSED)  # a comment takes nothing back
FIELD = "approvals"


class Asked(NamedTuple):
    """How many people must approve what changes of an environment, and which may: all who may write, where none is named."""

    environment: str
    count: int
    people: Sequence[str]

    def __str__(self) -> str:
        return f"{_count(self.count)} of {either(self.people) or 'whoever may write'}"


class Review(NamedTuple):
    """What somebody said of a commit: by their name now, and the number that they keep whatever they are called."""

    by: str
    state: str
    commit: str
    is_person: bool
    number: int


class Heard(NamedTuple):
    """What GitHub tells of a pull request: its last commit, whose it is, its reviews as they came, and who is who.

    `authors` are names, and numbers as text with a # before them.
    `teams` has the members of each, None where this token is not told; `writers` those reviewers who may write.
    """

    commit: str
    authors: Collection[str]
    reviews: Sequence[Review]
    teams: Mapping[str, Collection[str] | None]
    writers: Collection[str]


class Tally(NamedTuple):
    """The approvals that an environment has of those that it asks for, and why others don't count, by their names.

    `left` are people and teams of whom more can come, `hidden` the teams whose members this token is not told.
    """

    asked: Asked
    commit: str
    given: Sequence[str]
    others: Mapping[str, str]
    left: Sequence[str]
    hidden: Sequence[str]

    @property
    def missing(self) -> int:
        """How many are missing."""
        return max(0, self.asked.count - len(self.given))

    @property
    def told(self) -> str:
        """How many there are, and of whom: `1 of 2 approvals (alice)`."""
        names = f" ({', '.join(self.given)})" if self.given else ""
        return f"{len(self.given)} of {_count(self.asked.count)}{names}"

    @property
    def wanted(self) -> str:
        """Who can still approve, and what; why those don't count who did already; what is not known."""
        who = either(self.left) if self.asked.people else "others who may write"
        parts = [f"let {who} approve {self.commit[:12]}"] if who else ["nobody else may: name more in from"]
        if self.others:
            parts.append("not counted: " + ", ".join(f"{name} ({why})" for name, why in self.others.items()))
        if self.hidden:
            teams = ", ".join(self.hidden)
            parts.append(f"this token is not told who is in {teams}: name the people in from, or see SETUP.md")
        return "; ".join(parts)


def problems(document: Document) -> Iterator[Problem]:
    """Yield what the schema can't say of whose approvals an environment asks for."""
    written = document.data.get(FIELD, {})
    people = {one.lower() for one in written.get("from", [])}
    if people and not any(map(is_team, people)) and written["count"] > len(people):
        text = (
            f"asks for {written['count']} of {len(people)}, so that nothing goes forward; name more, or ask for fewer"
        )
        yield document.problem(text, FIELD, "count")


def is_team(name: str) -> bool:
    """Say whether a name means a team, and not a person."""
    return name.startswith("@")


def tally(asked: Asked, heard: Heard) -> Tally:
    """Return which approvals count for an environment."""
    last = {one.by.lower(): one for one in heard.reviews if one.state in DECIDING}
    faults = {one.by: _fault(asked, heard, one) for one in sorted(last.values(), key=lambda one: one.by.lower())}
    hidden = [one for one in asked.people if is_team(one) and heard.teams.get(one) is None]
    given = [name for name, why in faults.items() if why is None]
    done = {*map(str.lower, given), *map(str.lower, heard.authors)}
    left = [one for one in asked.people if one.lower() not in done]
    return Tally(asked, heard.commit, given, {name: why for name, why in faults.items() if why}, left, hidden)


def _fault(asked: Asked, heard: Heard, review: Review) -> str | None:
    """Return why somebody's last word is no approval that counts."""
    name = review.by.lower()
    if {name, f"#{review.number}"} & set(map(str.lower, heard.authors)):
        return "wrote it, or asked for it"
    if not review.is_person:
        return "is no person"
    if not _may(asked, heard, name):
        return "is not among those who count" if asked.people else "may not write here"
    if review.state == CHANGES_REQUESTED:
        return "asks for changes"
    if review.state == DISMISSED:
        return "was dismissed"
    return None if review.commit == heard.commit else "approved an earlier commit"


def _may(asked: Asked, heard: Heard, name: str) -> bool:
    if not asked.people:
        return name in set(map(str.lower, heard.writers))
    return any(name in names for names in _names(asked, heard))


def _names(asked: Asked, heard: Heard) -> Iterator[set[str]]:
    for one in asked.people:
        yield set(map(str.lower, (heard.teams.get(one) or ()) if is_team(one) else [one]))


def _count(number: int) -> str:
    return f"{number} approval{'' if number == 1 else 's'}"


def either(names: Sequence[str]) -> str:
    """Return people and teams as those of whom any will do: `alice, bob or somebody of @octo/release`."""
    words = [f"somebody of {one}" if is_team(one) else one for one in names]
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
