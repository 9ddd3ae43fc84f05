"""Train, cross-validate, pack and judge models: each becomes a candidate with its artifact and report."""

import os
import tempfile
from argparse import Namespace
from pathlib import Path

from registry import console, git
from registry.errors import Problem, RegistryError, raise_all
from registry.judging import candidates, incumbents
from registry.judging.candidates import FOLDER, REPORT_PAGE, Candidate
from registry.learning import building, turns
from registry.machines import clusters
from registry.releases import changes, choice, ledger
from registry.releases.storage import Store
from registry.showing import summary, tabular
from registry.specs.models import Model
from registry.tasks import measures
from registry.workers.keeping import Pool


def main() -> None:
    parser = console.parser(__doc__, "tox run -e build -- digits")
    choice.add_models(parser, "the models to build")
    half = parser.add_mutually_exclusive_group()
    half.add_argument("--fetch", action="store_true", help="only fetch data, and what Git LFS keeps, for --train")
    half.add_argument("--train", action="store_true", help="only train; judge it later, maybe on another machine")
    half.add_argument("--assess", action="store_true", help="only judge what --train left in candidates/")
    parser.add_argument("--twice", action="store_true", help="train twice, and say whether the weights are the same")
    choice.add_options(parser)
    options = parser.parse_args()
    if options.twice and (options.fetch or options.assess):
        parser.error("--twice trains, which --fetch and --assess leave out")
    if options.twice and clusters.read(os.environ.get(clusters.VARIABLE)).workers > 1:
        parser.error(f"--twice trains on one machine; unset {clusters.VARIABLE}")
    root = git.root()
    known = ledger.load_all(root)
    found = choice.choose_models(root, options, known)
    if not found:
        console.say("every model's version is released; nothing to build")
        return
    unraised = list(changes.unraised(root, found, known))
    console.advise(unraised)
    store = None if options.fetch or options.train else choice.choose(root, options)
    problems: list[Problem] = []
    broken: set[str] = set()
    with Pool() as pool:
        for model in turns.taken(found, problems):
            console.tell(f"{model.name} {model.version}: {model.spec['description']}")
            console.advise(model.contents.differences(model.folder))
            try:
                if options.fetch:
                    building.fetch(root, model)
                elif not options.assess:
                    problems += building.train(root, model, options.twice, pool)
                if store:
                    problems += candidates.failures(model, assess(root, model, store, pool))
            except RegistryError as error:  # one model's failure holds no other up
                problems += error.problems
                broken.add(model.name)
    if options.fetch and len(broken) < len(found):
        console.advise(problems)  # the others can be trained, and --train refuses these
    else:
        raise_all(problems)
    console.say(f"next: {_next(root, found, options, [problem.file for problem in unraised])}")


def _next(root: Path, found: list[Model], options: Namespace, unraised: list[str]) -> str:
    names = " ".join(model.name for model in found)
    if options.fetch or options.train:
        return f"`tox run -e build -- {'--assess' if options.train else '--train'} {names}`"
    if unraised:
        return f"to publish it, raise version in {', '.join(unraised)}, then `tox run -e build -- {names}`"
    uncommitted = " ".join(model.place for model in found if not git.is_clean(root, model.place))
    commit = f"`git add {uncommitted} && git commit`, then " if uncommitted else ""
    return f"{commit}`tox run -e publish -- {names}`"


def assess(root: Path, model: Model, store: Store, pool: Pool) -> Candidate:
    with tempfile.TemporaryDirectory() as scratch:
        candidate = building.assess(root, model, incumbents.find(root, model, store, Path(scratch)), pool)
    speak(candidate)
    console.summarize((candidate.folder / REPORT_PAGE).read_text("utf-8"))
    return candidate


def speak(candidate: Candidate) -> None:
    report = candidate.report
    told = summary.summarize(report)
    console.table(*tabular.printed(told.rows, told.before), [tabular.COLOURS[row.verdict] for row in told.rows])
    if told.lost:
        console.tell(f"lost most: {told.lost}")
    for one in told.notes:
        console.tell(one)
    for metric, found in (report["cross_validation"] or {}).items():
        if metric in report["thresholds"]:
            spread = " ± ".join(tabular.over_folds(found))
            title = measures.titled(report, metric)
            console.say(f"cross-validation: {title} {spread} over {len(found['values'])} folds")
    for one in told.untold:
        console.tell(f"too few rows: {one}")
    console.tell(told.headline, summary.COLOURS[told.kind])
    for one in told.accepted:
        console.tell(f"accepted: {one}", summary.COLOURS[summary.PURPLE])
    console.say(f"verdict: {report['verdict']}; see {FOLDER}/{report['model']}/{REPORT_PAGE}")


if __name__ == "__main__":
    console.run(main)
