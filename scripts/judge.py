"""Hold released versions against the thresholds of today, by their recorded reports; nothing is trained."""

from pathlib import Path

from registry import alerts, console, git, versions
from registry.environments import manifests
from registry.errors import Problem, RegistryError, refuse
from registry.judging import rejudging, released, verdicts
from registry.judging.rejudging import Judged
from registry.releases import choice, ledger, storage
from registry.releases.ledger import Release
from registry.showing import sections, tabular
from registry.specs import models
from registry.specs.models import Model


def main() -> None:
    parser = console.parser(__doc__, "tox run -e judge -- digits")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="the models whose thresholds changed")
    choice.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    store = choice.choose(root, options)
    for model in models.load(root, options.models):
        speak(model, judge(root, model, store))


def judge(root: Path, model: Model, store: storage.Store) -> Judged:
    places, _ = manifests.load_all(root)
    known, tag = ledger.load_all(root, model.name), versions.tag(model.name, model.version)
    facts, those = released.facts(root, store, known, tag), known.get(model.name, [])
    if facts is None and ledger.find(those, model.version) is None:
        raise RegistryError(unreleased(model, those))
    if facts is None:
        text = f"is not in {store.place}, and only what is released can be judged again"
        raise refuse(tag, f"{text}; name where it lies with --releases or --repository")
    return rejudging.judge(facts["report"], model.spec, places)


def unreleased(model: Model, known: list[Release]) -> Problem:
    """Return what to do with a version that is only written yet."""
    text = f"{model.version} is not released, so no report of it is recorded"
    advice = f"`tox run -e build -- {model.name}` makes and judges it"
    older = f"; to judge {known[-1].version}, write that version for a moment" if known else ""
    return model.document.problem(f"{text}; {advice}{older}", "version")


def speak(model: Model, judged: Judged) -> None:
    rows = tabular.recorded([vars(one) for one in judged.judgements])
    console.table(*tabular.printed(rows), [tabular.COLOURS[row.verdict] for row in rows])
    runs_in = f"runs in {', '.join(judged.runs_in)}" if judged.runs_in else "runs nowhere"
    told = f"{model.name} {model.version}, which {runs_in}: {judged.verdict}; nothing is trained, nothing stops"
    kind = alerts.GOOD if judged.verdict == verdicts.PASS else alerts.DOUBTFUL
    console.conclude(told, kind=kind, page=sections.recorded(rows))
    console.advise([model.document.problem(f"{one.reason}; {model.name} {model.version} {runs_in}", *one.place)
                    for one in judged.judgements if one.verdict != verdicts.PASS])  # fmt: skip


if __name__ == "__main__":
    console.run(main)
