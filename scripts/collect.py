"""Take the candidates that pull requests' checks built, for each version that has no release yet; or say why not."""

from pathlib import Path

from registry import console, files, git, versions
from registry.checks import allowance, shards
from registry.environments import manifests
from registry.errors import RegistryError, raise_all
from registry.github.client import GitHub
from registry.publishing import handover
from registry.publishing.handover import Seen
from registry.releases import changes, ledger
from registry.releases.hosted import GitHubStore
from registry.releases.ledger import Releases
from registry.specs import models, runners
from registry.specs.models import Model


def main() -> None:
    parser = console.parser(__doc__, "tox run -e collect -- --repository octo/models")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    github = GitHub.from_environment(parser.parse_args().repository)
    root = git.root()
    known, others = ledger.survey(root)
    found = unpublished(models.load(root, []), known, GitHubStore(github))
    console.advise(ledger.problems(others.values()))
    # A version that is taken is trained for nothing: `publish` tells which one is free.
    taken = {one.tag for those in others.values() for one in those}
    with Seen(github) as seen:
        missing = [model for model in found if _tag(model) not in taken and not take(root, seen, model)]
    raise_all(allowance.problems(root, missing))
    console.output("models", [model.name for model in found])
    console.output("train", shards.jobs(missing))
    console.output("images", any(place.images for place in manifests.load_all(root)[0].values()))
    console.output("assess_on", runners.together(model.runs_on for model in missing))
    if not found:
        console.say("every model's version is released; nothing to do")
    elif missing:
        console.say(f"next: `tox run -e build -- {' '.join(model.name for model in missing)}`")
    else:
        console.say(f"next: `tox run -e publish -- {' '.join(model.name for model in found)}`")


def unpublished(those: list[Model], known: Releases, store: GitHubStore) -> list[Model]:
    """Return the models whose version has no tag, or has one whose release a killed run never published."""
    tags = {model.name: _tag(model) for model in those}
    untagged = {model.name for model in changes.unpublished(those, known)}
    public = store.published(tag for name, tag in tags.items() if name not in untagged)
    return [model for model in those if tags[model.name] not in public]


def _tag(model: Model) -> str:
    return versions.tag(model.name, model.version)


def take(root: Path, github: Seen, model: Model) -> bool:
    tag = f"{model.name} {model.version}"
    try:
        origin = handover.take(root, github, model)
    except (RegistryError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in files.FULL:
            raise
        those = error.problems if isinstance(error, RegistryError) else console.explain(error).problems
        reasons = "; ".join(problem.text for problem in those)
        console.say(f"{tag}: must be trained again: {reasons}")
        console.summarize(f"- **{tag}** is trained again: {reasons}")
        return False
    console.say(f"{tag}: took the candidate of #{origin.pull}, built in {origin.run}")
    console.summarize(
        f"- **{tag}** is published from the bytes that #{origin.pull} was judged by, built in {origin.run}"
    )
    return True


if __name__ == "__main__":
    console.run(main)
