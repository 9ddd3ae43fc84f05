"""Show each model's newest release, and what each environment pins and runs; with --at what main pinned once.

What runs on a serving machine is known there alone. Elsewhere it is told what is pinned and, with --repository, how the
newest deployment of each environment ended. Clusters and commands of a team's own are asked from anywhere, for ten
seconds at most.
"""

from registry import console, git, memory
from registry.answering import overview
from registry.answering.overview import Overview
from registry.chronicle import instant, wording
from registry.environments import standing
from registry.environments.standing import Standing
from registry.formats import documents

NEXT = "next: `tox run -e {} -- ENVIRONMENT` shows what would make it run what is pinned"


@memory.unswept()
def main() -> None:
    parser = console.parser(__doc__, "tox run -e status -- --at 2026-03-03")
    instant.add_option(parser)
    parser.add_argument("--repository", metavar="OWNER/NAME", help="ask GitHub how the newest deployments there ended")
    parser.add_argument("--json", action="store_true", help="print a document of scripts/schemas/status.json")
    options = parser.parse_args()
    if options.at and options.repository:
        parser.error("--repository tells what was deployed last, --at what was pinned once; leave one out")
    root = git.root()
    github = None
    if options.repository:
        from registry.github.client import GitHub

        github = GitHub.from_environment(options.repository)
    found = overview.then(root, options.at) if options.at is not None else overview.now(root, github, reaches=True)
    if options.json:
        console.warn_of(found.advice)
        console.say(documents.dump_long(overview.document(found)).rstrip())
        return
    if options.at:
        console.say(wording.then(found.chronicle, options.at))
    show(found)
    if options.at and (lane := found.last_pin):
        place, model = lane
        command = wording.command("why", model, place, at=options.at)
        console.say(f"next: {command} shows where that came from, and who approved it")


def show(found: Overview) -> None:
    console.advise(found.advice)
    cells = {lane: standing.cell(one, found.marked, soaked(one)) for lane, one in found.standings.items()}
    heads = "model", "release", *found.places
    rows = [(name, released(found, name), *(cells[place, name] for place in found.places)) for name in found.names]
    if console.fits(heads, rows):
        console.table(heads, rows)
    else:
        narrow = [(row[0], *pair) for row in rows for pair in zip(heads[1:], row[1:], strict=True) if pair[1] != "-"]
        console.table(("model", "where", "version"), narrow)
    for note in found.notes:
        console.tell(note)
    for verb in sorted({found.verbs[one.environment] for one in found.standings.values() if "drift" in one.marks}):
        console.say(NEXT.format(verb))


def released(found: Overview, model: str) -> str:
    newest = found.newest(model)
    return found.marked(model, newest.version) if newest else "-"


def soaked(one: Standing) -> str:
    return "" if one.until is None else wording.minute(one.until)


if __name__ == "__main__":
    console.run(main)
