"""Make candidates releases: artifact, release.json, report, model card, checksums and an annotated tag."""

from pathlib import Path

from registry import candidates, console, environments, git, models, publication, releases, storage, versions
from registry.environments import Environment
from registry.errors import Problem, RegistryError, raise_all
from registry.models import Model
from registry.stores import Store


def main() -> None:
    parser = console.parser(__doc__, "tox run -e publish -- digits")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="the models whose candidates to publish")
    storage.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    store = storage.choose(root, options)
    places, _ = environments.load_all(root)
    problems: list[Problem] = []
    found = models.load(root, options.models)
    for model in found:
        try:
            publish(root, model, store, environments.first(places))
        except RegistryError as error:  # one model's failure holds no other up
            problems += error.problems
    by_hand = releases.foreign(root)
    console.advise(releases.problems(by_hand.get(model.name, []) for model in found))
    raise_all(problems)


def publish(root: Path, model: Model, store: Store, first: list[Environment]) -> None:
    tag = versions.tag(model.name, model.version)
    if publication.finish(root, model, store):
        console.say(f"{tag}: finished what a run that was stopped had drafted and tagged")
        made = True
    else:
        made = publication.publish(root, model, candidates.load(root, model.name), store)
    if made:
        console.say(f"published {tag}: {store.where(tag)}")
        console.summarize(f"- published [{tag}]({store.where(tag)})")
    else:
        console.say(f"{tag} is published already with these bytes; nothing to do")
    fetch = "git fetch --tags && " if store.site else ""
    for place in first:
        console.say(f"next: `{fetch}tox run -e promote -- {model.name} {place.name}`")


if __name__ == "__main__":
    console.run(main)
