"""What happened to models on main, read from its commits, its pins and the tags of releases."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path, PurePosixPath

from registry import git, memory, versions
from registry.chronicle import cache, instant, lanes, moves
from registry.chronicle.annals import Annals, Told
from registry.chronicle.events import Event, Moment, legible
from registry.chronicle.instant import Instant
from registry.chronicle.lanes import Stay
from registry.chronicle.passage import Passage
from registry.environments import manifests, scrutiny
from registry.environments.standing import Lane
from registry.errors import RegistryError, did_you_mean, one_line, refuse
from registry.formats import reader
from registry.releases import ledger
from registry.releases.ledger import Others, Release, Releases, Taken
from registry.specs import models as specs


@dataclass(frozen=True)
class Chronicle:
    """What happened until a moment `at`, None for now; `tip` is main's newest commit then, None where there is none;
    `main` is all that it went through, what came after that moment too.

    `events` are oldest first, and so are `stays`. `environments`, each with what its file says, come in the order in which
    a version passes through them; `models` are those with a folder, a release or a pin.
    """

    releases: Releases
    others: Others
    events: list[Event]
    stays: list[Stay]
    environments: dict[str, Mapping]
    models: list[str]
    at: Moment | None
    tip: Moment | None
    main: Passage

    @cached_property
    def released(self) -> dict[str, Event]:
        """The release of each tag: when, by whom."""
        return {versions.tag(one.model, one.version): one for one in self.events if one.kind == "released"}

    @cached_property
    def withdrawn(self) -> dict[str, Event]:
        """The withdrawal of each tag of a release that was withdrawn."""
        return {versions.tag(one.model, one.version): one for one in self.events if one.kind == "withdrawn"}

    @cached_property
    def pinned(self) -> dict[Lane, Stay]:
        """What is pinned, by environment and model."""
        return {(one.environment, one.model): one for one in self.stays if one.until is None}


@memory.unswept()
def read(root: Path, at: str | None = None, models: Collection[str] | None = None) -> Chronicle:
    """Return what happened until a moment that `--at` names, of some models or of all.

    Raises RegistryError where Git can't know it, or main knows no such moment.
    """
    past = cache.read(root, models)
    main = past.main
    when = instant.find(main, at)
    tip = main.moments[when.place] if main.moments else None
    releases, others = ledger.sort(root, _known(root, past, when), main.places)
    moved = [one for one in past.moved if one[0] <= when.place and (models is None or one[1].model in models)]
    events, environments = _in_order(_tagged(releases, past.told), moved), _environments(root, tip)
    stays = lanes.stays(events)
    pinned = {stay.model for stay in stays if stay.until is None}
    return Chronicle(
        releases, others, events, stays, environments, sorted({*_folders(root, tip, models), *releases, *pinned}),
        None if at is None else tip, tip, main,
    )  # fmt: skip


def of_model(root: Path, at: str | None, model: str) -> Chronicle:
    """Return what happened to one model, as `read` does; raise RegistryError where there is none of that name, and never was."""
    found = read(root, at, [model])
    if model not in {*found.models, *(event.model for event in found.events)}:
        known = read(root, at).models
        place = f"{specs.FOLDER}/{one_line(model)}"
        raise refuse(place, f"does not exist, and never did; {did_you_mean(model, known)}")
    return found


def _known(root: Path, past: Annals, when: Instant) -> list[Release | Taken]:
    """Return what tags told then."""
    known = ledger.joined(root, past.releases, past.left)
    is_now = when == Instant(len(past.main.moments) - 1, None)
    return known if is_now else list(_until(when, known, past.told))


def _until(when: Instant, known: list[Release | Taken], told: dict[str, Told]) -> Iterator[Release | Taken]:
    """Yield what tags told then."""
    for one in known:
        if _counts(told[one.tag], when):
            gone = told.get(versions.withdrawal_tag(one.model, one.version)) if isinstance(one, Release) else None
            yield one if gone is None or _counts(gone, when) else one._replace(withdrawn=None)


def _counts(told: Told, when: Instant) -> bool:
    return told.place <= when.place and (when.second is None or told.moment.time <= when.second)


def _tagged(releases: Releases, told: dict[str, Told]) -> Iterator[tuple[int, Event]]:
    """Yield the releases and withdrawals, each with the place on main behind which it comes."""
    for release in (one for those in releases.values() for one in those):
        place, moment, _ = told[release.tag]
        yield place, Event("released", moment, release.model, release.version, sha256=release.sha256)
        if release.withdrawn is not None:
            own, told_of, _ = told[versions.withdrawal_tag(release.model, release.version)]
            later = told_of._replace(time=max(moment.time, told_of.time))  # whatever a clock said
            yield (
                max(place, own),
                Event("withdrawn", later, release.model, release.version, reason=legible(release.withdrawn)),
            )


def _in_order(tagged: Iterable[tuple[int, Event]], moved: Iterable[tuple[int, Event]]) -> list[Event]:
    """Return all events, oldest first: what is pinned by a commit before what is tagged after it."""
    placed = [*moved, *sorted(tagged, key=lambda one: one[1].moment.time)]
    return [event for _, event in sorted(placed, key=itemgetter(0))]


def _environments(root: Path, tip: Moment | None) -> dict[str, Mapping]:
    """Return what the environments say that a commit holds; broken ones say nothing, as if they took from releases."""
    files = git.plain_files(root, manifests.FOLDER, tip.commit) if tip else {}
    said = {
        PurePosixPath(file).stem: _said(file, content)
        for file, content in sorted(files.items())
        if moves.steps(f"{manifests.FOLDER}/{file}")
    }
    sources = {name: str(one.get("takes_from", manifests.RELEASES)) for name, one in said.items()}
    return {name: said[name] for name in scrutiny.in_order(sources)}


def _said(file: str, content: bytes) -> Mapping:
    try:
        return reader.parse(file, content).data
    except RegistryError:
        return {}


def _folders(root: Path, tip: Moment | None, models: Collection[str] | None) -> list[str]:
    """Return the models that have a folder, of some or of all."""
    found = git.folders(root, specs.FOLDER, tip.commit) if tip else ()
    return [name for name in found if not name.startswith(specs.HIDDEN) and (models is None or name in models)]
