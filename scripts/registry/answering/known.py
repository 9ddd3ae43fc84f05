"""What is known of a version: its release, its report where that can be had, the spec of its commit, and where it was pinned."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from registry import git, versions
from registry.answering.beside import Beside
from registry.chronicle.events import Event, Moment, Person, legible
from registry.chronicle.lanes import Stay
from registry.chronicle.record import Chronicle
from registry.commits import revisions
from registry.errors import MOST, RegistryError, one_line, refuse
from registry.formats import documents, reader
from registry.formats.reader import Document
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.specs import models, sources
from registry.specs.sources import Place


class Known(NamedTuple):
    """A released version; `spec` is None where its commit holds none, `report` where none can be had.

    `before` is the release before it, None of the first; `origin` is the commit of main that brought its spec and code.
    """

    release: Release
    released: Event
    withdrawn: Event | None
    before: Release | None
    origin: Moment
    spec: Document | None
    report: Mapping | None
    stays: list[Stay]

    @property
    def said(self) -> Mapping:
        """What it says of itself: its report, else its spec, nothing where the schema of today knows no such spec."""
        return self.report or told(self.spec)

    @property
    def sources(self) -> dict[Place, Mapping]:
        """The files that its rows, and what it takes beside them, came from, each with its place in the spec."""
        files = (
            {"data": self.report["data"], sources.INPUTS: self.report.get("files", {})}
            if self.report
            else told(self.spec)
        )
        return sources.of(files) if files else {}


def look(root: Path, chronicle: Chronicle, beside: Beside, model: str, version: str) -> Known:
    """Return what is known of a version; raise RegistryError where that is no release of main."""
    release, those = find(chronicle, model, version), chronicle.releases[model]
    return Known(
        release,
        chronicle.released[release.tag],
        chronicle.withdrawn.get(release.tag),
        next(reversed(those[: those.index(release)]), None),
        origin(root, chronicle, release),
        spec(root, release.commit, model),
        beside.report(release),
        [stay for stay in chronicle.stays if (stay.model, stay.version) == (model, version)],
    )


def find(chronicle: Chronicle, model: str, version: str) -> Release:
    """Return the release of a version; raise RegistryError where it is none of main."""
    those = chronicle.releases.get(model, [])
    release = ledger.find(those, version)
    if release is None:
        taken = ledger.taken(chronicle.others.get(model, []), versions.tag(model, version))
        raise taken or refuse(f"{model} {one_line(version)}", f"is no release; {_released(those)}")
    return release


def _released(those: list[Release]) -> str:
    """Return which versions there are: the newest of many."""
    if not those:
        return "none is known here; `git fetch --tags` brings tags that this clone may lack"
    more = f" and {len(those) - MOST:,} older" if len(those) > MOST else ""
    return f"released: {', '.join(one.version for one in those[-MOST:])}{more}"


def origin(root: Path, chronicle: Chronicle, release: Release) -> Moment:
    """Return the commit of main that brought what a release's commit holds of its model: the merge of what a branch did."""
    found = revisions.past(root, release.commit, f"{models.FOLDER}/{release.model}", most=1)
    if not found:
        return chronicle.released[release.tag].moment
    sha, date, *said = found[0][:5]
    if (place := chronicle.main.arrivals([sha]).get(sha)) is not None:
        return chronicle.main.moments[place]
    name, email, subject = map(legible, said)  # of a clone's own main, which went apart from its remote's
    return Moment(sha, date, Person(name, email), subject)


def spec(root: Path, commit: str, model: str) -> Document | None:
    """Return the spec that a commit holds for a model, with the problems that there are today; None where it holds none.

    One that can't be read at all says nothing.
    """
    file = f"{models.FOLDER}/{model}/model.yaml"
    found = git.find(root, commit, file)
    if found is None:
        return None
    try:
        return documents.hold(reader.parse(file, found), "model")
    except RegistryError as error:
        return Document(file, {}, {}, list(error.problems))


def told(spec: Document | None) -> dict:
    """Return what a spec says, nothing where it can't be read."""
    return {} if spec is None or spec.problems else spec.data
