"""Search for better arguments of train(), by cross-validation on the rows to train with; those held out stay unseen."""

import shlex
from argparse import Namespace
from pathlib import Path

from registry import console, files, git
from registry.errors import Problem, RegistryError, refuse
from registry.releases import ledger
from registry.specs import models
from registry.specs.models import Model
from registry.tuning import results, rewriting, session, tuned, wishes
from registry.tuning.session import Session
from registry.tuning.trials import Found, Trial
from registry.tuning.wishes import Wish

CHOSEN = object()  # what no number that is written means
LIMIT = 30
EXAMPLE = "tox run -e tune -- digits --trials 20 --set epochs=3..10 --set learning_rate=1e-4..1e-2:log"


def main() -> None:
    parser = console.parser(__doc__, EXAMPLE)
    parser.add_argument("model", metavar="MODEL", help="the model whose train() to search")
    parser.add_argument("--set", action="append", required=True, dest="words", metavar="NAME=VALUES",
                        help="what to search: 3..10, 1e-4..1e-2:log for what grows by factors, or choices 16,32,64")  # fmt: skip
    parser.add_argument("--trials", type=int, default=20, metavar="N", help="how many to try in all; default: 20")
    parser.add_argument("--metric", help="what to search by; default: the first that has a threshold")
    parser.add_argument("--folds", type=int, metavar="N", help="over how many folds; default: those of the spec")
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="MINUTES",
                        help=f"what a fold may take; default: {LIMIT}")  # fmt: skip
    parser.add_argument("--write", type=int, nargs="?", const=CHOSEN, metavar="TRIAL",
                        help="write the best into the spec, or this trial, and raise the version where it must rise")  # fmt: skip
    options = parser.parse_args()
    if options.trials < 1:
        raise refuse("--trials", f"{options.trials} is too few; write 1 or more")
    if not options.limit > 0:
        raise refuse("--limit", f"{options.limit:g} minutes are too few; write more than 0")
    root = git.root()
    (model,) = models.load(root, [options.model])
    wish = wishes.wish(model, options.words, options.metric, options.folds)
    with files.lock(wish.folder(root).with_suffix(".lock"), f"{model.name} is being tuned"):
        found = search(root, wish, options)
    tuned.store(root, wish, found)
    if options.write is None:
        advise(found, options)
    else:
        write(root, model, found, options)


def search(root: Path, wish: Wish, options: Namespace) -> Found:
    going = Session(root, wish)
    known, place = len(going.found.trials), wish.folder(root).relative_to(root)
    begun = f"goes on: {console.count(known, 'trial')} of it lie here" if known else "is new"
    console.say(f"search {wish.key}, by {wish.metric} over {wish.folds} folds of the rows to train with, {begun}")
    if others := wishes.others(root, wish) if not known else []:
        console.say(f"  other code, data, ranges or metric than {', '.join(others)} had, whose trials don't count here")
    try:
        going.search(options.trials, options.limit, tell)
    except KeyboardInterrupt:
        speak(root, wish, going.found, place)
        raise
    if not going.found.ranked:
        raise RegistryError(*(Problem(str(place), 0, "", text) for text in results.failures(going.found)))
    speak(root, wish, going.found, place)
    return going.found


def tell(found: Found, trial: Trial) -> None:
    told = f"failed: {trial.reason}" if trial.reason else f"{found.metric} {results.reached(trial)}"
    console.say(f"  trial {trial.number}: {results.arguments(found, trial)}: {told}")


def speak(root: Path, wish: Wish, found: Found, place: Path) -> None:
    if not found.ranked:
        return
    rows = results.rows(found)
    console.table(results.heads(found), rows[: results.MOST])
    if len(rows) > results.MOST:
        console.say(f"and {len(rows) - results.MOST:,} more")
    for sentence in (*results.sentences(found), *results.failures(found)):
        console.tell(sentence)
    session.draw(root / place, wish, found)
    console.say(f"drawn: {place / session.PICTURE}, {place / session.PAGE}")
    console.summarize((root / place / session.PAGE).read_text("utf-8"))


def advise(found: Found, options: Namespace) -> None:
    is_present = found.chosen is found.present
    console.say(stays(found, options) if is_present else f"next: `{again(options, '--write')}`")


def stays(found: Found, options: Namespace) -> str:
    best = found.ranked[0]
    if found.present is best:
        return "the spec's own arguments are the best of these, so it stays as it is"
    return f"the spec stays as it is; to write trial {best.number} all the same: `{again(options, '--write', str(best.number))}`"


def again(options: Namespace, *more: str) -> str:
    """Return the command that goes on with this search."""
    given = [(f"--{name}", getattr(options, name)) for name in ("metric", "folds") if getattr(options, name)]
    given += [("--limit", f"{options.limit:g}")] if options.limit != LIMIT else []
    words = ["--trials", options.trials, *(word for one in options.words for word in ("--set", one)), *sum(given, ())]
    return shlex.join(["tox", "run", "-e", "tune", "--", options.model, *map(str, words), *more])


def write(root: Path, model: Model, found: Found, options: Namespace) -> None:
    trial = found.chosen if options.write is CHOSEN else found.find(options.write)
    if trial is None:
        raise refuse("--write", f"trial {options.write} is none that ended well; the table's first column names those")
    if trial is found.present:
        console.say(stays(found, options))
        return
    (now,) = models.load(root, [model.name])
    if now.fingerprint != model.fingerprint:
        raise refuse(model.place, "was changed while it was searched; run the same command again")
    version, file = rewriting.version(model, trial.arguments, *ledger.latest(root, model.name)), model.document.file
    text = rewriting.text(model, (root / file).read_bytes().decode("utf-8"), trial.arguments, version)
    files.write(root / file, text)
    raised = "" if version == model.version else f"; version {model.version} → {version}"
    console.say(f"{file}: {results.arguments(found, trial)}, of trial {trial.number}{raised}")
    console.say(f"next: `tox run -e build -- {model.name}`: the held-out rows tell how good it is")


if __name__ == "__main__":
    console.run(main)
