"""Show why a version is pinned in an environment: the chain from the pin back to the requirement, and what each link rests on.

Who approved what only GitHub knows.
"""

from pathlib import Path

from registry import console, git
from registry.answering import beside, descent, known, phrases, portrait
from registry.answering.beside import Beside
from registry.answering.descent import Descent
from registry.chronicle import instant, record, wording
from registry.chronicle.record import Chronicle
from registry.environments import manifests
from registry.errors import RegistryError, did_you_mean, refuse
from registry.formats import documents
from registry.formats.markdown import listed
from registry.releases import choice


def main() -> None:
    parser = console.parser(__doc__, "tox run -e why -- digits production")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("environment", metavar="ENVIRONMENT")
    instant.add_option(parser)
    parser.add_argument("--json", action="store_true", help="print a document of scripts/schemas/why.json")
    choice.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    chronicle = record.of_model(root, options.at, options.model)
    aside = beside.choose(root, options)
    found = trace(root, chronicle, aside, options.model, options.environment)
    if options.json:
        told = {"at": wording.asked(chronicle), **descent.document(found, aside)}
        console.say(documents.dump_json(told).rstrip())
    else:
        if chronicle.at:
            console.say(wording.then(chronicle, options.at))
        show(options.model, found, aside, options.at)
    console.warn_of(aside.problems)


def trace(root: Path, chronicle: Chronicle, aside: Beside, model: str, environment: str) -> Descent:
    """Return what a pin descends from; raise RegistryError where the model was never pinned there."""
    lane = descent.lane(chronicle, model, environment)
    if lane is None:
        raise unpinned(chronicle, model, environment)
    last, stay, before = lane
    pinned = aside.merged(last.moment.commit)
    try:
        known.find(chronicle, model, last.version)
    except RegistryError as error:  # a pin may name what is no release of main
        return Descent(last, stay, before, None, str(error), None, pinned, None)
    it = known.look(root, chronicle, aside, model, last.version)
    return Descent(
        last,
        stay,
        before,
        it,
        descent.other_bytes(last, it.release),
        portrait.changes(root, it),
        pinned,
        aside.merged(it.origin.commit),
    )


def unpinned(chronicle: Chronicle, model: str, environment: str) -> RegistryError:
    file = f"{manifests.FOLDER}/{environment}.yaml"
    if environment not in chronicle.environments:
        return refuse(file, f"does not exist; {did_you_mean(environment, chronicle.environments)}")
    places = sorted({one.environment for one in chronicle.stays})
    then = " until then" if chronicle.at else ""
    pinned = f"; it was in {listed(places)}" if places else ", nor did any other"
    return refuse(f"{manifests.FOLDER}/{environment}", f"never pinned {model} on main{then}{pinned}")


def show(model: str, found: Descent, aside: Beside, at: str | None) -> None:
    place = found.last.environment
    console.say(f"{place} pins {model} {found.stay.version}" if found.stay else f"{place} pins no {model} any more")
    phrases.facts(descent.links(found, aside), "link", "what is known", "from")
    if found.fault:
        console.tell(phrases.safe(found.fault))
    if not aside.is_asked:
        console.tell(aside.why_unknown)
    if found.it and found.it.report is None:
        console.tell(phrases.NO_REPORT)
    more = wording.command("history", model, "--environment", place, at=at)
    console.say(f"next: {more} shows what was pinned before")


if __name__ == "__main__":
    console.run(main)
