"""Show two versions of a model side by side: figures with intervals, spec, code, data, inputs and outputs, size, latency.

All of it stands in Git, but for intervals, inputs and outputs: these stand in release.json, which is looked for where
releases lie. With --rescore both artifacts are fetched and scored on the rows that are held out today, of which neither
was trained on; nothing is trained. That takes what judging a build takes: `tox run -e compare-rescore`.
"""

import importlib.util
import sys
from contextlib import redirect_stdout
from pathlib import Path

from registry import console, git
from registry.answering import beside, contrast, known, phrases, reached, unlike
from registry.answering.beside import Beside
from registry.answering.known import Known
from registry.answering.reached import Pair
from registry.chronicle import instant, record, wording
from registry.errors import refuse
from registry.formats import documents
from registry.releases import choice
from registry.tasks import measures

ON = {
    reached.SAME_ROWS: "changes are of the same rows, on which both were scored together",
    reached.TODAY: "both were scored now, on {} held out today that neither was trained on",
    reached.SAME_DATA: "each as it was judged by itself, on rows held out of the same data: changes are by estimate",
    reached.OTHER_DATA: "each was judged on its own data, which is not known to be the same: figures can't be held "
    "against each other",
}


def main() -> None:
    parser = console.parser(__doc__, "tox run -e compare -- digits 1.0.0 1.1.0")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("old", metavar="A", help="a version")
    parser.add_argument("new", metavar="B", help="the version that is held against it")
    instant.add_option(parser)
    parser.add_argument("--rescore", action="store_true", help="score both again, on the rows that are held out today")
    parser.add_argument("--json", action="store_true", help="print a document of scripts/schemas/compare.json")
    choice.add_options(parser)
    options = parser.parse_args()
    options.old, options.new = (one.removeprefix("v") for one in (options.old, options.new))
    if options.old == options.new:
        parser.error("A and B are the same version; name two")
    command = wording.command("compare-rescore", options.model, options.old, options.new, at=options.at)
    root = git.root()
    chronicle = record.of_model(root, options.at, options.model)
    aside = beside.choose(root, options)
    old, new = (known.look(root, chronicle, aside, options.model, one) for one in (options.old, options.new))
    found = unlike.between(root, old.release, new.release, (old.spec, new.spec))
    scored = rescore(root, aside, old, new, command) if options.rescore else None
    pairs, on = compared(old, new, scored)
    if options.json:
        told = {"at": wording.asked(chronicle), **contrast.document(old, new, pairs, on, found, scored)}
        console.say(documents.dump_json(told).rstrip())
    else:
        if chronicle.at:
            console.say(wording.then(chronicle, options.at))
        show(old, new, pairs, [*found.rows()], ground(on, scored), with_note=scored is None)
        if on in (reached.SAME_DATA, reached.OTHER_DATA):
            console.say(f"next: {command} scores both on the same rows")
    console.warn_of(aside.problems)


def rescore(root: Path, aside: Beside, old: Known, new: Known, command: str) -> dict:
    """Score both again, with what goes on told beside what is printed; `command` does so where this Python can't."""
    if importlib.util.find_spec("numpy") is None:
        raise refuse("--rescore", f"needs what runs models; run {command}")
    from registry.answering import again

    with redirect_stdout(sys.stderr):
        return again.score(root, aside.store, old, new)


def compared(old: Known, new: Known, scored: dict | None) -> tuple[list[Pair], str]:
    """Return the figures of both, and on what ground they are held against each other."""
    if scored is None:
        return reached.side_by_side(old, new), reached.ground(old, new)
    from registry.answering import again

    return again.pairs(scored, new), reached.TODAY


def ground(on: str, scored: dict | None) -> str:
    if scored is None:
        return ON[on]
    units = measures.units(scored["task"])
    doubt = "" if scored["is_known"] else ", as far as their artifacts tell which they were trained on"
    return ON[on].format(f"{scored['rows']:,} {units}") + doubt


def show(old: Known, new: Known, pairs: list[Pair], unlike: list[phrases.Row], on: str, *, with_note: bool) -> None:
    before, after = old.release.version, new.release.version
    rows = [(one.title, *(side.text(one.metric) if side else "-" for side in (one.old, one.new)), one.text())
            for one in pairs]  # fmt: skip
    phrases.table(("metric", before, after, "change"), rows)
    console.tell(on)
    if with_note and reached.TAG in (reached.source(old), reached.source(new)):
        console.tell(phrases.NO_REPORT)
    console.say()
    phrases.facts([*contrast.rows(old, new), *unlike], "what", before, after)
    if not unlike:
        console.say("spec and code are the same")


if __name__ == "__main__":
    console.run(main)
