"""All that the catalogue tells, asked of Git, of this machine and of GitHub, each thing once."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from registry import versions
from registry.answering import overview
from registry.answering.beside import Beside
from registry.answering.overview import Overview
from registry.chronicle.record import Chronicle
from registry.github import answers
from registry.github.answers import GitHubError
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.webpages import origins
from registry.webpages.inventory import Inventory
from registry.webpages.knowledge import Known, Opened

if TYPE_CHECKING:
    from registry.github.client import GitHub

MOST = 100  # versions of which GitHub is asked: it takes a few calls, and a look into Git, each
MOST_PINS = 1000  # that it is asked of: it takes a call for many
NO_REPORT = "not known from Git; `--releases DIR` or `--repository OWNER/NAME` says where the release's files lie, which tell it"
NOT_ALL = (
    f"not known from Git; GitHub is asked for files of what is or was pinned or is newest, of {MOST} versions at most"
)
NOT_MERGED = "not known from Git; GitHub is asked of what was pinned last, and `--at DATE` of what was pinned then"
THEN = "not known of a moment that has been"


def assemble(root: Path, at: str | None, beside: Beside) -> tuple[Inventory, Known]:
    """Return what the pages are drawn from, as it was at a moment that `--at` names, or now.

    Raises RegistryError where environments or pins can't be read now, or main knows no such moment.
    """
    found = overview.now(root, None) if at is None else overview.then(root, at)
    chronicle = found.chronicle
    wanted = _wanted(chronicle)
    asked = None if beside.store.site is None else {one.tag for one in wanted[:MOST]}
    inventory = Inventory(
        chronicle,
        _origins(root, chronicle),
        lambda release: beside.report(release) if asked is None or release.tag in asked else None,
    )
    return inventory, _known(root, found, beside, wanted[:MOST], THEN if at else "")


def _wanted(chronicle: Chronicle) -> list[Release]:
    """Return the releases that GitHub is asked about: what is pinned first, then what is newest, then what was pinned last."""
    stays = [*chronicle.pinned.values(), *reversed(chronicle.stays)]
    pinned = [ledger.find(chronicle.releases.get(stay.model, []), stay.version) for stay in stays]
    newest = [ledger.newest(those) for those in chronicle.releases.values()]
    count = len(chronicle.pinned)
    return [*{one.tag: one for one in (*pinned[:count], *newest, *pinned[count:]) if one}.values()]


def _known(root: Path, found: Overview, beside: Beside, wanted: list[Release], then: str) -> Known:
    people, movers = _merged(root, found.chronicle, beside, wanted)
    deployed, opened = _asked_of(beside.github, found) if beside.github and not then else (None, [])
    return Known(
        NO_REPORT if beside.store.site is None else NOT_ALL, then or beside.why_unknown or NOT_MERGED,
        people if beside.is_asked else None, movers if beside.is_asked else None, deployed, opened, found.standings,
        found.deployed_here,
    )  # fmt: skip


def _merged(root: Path, chronicle: Chronicle, beside: Beside, wanted: list[Release]) -> tuple[dict, dict]:
    """Return the pull requests that brought releases, by tag, and pins, by commit, as far as GitHub is asked of them."""
    if not beside.is_asked:
        return {}, {}
    stays = [*chronicle.pinned.values(), *reversed(chronicle.stays)]
    pins = [*dict.fromkeys(one.since.moment.commit for one in stays)][:MOST_PINS]
    made = {one.tag: ledger.brought_by(root, one) for one in wanted}
    found = beside.merged_all([*pins, *made.values()])
    return {tag: found[commit] for tag, commit in made.items()}, {one: found[one] for one in pins}


def _asked_of(github: "GitHub", found: Overview) -> tuple[dict | None, list[Opened]]:
    """Return the newest deployments and the open promotions, as far as the token may see them."""
    from registry.environments import deployments

    try:
        return {name: deployments.newest(github, name) for name in found.places}, list(_opened(github, found.places))
    except GitHubError as error:
        if not answers.is_hidden(error):
            raise
        return None, []


def _opened(github: "GitHub", places: list[str]) -> Iterator[Opened]:
    """Yield the open pull requests whose branch `promote` made."""
    from registry.checks import consent

    for pull, place, model in consent.promotions(github, places):
        yield Opened(pull["number"], place, model, pull["title"])


def _origins(root: Path, chronicle: Chronicle) -> dict[origins.Wanted, origins.Origin]:
    wanted = [(one.commit, one.model) for those in chronicle.releases.values() for one in those]
    if tip := chronicle.tip:
        wanted += [(tip.commit, name) for name in chronicle.models if versions.NAME.fullmatch(name)]
    return origins.read(root, wanted)
