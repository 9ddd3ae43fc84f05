"""Pin a released version in an environment: the one that its `takes_from` runs, or the newest release.

With --pull-request the pin becomes a pull request on GitHub; without MODEL and ENVIRONMENT then each newest release for
each environment that takes from releases.
"""

import time
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from registry import console, files, git, versions
from registry.environments import freezing, manifests, promotion
from registry.errors import Problem, RegistryError, did_you_mean, raise_all, refuse
from registry.releases import ledger
from registry.releases.ledger import Others, Releases
from registry.specs import models

if TYPE_CHECKING:
    from registry.pulls.opening import Opened
    from registry.pulls.pinning import Promotion


def main() -> None:
    parser = console.parser(__doc__, "tox run -e promote -- digits production --version 1.0.0")
    parser.add_argument("model", nargs="?", metavar="MODEL")
    parser.add_argument("environment", nargs="?", metavar="ENVIRONMENT")
    parser.add_argument("--version", help="the version to pin, such as 1.0.0; also the way to roll back")
    parser.add_argument(
        "--override", metavar="REASON", help="why it can't wait until a freeze is over; the pin says so, too"
    )
    parser.add_argument("--pull-request", action="store_true", help="open a pull request on GitHub with it")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    options = parser.parse_args()
    if options.environment is None and (
        options.model or options.version or options.override or not options.pull_request
    ):
        parser.error("name a MODEL and an ENVIRONMENT")
    if options.version and (fault := versions.fault(options.version)):
        raise refuse("--version", fault)
    root = git.root()
    known, others = ledger.survey(root, options.model or "*")
    console.advise(ledger.problems(others.values()))
    if options.pull_request:
        propose(root, options, known, others)
    else:
        pin(root, options, known, others)


def pin(root: Path, options: Namespace, known: Releases, others: Others) -> None:
    environment, release, override = choose(root, options, known, others)
    place = manifests.pin_place(environment.name, options.model)
    old = environment.pins.get(options.model)
    if old and (old.version, old.sha256) == (release.version, release.sha256):
        console.say(f"{place} pins {release.version} already; nothing to do")
        return
    files.write(root / place, manifests.pin_text(release.version, release.sha256, override))
    console.say(f"{place}: {old.version if old else 'nothing'} → {release.version}")
    console.say(f"next: `git add {place} && git commit -m 'promote {release.tag} to {environment.name}'`, then "
                f"`tox run -e {environment.verb} -- {environment.name} --apply`")  # fmt: skip


def choose(root: Path, options: Namespace, known: Releases, others: Others) -> tuple:
    """A model whose folder went can still be pinned: what is released of it stays."""
    names = models.names(root)
    if options.model not in {*names, *known, *others}:
        advice = did_you_mean(options.model, {*names, *ledger.load_all(root)})
        raise refuse(f"{models.FOLDER}/{options.model}", f"does not exist; {advice}")
    environment = manifests.find(root, options.environment)
    those = known.get(options.model, [])
    override = (options.override or "").strip()
    if override and not freezing.find(environment.freeze, time.time()):
        raise refuse("--override", f"{environment.name} is not frozen; leave it out")
    release = promotion.choose(root, options.model, environment, those, others, options.version or None, override)
    return environment, release, override


def propose(root: Path, options: Namespace, known: Releases, others: Others) -> None:
    from registry.github.client import GitHub
    from registry.pulls import pinning
    from registry.pulls.pinning import Promotion
    from registry.releases.hosted import GitHubStore

    github = GitHub.from_environment(options.repository)
    places, problems = manifests.load_all(root)
    raise_all(problems)
    asked_for = options.environment is not None
    due = [Promotion(*choose(root, options, known, others))] if asked_for else list(pinning.due(root, places, known))
    ready = [one for one in due if asked_for or not wait(one)]
    propose_one = partial(pinning.propose, root, github, GitHubStore(github), known, is_asked_for=asked_for)
    opened, failed = open_all(ready, propose_one)
    if any(one.number is None for one in opened):
        advise_to_allow()
    if not any(one.is_merged for one in opened) and pinning.is_overdue(root, github, places):
        pinning.start_deploy(github)
        console.say("deploy started, since pins changed after it ran last")
    raise_all(failed)
    if not due:
        console.say("every newest release is pinned, or was, wherever releases go first; nothing to do")


def open_all(
    due: list["Promotion"], propose_one: Callable[["Promotion"], "Opened"]
) -> tuple[list["Opened"], list[Problem]]:
    """One promotion's failure holds no other up."""
    opened, failed = [], []
    for one in due:
        try:
            if not one.is_made:
                opened.append(propose_one(one))
            tell(one, "pinned already" if one.is_made else opened[-1].told)
        except RegistryError as error:
            failed += error.problems
    return opened, failed


def wait(one: "Promotion") -> bool:
    """Say whether one that nobody asked for waits until a freeze is over, and tell so."""
    if freeze := one.freeze:
        tell(one, f"waits, since {one.environment.name} is {freeze}; run the workflow `release` then")
    return freeze is not None


def tell(one: "Promotion", what: str) -> None:
    name = f"{one.release.tag} to {one.environment.name}"
    console.say(f"{name}: {what}")
    console.summarize(f"- {name}: {what}")


def advise_to_allow() -> None:
    from registry.pulls import opening

    text = f"{opening.TO_ALLOW}, and run the workflow `release` again, or open each by hand at its link"
    console.advise([Problem("GitHub Actions", 0, "", text)])


if __name__ == "__main__":
    console.run(main)
