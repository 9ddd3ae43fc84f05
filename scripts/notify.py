"""Tell on GitHub what deploys found: in one issue for each environment, and on the pull requests that moved a pin."""

from registry import console, git
from registry.errors import Problem, RegistryError, raise_all
from registry.github.client import GitHub
from registry.notifying import endings, incident, leaving
from registry.notifying.leaving import Left


def main() -> None:
    parser = console.parser(__doc__, "tox run -e notify -- findings --repository octo/models")
    parser.add_argument(
        "folder", type=console.path, metavar="DIR", help="where what `deploy --findings` wrote lies, as *.json"
    )
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    options = parser.parse_args()
    found, problems = leaving.read_all(git.root(), options.folder)
    github = GitHub.from_environment(options.repository)
    raise_all([*problems, *(problem for left in found for problem in tell(github, left))])


def tell(github: GitHub, left: Left) -> list[Problem]:
    """Tell of an environment as far as GitHub takes it; return what it doesn't."""
    if left.is_rehearsed:
        console.say(f"{left.environment}: rehearsed, so nothing of it keeps running; nothing to tell")
        return []
    told, problems = [], []
    try:
        told += [incident.tell(github, left.environment, left.findings, is_gone=left.is_well)]
    except RegistryError as error:
        problems += error.problems
    for one in left.ended:
        what = f"{one.model} {one.version} was tried, and {one.became}"
        try:
            place = endings.tell(github, left.environment, one)
            told.append(f"{what}: {place}" if place else f"{what}; no pull request brought its pin")
        except RegistryError as error:
            problems += error.problems
    for line in filter(None, told) if any(told) or problems else ["nothing to tell"]:
        console.say(f"{left.environment}: {line}")
    return problems


if __name__ == "__main__":
    console.run(main)
