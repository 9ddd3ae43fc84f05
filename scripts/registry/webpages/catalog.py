"""The files of the catalogue, made of what was gathered."""

from collections.abc import Callable, Iterator
from functools import partial

from registry.formats import documents
from registry.github.sites import Site
from registry.webpages import attention, listing, sheets, typesetting
from registry.webpages.inventory import Inventory
from registry.webpages.knowledge import Known

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


def contents(
    inventory: Inventory, known: Known, site: Site | None, command: str, now: int
) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the files of the catalogue, each as its path and what makes its text; `command` made it, at the second `now`."""
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
        yield sheet.path, partial(templates.page, sheet.path, sheet.template, sheet.values)
    yield "catalogue.json", lambda: documents.dump_long(listing.document(inventory, known, items, now))
    yield "events.csv", partial(listing.table, chronicle.events)
    for name in ("style.css", "script.js"):
        yield name, partial(typesetting.asset, name)
