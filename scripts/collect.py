"""Take the candidates that pull requests' checks built, for each model whose version has no release yet; or say why not."""

from registry import changes, console, git, handover, models, releases
from registry.errors import RegistryError
from registry.github import GitHub
from registry.models import Model


def main() -> None:
    parser = console.parser(__doc__, "tox run -e collect -- --repository octo/models")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    github = GitHub.from_environment(parser.parse_args().repository)
    root = git.root()
    found = changes.unpublished(models.load(root, []), releases.load_all(root))
    missing = [model for model in found if not take(root, github, model)]
    console.output("models", [model.name for model in found])
    console.output("train", [{"model": model.name, "runs_on": model.runs_on} for model in missing])
    if not found:
        console.say("every model's version is released; nothing to do")
    elif missing:
        console.say(f"next: `tox run -e build -- {' '.join(model.name for model in missing)}`")
    else:
        console.say(f"next: `tox run -e publish -- {' '.join(model.name for model in found)}`")


def take(root, github: GitHub, model: Model) -> bool:
    tag = f"{model.name} {model.version}"
    try:
        origin = handover.take(root, github, model)
    except RegistryError as error:
        reasons = "; ".join(problem.text for problem in error.problems)
        console.say(f"{tag}: must be trained again: {reasons}")
        console.summarize(f"- **{tag}** is trained again: {reasons}")
        return False
    console.say(f"{tag}: took the candidate of #{origin.pull}, built in {origin.run}")
    console.summarize(f"- **{tag}** is published from the bytes that #{origin.pull} was judged by, built in {origin.run}")
    return True


if __name__ == "__main__":
    console.run(main)
