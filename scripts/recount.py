"""After a review: let the gate of the pull request's checks count the approvals again, without repeating what it judged."""

from registry import console, git
from registry.checks import consent, rerun
from registry.environments import manifests
from registry.errors import raise_all, refuse
from registry.github import runs
from registry.github.client import GitHub


def main() -> None:
    parser = console.parser(__doc__, "tox run -e recount -- --run 1234567 --repository octo/models")
    parser.add_argument("--run", required=True, metavar="ID", help="the number of a run of review.yml")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    options = parser.parse_args()
    if not options.run.isdecimal():
        raise refuse("--run", f"{options.run} is no number; write that of a run")
    github = GitHub.from_environment(options.repository)
    run = github.get(f"actions/runs/{options.run}")
    if run["path"].partition("@")[0] != runs.REVIEW:
        raise refuse("--run", f"{options.run} is no run of {runs.REVIEW}")
    places, problems = manifests.load_all(git.root())
    raise_all(problems)
    pull = runs.pull_of(github, run)
    if pull is None:
        console.say(f"no open pull request has {run['head_sha'][:12]} as its last commit any more; nothing to count")
    elif not consent.concerns(github, pull["number"], places):
        console.say(f"#{pull['number']} touches no environment that asks for approvals; nothing to count")
    else:
        checked, told = rerun.gate(github, pull)
        console.say(f"#{pull['number']}: {told}")
        if checked:
            console.output("run", checked["id"])


if __name__ == "__main__":
    console.run(main)
