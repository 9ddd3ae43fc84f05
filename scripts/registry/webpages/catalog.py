"""The catalogue of a repository: what Git tells, what is known beside it, and every file that comes of both."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from registry import git
from registry.chronicle import moves, record
from registry.environments import manifests
from registry.errors import RegistryError
from registry.formats import documents, reader
from registry.webpages import attention, listing, origins, rendering, sheets
from registry.webpages.inventory import Inventory
from registry.webpages.sheets import Known

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)
COMMAND = "tox run -e catalogue"


def make(root: Path, at: str | None, now: int, known: Known, report=lambda release: None, site=None) -> Iterator[tuple[str, str]]:
    """Yield the files of the catalogue, each as its path and text."""
    inventory = _inventory(root, at, report)
    chronicle = inventory.chronicle
    items = attention.items(inventory, known.deployed or {}, now)
    shared = {
        "places": [*inventory.places], "at": chronicle.at, "tip": chronicle.tip, "now": now, "policy": POLICY, "site": site,
        "command": COMMAND + (f" -- --at {at}" if at else ""),
        "beyond": "what really runs is known where it runs.",
    }  # fmt: skip
    templates = rendering.Templates(shared, now)
    for sheet in sheets.sheets(inventory, items, known, site, now):
        yield sheet.path, templates.page(sheet.template)(sheet.values)
    yield "catalogue.json", documents.dump_json(listing.document(inventory, items, now))
    yield "events.csv", listing.table(chronicle.events)
    for name in ("style.css", "script.js"):
        yield name, (rendering.PAGES / name).read_text("utf-8")


def _inventory(root: Path, at: str | None, report) -> Inventory:
    chronicle = record.read(root, at)
    wanted = [(one.commit, one.model) for those in chronicle.releases.values() for one in those]
    if tip := chronicle.tip:
        wanted += [(tip.commit, name) for name in chronicle.models]
    return Inventory(chronicle, origins.read(root, wanted), _places(root, tip.commit) if tip else {}, report)


def _places(root: Path, commit: str) -> dict[str, dict]:
    """Return what the files of environments say, nothing of those that can't be read."""
    found = {}
    for file, content in git.plain_files(root, manifests.FOLDER, commit).items():
        if moves.steps(f"{manifests.FOLDER}/{file}"):
            try:
                found[PurePosixPath(file).stem] = reader.parse(file, content).data
            except RegistryError:
                continue  # as the chronicle has it, one that can't be read is there, and says nothing
    return found
