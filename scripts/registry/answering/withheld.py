"""What holds promotions up: freezes, and approvals that are missing; and what moved in a freeze all the same."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from registry.checks import consent
from registry.environments import freezing
from registry.environments.approving import Asked, Tally
from registry.environments.freezing import Freeze
from registry.environments.manifests import Environment
from registry.environments.standing import Lane
from registry.github import answers
from registry.github.answers import GitHubError

if TYPE_CHECKING:
    from registry.github.client import GitHub

HIDDEN = "who approved open promotions is not told to this token; it needs to read pull requests"


class Waiting(NamedTuple):
    """An open promotion into an environment that asks for approvals, and those that it has."""

    pull: int
    title: str
    tally: Tally


class Withheld(NamedTuple):
    """By environment the freeze that it is in and promotions that wait for approvals; by lane why a pin moved in a freeze."""

    freezes: Mapping[str, Freeze]
    waiting: Mapping[str, list[Waiting]]
    overrides: Mapping[Lane, str]
    notes: list[str]


def find(github: "GitHub | None", places: Mapping[str, Environment], now: float) -> Withheld:
    """Return what holds promotions up at a second, those on GitHub where that is asked."""
    freezes = {name: freeze for name, place in places.items() if (freeze := freezing.find(place.freeze, now))}
    pins = [(name, pin) for name, place in places.items() for pin in place.pins.values() if pin.override]
    waiting, hidden = _waiting(github, places)
    found = Withheld(freezes, waiting, {(name, pin.model): pin.override for name, pin in pins}, hidden)
    return found._replace(notes=[*_notes(found), *hidden])


def _waiting(github: "GitHub | None", places: Mapping[str, Environment]) -> tuple[dict[str, list[Waiting]], list[str]]:
    asking = {
        name: Asked(name, place.approvals.count, place.approvals.people)
        for name, place in places.items()
        if place.approvals
    }
    found: dict[str, list[Waiting]] = {}
    if github is None or not asking:
        return found, []
    try:
        for pull, place, _ in consent.promotions(github, asking):
            (tally,) = consent.tallies(github, pull["number"], pull["head"]["sha"], [asking[place]])
            found.setdefault(place, []).append(Waiting(pull["number"], pull["title"], tally))
    except GitHubError as error:
        if not answers.is_hidden(error):
            raise
        return {}, [HIDDEN]
    return found, []


def _notes(found: Withheld) -> Iterator[str]:
    yield from (f"{name} is {freeze}" for name, freeze in found.freezes.items())
    for (name, model), reason in found.overrides.items():
        yield f"{name}: {model} was pinned in a freeze: {freezing.told(reason)}"
    for name, those in found.waiting.items():
        for one in those:
            yield f"{name}: #{one.pull} ({one.title}) has {one.tally.told}{_missing(one.tally)}"


def _missing(tally: Tally) -> str:
    return f"; {tally.wanted}" if tally.missing else ""


def document(found: Withheld, name: str) -> dict:
    """Return what the document of the schema `status` has of an environment."""
    freeze = found.freezes.get(name)
    told = {"until": freezing.stamp(freeze.until), "reasons": list(freeze.reasons)} if freeze else None
    return {"freeze": told, "waiting": [_document(one) for one in found.waiting.get(name, [])]}


def _document(one: Waiting) -> dict:
    return {
        "pull": one.pull,
        "title": one.title,
        "asked": one.tally.asked.count,
        "approvals": list(one.tally.given),
        "missing": one.tally.missing,
        "others": [{"name": name, "why": why} for name, why in one.tally.others.items()],
    }
