"""Make candidates releases: artifact, release.json, report, model card, checksums and an annotated tag."""

from pathlib import Path

from registry import console, files, git, versions
from registry.environments import manifests
from registry.environments.manifests import Environment
from registry.errors import Problem, RegistryError, raise_all
from registry.judging import candidates
from registry.publishing import publication
from registry.releases import choice, ledger
from registry.releases.ledger import Release, Taken
from registry.releases.storage import Store
from registry.specs import models
from registry.specs.models import Model


def main() -> None:
    parser = console.parser(__doc__, "tox run -e publish -- digits")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="the models whose candidates to publish")
    choice.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    store = choice.choose(root, options)
    places, _ = manifests.load_all(root)
    problems: list[Problem] = []
    found = models.load(root, options.models)
    known, others = ledger.survey(root)
    for model in found:
        try:
            publish(root, model, store, known.get(model.name, []), others.get(model.name, []), manifests.first(places))
        except RegistryError as error:  # one model's failure holds no other up
            problems += error.problems
        except OSError as error:
            if error.errno not in files.FULL:
                raise
            problems += console.explain(error).problems
    console.advise(ledger.problems(others.get(model.name, []) for model in found))
    raise_all(problems)


def publish(
    root: Path, model: Model, store: Store, those: list[Release], taken: list[Taken], first: list[Environment]
) -> None:
    tag = versions.tag(model.name, model.version)
    if publication.finish(root, model, store, those, taken):
        console.say(f"{tag}: finished what a run that was stopped had drafted and tagged")
        made = True
    else:
        made = publication.publish(root, model, candidates.load(root, model.name), store, those, taken)
    if made:
        console.say(f"published {tag}: {store.where(tag)}")
        console.summarize(f"- published [{tag}]({store.where(tag)})")
    else:
        console.say(f"{tag} is published already with these bytes; nothing to do")
    if made and not store.site:
        console.say(f"next: `git push origin '{tag}'` makes the tag known elsewhere")
    fetch = "git fetch --tags && " if store.site else ""
    for place in first:
        console.say(f"next: `{fetch}tox run -e promote -- {model.name} {place.name}`")


if __name__ == "__main__":
    console.run(main)
