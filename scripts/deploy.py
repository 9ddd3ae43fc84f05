"""Compare what an environment pins with what its target runs, print the plan, and with --apply make it so."""

import math
import os
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from registry import alerts, console, files, git
from registry.artifacts import engines
from registry.checks import consistency, order
from registry.deploying import rounds, waiting
from registry.deploying.onward import Watch
from registry.deploying.rounds import Ground, Outcome
from registry.destinations import adoption, aiming, directory, interface, ownership
from registry.environments import foreign, manifests, promotion, reconcile, terms, withdrawn
from registry.environments.manifests import Environment, Pin
from registry.environments.reconcile import Change
from registry.errors import Problem, raise_all, refuse
from registry.formats import markdown
from registry.notifying import leaving
from registry.notifying.leaving import Left
from registry.releases import choice, ledger
from registry.releases.ledger import Releases

REHEARSED = (
    "what is pinned was fetched, verified, loaded, and gave its golden predictions, on a hosted runner, where nothing "
    "keeps running; write runs_on: [self-hosted, …] in the environment to deploy on the serving machine"
)


def main() -> None:
    parser = console.parser(__doc__, "tox run -e deploy -- staging --apply")
    parser.add_argument("environment", metavar="ENVIRONMENT", help="its name, such as staging")
    parser.add_argument("--apply", action="store_true", help="make it so; without, only the plan is printed")
    parser.add_argument(
        "--since",
        type=console.given,
        metavar="REV",
        help="only plan, against what a commit pins; no target is looked at",
    )
    parser.add_argument("--prune", action="store_true", help="allow the last model to be removed")
    parser.add_argument("--prune-in", metavar="NAME", help="allow it in the environment of this name; for deploy.yml")
    parser.add_argument(
        "--wait",
        type=terms.option("mhd", "minutes, hours or days, for example 45m"),
        default=math.inf,
        metavar="45m",
        help="end then, whatever is still tried; default: when it ends",
    )
    parser.add_argument(
        "--findings",
        type=console.path,
        metavar="FILE",
        help="with --apply: write there what was found, for `tox run -e notify` to tell on GitHub",
    )
    parser.add_argument("--retry", action="store_true", help="try again what is held, since it did badly")
    parser.add_argument("--adopt", action="store_true", help="take over what an earlier deploy left without an owner")
    choice.add_options(parser)
    options = parser.parse_args()
    if options.findings:
        if not options.apply:
            parser.error("--findings goes with --apply")
        files.forget(options.findings.resolve())  # what an earlier deploy found
    root = git.root()
    environment = manifests.find(root, options.environment)
    known, others = ledger.survey(root)
    if options.since:
        old = manifests.pins_at(root, options.since, environment.name)
        preview(environment, old, known)
        refused = foreign.refusals(environment, others)
        unready = order.problems(root, options.since, environment, time.time())
        raise_all([*consistency.withdrawals(environment, old, known), *refused.values(), *unready])
        return
    adopted = left(environment, known) if options.adopt else {}
    place = aiming.find(root, environment, adopted, is_asked=options.apply, rehearses=is_rehearsal(environment))
    raise_all(place.problems())
    if adopted:
        show_adopted(environment, adopted)
    prune = options.prune or options.prune_in == environment.name
    if options.apply:
        store = choice.choose(root, options)
        ground = Ground(root, environment, place, store, known, others, Watch(root, environment))
        outcome = rounds.go(ground, console.say, console.advise, prune=prune, retry=options.retry)
        outcome = waiting.follow(ground, outcome, options.wait, partial(leave, options.findings, environment))
        tell(environment, outcome)
        return
    actual, holds = interface.look(place), {} if options.retry else place.holds()
    console.advise(withdrawn.kept(environment, actual, known))
    changes = rounds.plan(environment, actual, holds, known, prune)
    held = rounds.held(environment, holds)
    new = withdrawn.refusals(environment, actual, known)
    refused = rounds.refusals(environment, changes, others) | place.strangers(environment.pins)
    refused |= {model: problem for model, problem in new.items() if model not in held}
    show(environment, changes, refused, held.values(), bool(adopted), noted(environment, changes, known))


def leave(file: Path | None, environment: Environment, outcome: Outcome) -> None:
    if file:
        found = outcome.findings, outcome.is_well, is_rehearsal(environment), outcome.ended
        leaving.write(file.resolve(), Left(environment.name, *found))


def tell(environment: Environment, outcome: Outcome) -> None:
    told = [f"- {alerts.plain(f'{model}: {step.told}')}" for model, step in outcome.steps.items()]
    page = "\n\n".join([*drawn(environment, outcome.made), *filter(None, ["\n".join(told)])])
    if outcome.problems:
        made = f"{len(outcome.made)} of {console.count(len(outcome.changes), 'change')} made all the same"
        console.summarize("\n\n".join([alerts.alert(alerts.PLAIN, f"{environment.name}: {made}"), page]).rstrip())
        raise_all(outcome.problems)
    for model, step in outcome.steps.items():
        console.say(f"  {model}: {step.told}")
    made = f"{environment.name}: {done(outcome.changes)}"
    if outcome.tried:
        again = f"`tox run -e {environment.verb} -- {environment.name} --apply` goes on with it"
        console.conclude(f"{made}; {', '.join(sorted(outcome.tried))} is still tried", again, page=page)
    elif outcome.changes and is_rehearsal(environment):
        console.say(made)
        console.conclude(f"{environment.name}: rehearsed only: {REHEARSED}", kind=alerts.PLAIN, page=page)
    else:
        then = ["`tox run -e status` shows what runs where"] if outcome.changes else []
        console.conclude(made, *then, page=page)


def left(environment: Environment, known: Releases) -> dict[str, str]:
    if environment.path is None:
        text = f"takes over folders, and the target of {environment.name} is {environment.place}; leave it out"
        raise refuse("--adopt", text)
    return adoption.left(environment.path, known)


def is_rehearsal(environment: Environment) -> bool:
    """Say whether nothing keeps running, since this is a hosted runner and the target one of its folders.

    Some engines don't tell: then the label decides that it was asked for by.
    """
    if environment.path is None:
        return False
    hosted = isinstance(environment.runs_on, str) and "GITHUB_ACTIONS" in os.environ
    return os.environ.get("RUNNER_ENVIRONMENT", "github-hosted" if hosted else "") == "github-hosted"


def preview(environment: Environment, old: dict[str, Pin], known: Releases) -> None:
    changes = withdrawn.marked(reconcile.between(old, environment.pins), known)
    plan = "\n".join([environment.name, *(f"  {change}" for change in changes or ["no pin changes"])])
    warning = reconcile.warning(environment.name, old, environment.pins, environment.verb)
    leave = asked(environment, changes)
    console.say("\n".join([*filter(None, (plan, warning)), *leave, *noted(environment, changes, known)]))
    told = f"merging this makes {console.count(len(changes), 'change')}" if changes else "merging this changes no pin"
    lines = [alerts.plain(one) for one in (warning, *leave) if one]
    alert = alerts.alert(alerts.DOUBTFUL if lines else alerts.PLAIN, f"{environment.name}: {told}", lines)
    console.summarize("\n\n".join([alert, *drawn(environment, changes)]))


def asked(environment: Environment, changes: list[Change]) -> list[str]:
    pins = [pin for change in changes if (pin := environment.pins.get(change.model))]
    return promotion.notes(environment, {pin.model: pin.override for pin in pins}) if pins else []


def noted(environment: Environment, changes: list[Change], known: Releases) -> list[str]:
    pins = [environment.pins[change.model] for change in changes if change.model in environment.pins]
    return engines.notes(ledger.runtimes(pins, known))


def drawn(environment: Environment, changes: list[Change]) -> list[str]:
    return [markdown.fence(reconcile.diff(environment.name, changes), "diff")] if changes else []


def show_adopted(environment: Environment, adopted: dict[str, str]) -> None:
    others = {*ownership.contents(environment.path)} - adopted.keys()
    taken = sorted(f"  = {model:<8} {version}" for model, version in adopted.items())
    taken += [f"  = {name}" for name in others & {directory.STAGING}]
    what = f"{environment.path} is taken over, with what an earlier deploy left:"
    console.say("\n".join([f"{environment.name}: {what}", *taken]))
    if others := others - {directory.STAGING}:
        console.say(f"left alone: {ownership.told(others)}")


def show(
    environment: Environment, changes: list[Change], refused: dict[str, Problem], held: Iterable[Problem], adopts: bool,
    notes: list[str],
) -> None:  # fmt: skip
    left = len([one for one in changes if one.model not in refused])
    words = "--adopt --apply" if adopts else "--apply"
    how = f"Nothing was touched{f': run with {words}' if left or adopts else ''}."
    if not changes:
        console.say(f"{environment.name}: {done(changes)}{f'. {how}' if adopts else ''}")
        console.advise([*held, *refused.values()])
        return
    console.say(
        "\n".join([environment.name, *(f"  {change}" for change in changes), *asked(environment, changes), *notes])
    )
    console.say(f"{console.count(left, 'change')}. {how}")
    console.advise([*held, *refused.values()])


def done(changes: list[Change]) -> str:
    return f"{console.count(len(changes), 'change')} made" if changes else "nothing to do; it runs what is pinned"


if __name__ == "__main__":
    console.run(main)
