"""The files of the catalogue, made of what was gathered."""

from collections.abc import Callable, Iterator
from functools import partial

from registry.formats import documents
from registry.github.sites import Site
from registry.webpages import attention, listing, sheets, typesetting
from registry.webpages.inventory import Inventory
from registry.webpages.knowledge import Known
from registry.webpages.particulars import Sheet
from registry.webpages.typesetting import Templates

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


def contents(
    inventory: Inventory, known: Known, site: Site | None, command: str, now: int
) -> Iterator[Callable[[], tuple[str, str]]]:
    """Yield what makes the files of the catalogue, each as its path and text; `command` made it, at the second `now`."""
    chronicle = inventory.chronicle
    items = attention.items(inventory, known, now)
    shared = {
        "places": [*inventory.places],
        "at": chronicle.at,
        "tip": chronicle.tip,
        "policy": POLICY,
        "command": command,
    }
    templates = typesetting.Templates(shared, site, known, now)
    for sheet in sheets.sheets(inventory, items, known, site, now):
        yield partial(_page, templates, sheet)
    yield lambda: ("catalogue.json", documents.dump_long(listing.document(inventory, known, items, now)))
    yield lambda: ("events.csv", listing.table(chronicle.events))
    for name in ("style.css", "script.js"):
        yield partial(_asset, name)


def _page(templates: Templates, sheet: Callable[[], Sheet]) -> tuple[str, str]:
    made = sheet()
    return made.path, templates.page(made.path, made.template, made.values)


def _asset(name: str) -> tuple[str, str]:
    return name, typesetting.asset(name)
