"""Tell on a pull request what a run of its checks found: one comment, made once and then edited.

With --from and --to it becomes a file instead, made of the candidates in a folder, for whatever else runs the checks.
"""

from argparse import Namespace
from functools import partial
from pathlib import Path

from registry import console, files, git
from registry.environments import manifests, promotion
from registry.errors import RegistryError, raise_all, refuse
from registry.github import runs
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.judging import released
from registry.pulls import comments, findings, opening, unhosted
from registry.pulls.findings import Known
from registry.releases import choice, ledger
from registry.releases.hosted import GitHubStore
from registry.releases.ledger import Releases
from registry.releases.storage import Store
from registry.specs import models


def main() -> None:
    parser = console.parser(__doc__, "tox run -e report -- --run 1234567 --repository octo/models")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", metavar="ID", help="the number of a run of check.yml")
    what.add_argument(
        "--from", type=console.path, dest="folder", metavar="DIR", help="the folder where candidates lie instead"
    )
    parser.add_argument(
        "--to", type=console.path, metavar="FILE", help="with --from: the file that becomes the comment"
    )
    parser.add_argument(
        "--base",
        type=console.given,
        metavar="REV",
        help="with --from: what to compare with; default: where it left main",
    )
    choice.add_options(parser)
    options = parser.parse_args()
    if options.folder is None and (options.to or options.base or options.releases):
        parser.error("--to, --base and --releases go with --from")
    elif options.folder is None:
        tell(options)
    elif options.to is None:
        parser.error("--from needs --to: the file that becomes the comment")
    else:
        write(options)


def write(options: Namespace) -> None:
    root = git.root()
    store, releases = choice.choose(root, options), ledger.load_all(root)
    facts = partial(trusted, root, store, releases)
    base = options.base or unhosted.base(root)
    checked = unhosted.gather(root, base, options.folder.resolve(), releases, facts)
    files.write(options.to.resolve(), f"{comments.MARKER}\n{comments.comment(checked)}\n")
    told = console.count(len(checked.reports), "report")
    console.say(f"wrote {options.to}: {told}, {console.count(len(checked.plans), 'plan')}; put it on the pull request")


def tell(options: Namespace) -> None:
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
    return Known(places, thresholds, releases, facts, partial(content, root), partial(promotion.pinned_before, root))


def trusted(root: Path, store: Store, known: Releases, tag: str) -> dict | None:
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
