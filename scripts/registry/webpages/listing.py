"""The catalogue for programs: one JSON document, and the events as CSV. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence

from registry.chronicle import instant, wording
from registry.chronicle.events import Event
from registry.chronicle.lanes import Stay
from registry.webpages.attention import Item
from registry.webpages.inventory import Inventory, Model, Version
from registry.webpages.knowledge import Known

COLUMNS = ("time", "kind", "model", "version", "environment", "before", "sha256", "reason", "name", "email", "commit",
           "subject", "pull", "reverts")  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins with one of them for a formula


def document(inventory: Inventory, known: Known, items: Sequence[Item], now: int) -> dict:
    """Return it as a document of the schema `catalogue`."""
    chronicle = inventory.chronicle
    return {
        "made": instant.stamp(now),
        "at": wording.asked(chronicle),
        "tip": chronicle.tip and wording.moment_document(chronicle.tip),
        "attention": [one._asdict() for one in items],
        "environments": [{"name": place.name, "takes_from": place.takes_from} for place in inventory.places.values()],
        "models": [_model(model, known) for model in inventory.models.values()],
        "events": [wording.document(one) for one in chronicle.events],
    }


def _model(model: Model, known: Known) -> dict:
    return {
        "name": model.name,
        "is_here": model.is_here,
        "task": model.task,
        "owners": model.owners,
        "versions": [_version(one) for one in model.versions],
        "stays": [_stay(stay, known) for stay in model.stays],
    }


def _version(one: Version) -> dict:
    release = one.release
    return {
        "version": one.name,
        "state": one.state,
        "released": instant.stamp(one.released.moment.time),
        "withdrawn": one.withdrawn and one.withdrawn.reason,
        "verdict": release.verdict,
        "metrics": release.metrics,
        "commit": release.commit,
        "fingerprint": release.fingerprint,
        "sha256": release.sha256,
        "size": release.size,
        "runtime": release.runtime,
        "data": sorted(one.data),
    }


def _stay(stay: Stay, known: Known) -> dict:
    movers, brought = known.movers or {}, stay.since.moment.commit
    merged = movers.get(brought)
    return {
        "environment": stay.environment,
        "version": stay.version,
        "sha256": stay.sha256,
        "since": instant.stamp(stay.since.moment.time),
        "until": stay.until and instant.stamp(stay.until.moment.time),
        "approvers": [*(merged.approvers if merged else ())] if brought in movers else None,
    }


def table(events: Sequence[Event]) -> str:
    """Return events as CSV (RFC 4180), newest first; what a spreadsheet would take for a formula begins with a quote."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, reversed(events)))
    return text.getvalue()


def _row(one: Event) -> Iterator[str]:
    told = wording.document(one)
    told |= told.pop("person")
    return (_plain(told[name]) for name in COLUMNS)


def _plain(value: object) -> str:
    text = "" if value is None else str(value).replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f"'{text}" if text.startswith(FORMULA) else text
