"""Show what happened on main: releases, withdrawals and pins, the newest first, when and by whom.

All of it stands in Git: no network is asked.
"""

from argparse import Namespace

from registry import console, git, memory
from registry.chronicle import instant, record, wording
from registry.chronicle.events import Event
from registry.chronicle.record import Chronicle
from registry.environments import manifests
from registry.errors import did_you_mean, refuse
from registry.formats import documents
from registry.releases import ledger

FEW = 20


@memory.unswept()
def main() -> None:
    parser = console.parser(__doc__, "tox run -e history -- digits --environment production")
    parser.add_argument("model", nargs="?", metavar="MODEL")
    parser.add_argument("--environment", metavar="ENVIRONMENT", help="only what was pinned there")
    instant.add_option(parser)
    parser.add_argument("--limit", type=int, metavar="N", help=f"at most so many events; default: {FEW}, of --json all")
    parser.add_argument("--json", action="store_true", help="print a document of scripts/schemas/history.json")
    options = parser.parse_args()
    if options.limit is not None and options.limit < 1:
        parser.error("--limit: write 1 or more")
    root = git.root()
    chronicle = record.of_model(root, options.at, options.model) if options.model else record.read(root, options.at)
    found = chosen(options, chronicle)
    if options.json:
        shown = found[: options.limit]
        events = [wording.document(event) for event in shown]
        more = len(found) - len(shown)
        console.say(documents.dump_long({"at": wording.asked(chronicle), "events": events, "more": more}).rstrip())
    else:
        if chronicle.at:
            console.say(wording.then(chronicle, options.at))
        show(options, found)
        console.warn_of(ledger.problems(chronicle.others.values()))


def chosen(options: Namespace, chronicle: Chronicle) -> list[Event]:
    """Return the events that were asked for, newest first."""
    place = options.environment
    known = {*chronicle.environments, *(event.environment for event in chronicle.events if event.environment)}
    if place and place not in known:
        raise refuse(f"{manifests.FOLDER}/{place}.yaml", f"does not exist; {did_you_mean(place, known)}")
    return [event for event in reversed(chronicle.events) if place in (None, event.environment)]


def show(options: Namespace, found: list[Event]) -> None:
    if not found:
        console.say("nothing happened: no release, no withdrawal, no pin")
        return
    shown = found[: options.limit or FEW]
    rows = [wording.row(event) for event in shown]
    if console.fits(wording.HEADS, rows):
        console.table(wording.HEADS, rows)
    else:
        for event in shown:
            console.tell(wording.sentence(event))
    if more := len(found) - len(shown):
        place = ["--environment", options.environment] if options.environment else []
        words = [*([options.model] if options.model else []), *place, "--limit", str(len(found))]
        console.say(f"{more:,} more: {wording.command('history', *words, at=options.at)}")


if __name__ == "__main__":
    console.run(main)
