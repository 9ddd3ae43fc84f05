"""List the models whose fingerprint has no release yet, each with the reason; or what a branch changes (--base)."""

import json
from dataclasses import asdict
from pathlib import Path

from registry import console, git, versions
from registry.checks import allowance, consent, scope, shards
from registry.checks.scope import Scope
from registry.environments import manifests
from registry.environments.approving import Asked
from registry.errors import raise_all
from registry.releases import changes, ledger
from registry.releases.changes import Change
from registry.releases.ledger import Others, Releases
from registry.specs import models, runners


def main() -> None:
    parser = console.parser(__doc__, "tox run -e changed -- --base main")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument(
        "--base", type=console.given, metavar="REV", help="the commit that a branch would be merged into"
    )
    options = parser.parse_args()
    root = git.root()
    known, others = ledger.survey(root)
    if not options.json:
        console.advise([*models.advice(root), *ledger.problems(others.values())])
    if options.base:
        since(root, options.base, known, others, options.json)
    else:
        unreleased(root, known, options.json)


def unreleased(root: Path, known: Releases, as_json: bool) -> None:
    found = changes.changed(root, known)
    if as_json:
        console.say(json.dumps([*map(told, found)], indent=2))
        return
    for change in found:
        console.say(f"{change.model} {change.version}: {change.reason}")
    names = " ".join(change.model for change in found)
    console.say(
        f"next: `tox run -e build -- {names}`" if names else "every model is released as it is; nothing to build"
    )


def told(change: Change) -> dict:
    return asdict(change) | {"reason": change.reason}


def since(root: Path, base: str, known: Releases, others: Others, as_json: bool) -> None:
    found = scope.find(root, base, models.load(root, []), known)
    tags = {versions.tag(model.name, model.version) for model in found.build}
    taken = [one for those in others.values() for one in those if one.tag in tags]
    raise_all(
        [*ledger.problems([taken]), *allowance.problems(root, found.build), *allowance.fork_problems(found.build)]
    )
    compared = changes.compare(root, found.build, known)
    asked = approvals(root, base, [*found.environments, *found.removed])
    if as_json:
        console.say(json.dumps(value(compared, found, asked), indent=2))
    else:
        say(compared, found, asked)
    console.output("models", shards.jobs(found.build))
    console.output("assess_on", runners.together(model.runs_on for model in found.build))
    console.output("judge", [model.name for model in found.judge])
    console.output("environments", found.environments)
    console.output("code", found.code)
    console.output("approvals", [one._asdict() for one in asked])


def approvals(root: Path, base: str, names: list[str]) -> list[Asked]:
    """An environment that can't be used asks for nobody: `validate` says what is wrong with it."""
    places, _ = manifests.load_all(root) if names else ({}, [])
    return list(consent.asked(root, base, names, places))


def value(build: list[Change], found: Scope, asked: list[Asked]) -> dict:
    """Return by what is to be done the models and environments to do it with."""
    return {
        "build": [*map(told, build)],
        "judge": [model.name for model in found.judge],
        "drop": found.gone,
        "plan": found.environments,
        "approve": [one._asdict() for one in asked],
        "leave": found.removed,
        "code": found.code,
    }


def say(build: list[Change], found: Scope, asked: list[Asked]) -> None:
    for change in build:
        console.say(f"build {change.model} {change.version}: {change.reason}")
    for model in found.judge:
        console.say(f"judge {model.name} {model.version}: its thresholds changed, not what was trained")
    for name in found.gone:
        console.say(f"drop {name}: its spec is removed, so nothing of it is released any more; what is released stays")
    for name in found.environments:
        console.say(f"plan {name}: its pins or its description changed")
    for one in asked:
        console.say(f"approve {one.environment}: {one}")
    for name in found.removed:
        console.say(f"leave {name}: it is removed, so nothing is deployed there any more; what it runs keeps running")
    console.say(f"code changed: {'yes' if found.code else 'no'}")


if __name__ == "__main__":
    console.run(main)
