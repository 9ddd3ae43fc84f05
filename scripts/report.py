"""Tell on a pull request what a run of its checks found: one comment, made once and then edited."""

from functools import partial
from pathlib import Path

from registry import console, git
from registry.environments import manifests
from registry.errors import RegistryError, raise_all, refuse
from registry.github import runs
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.judging import released
from registry.pulls import comments, findings, opening
from registry.pulls.findings import Known
from registry.releases import ledger
from registry.releases.hosted import GitHubStore
from registry.releases.ledger import Releases
from registry.specs import models


def main() -> None:
    parser = console.parser(__doc__, "tox run -e report -- --run 1234567 --repository octo/models")
    parser.add_argument("--run", required=True, metavar="ID", help="the number of a run of check.yml")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    options = parser.parse_args()
    if not options.run.isdecimal():
        raise refuse("--run", f"{options.run} is no number; write that of a run")
    github = GitHub.from_environment(options.repository)
    run = github.get(f"actions/runs/{options.run}")
    if run["path"].partition("@")[0] != runs.CHECK or run["event"] != "pull_request":
        raise refuse("--run", f"{options.run} is no run of {runs.CHECK} for a pull request")
    if run["conclusion"] == "action_required":
        console.say("the checks wait until somebody approves them; nothing to tell")
        return
    pull = runs.pull_of(github, run)
    if pull is None:
        console.say(f"no open pull request has {run['head_sha'][:12]} as its last commit any more; nothing to tell")
        return
    checked = findings.gather(github, run, pull, known(github))
    console.say(opening.comment(github, pull["number"], comments.MARKER, comments.comment(checked, github.site)))


def known(github: GitHub) -> Known:
    root = git.root()
    places, problems = manifests.load_all(root)
    raise_all(problems)
    thresholds = partial(models.thresholds_at, root, "HEAD")
    releases = ledger.load_all(root)
    facts = partial(trusted, root, GitHubStore(github), releases)
    return Known(places, thresholds, releases, facts, partial(content, root))


def trusted(root: Path, store: GitHubStore, known: Releases, tag: str) -> dict | None:
    """Return the release.json of a release; None of one that does not follow from its parts, or is foreign."""
    try:
        return released.facts(root, store, known, tag)
    except GitHubError:
        raise
    except RegistryError:
        return None


def content(root: Path, file: str) -> bytes | None:
    path = root / file
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    console.run(main)
