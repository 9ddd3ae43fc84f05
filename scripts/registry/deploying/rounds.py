"""A round: what is pinned against what runs, put right change by change; what is held is left alone."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from registry import console, versions
from registry.deploying import applying, onward
from registry.deploying.applying import Deployment
from registry.deploying.onward import Watch
from registry.destinations import interface
from registry.destinations.interface import Target, Unfit
from registry.environments import foreign, promotion, reconcile, withdrawn
from registry.environments.manifests import Environment, Pin
from registry.environments.reconcile import PROMOTED, PUT_BACK, Change, Ended, Hold, Running
from registry.errors import Problem, RegistryError, one_line
from registry.releases.ledger import Others, Releases
from registry.releases.storage import Store
from registry.watching import decision
from registry.watching.decision import Step

LONGEST = 500  # characters of why a version is held: targets keep that, and may keep no more
BECAME = {decision.SETTLE: PROMOTED, decision.ABORT: PUT_BACK}


@dataclass
class Outcome:
    """What a round came to: what was planned, what of it was made, what went wrong, what is not tried again.

    `steps` tells what became of the versions that were tried before, by model; `tried` are the models of which one still is.
    `failed` are errors of which the same may go well later, by model; `ended` are trials that did.
    """

    changes: list[Change]
    made: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    holds: dict[str, Problem] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    failed: dict[str, RegistryError] = field(default_factory=dict)
    ended: list[Ended] = field(default_factory=list)

    def then(self, later: "Outcome") -> "Outcome":
        """Return what this round and a later one came to together."""
        changes, made = [*self.changes, *later.changes], [*self.made, *later.made]
        steps, ended = self.steps | later.steps, [*self.ended, *later.ended]
        return Outcome(changes, made, later.problems, later.holds, steps, later.tried, later.failed, ended)

    @property
    def drift(self) -> list[Change]:
        """What ran otherwise than it was deployed."""
        return [one for one in self.changes if one.kind == "repair"]

    @property
    def findings(self) -> list[str]:
        """What somebody should know who does not look at logs: drift, what was done about it, and what is held."""
        told = [f"{one.model} {one.new} {_drifted(one)}; {self._done(one)}" for one in self.drift]
        return [*told, *(one.text for one in self.holds.values())]

    def _done(self, change: Change) -> str:
        return "it was put right" if change in self.made else "it was left as it is"

    @property
    def is_well(self) -> bool:
        """Whether what runs is what is pinned now."""
        return not self.holds and all(one in self.made for one in self.changes)


def _drifted(change: Change) -> str:
    return "was taken away by somebody" if change.is_gone else "differed from its release"


@dataclass(frozen=True)
class Ground:
    """What rounds of an environment go by: the repository, what is released, foreign, and where the bytes lie.

    `commit` is that of main which the environment is of.
    """

    root: Path
    environment: Environment
    target: Target
    store: Store
    known: Releases
    others: Others
    watch: Watch
    commit: str = "HEAD"


def go(
    ground: Ground, say: Callable[[str], None], advise: Callable[[Iterable[Problem]], object], *,
    prune: bool = False, retry: bool = False, waits: Callable[[Change], bool] = lambda change: False,
    ends: Callable[[RegistryError], bool] = lambda error: False,
) -> Outcome:  # fmt: skip
    """Make what runs what is pinned, as far as it may be; `say` gets each change before it is made.

    A change that `waits` is left for a later round, and so are all that come after an error that `ends` this one.
    Ask for the target's `problems` before. Raises RegistryError where nothing could be begun.
    """
    from registry.judging import released  # what only plans does without

    environment, target = ground.environment, ground.target
    with target.locked():
        actual = interface.look(target)
        digests = {model: pin.sha256 for model, pin in environment.pins.items()}
        steps = onward.go_on(ground.watch, target, actual, digests, ground.known)
        holds = release(target, environment, target.holds(), all_of_them=retry)
        if any(one.trial for one in actual.values()):
            holds |= _aborted(ground, steps)
            actual = interface.look(target)
        advise(withdrawn.kept(environment, actual, ground.known))
        changes = plan(environment, actual, holds, ground.known, prune)
        facts = partial(released.facts, ground.root, ground.store, ground.known)
        before = partial(promotion.ran_before, ground.root, environment.name, ground.commit)
        pins = wanted(environment, actual, holds)
        deployment = Deployment(
            environment, pins, target, actual, ground.store, facts, ground.known, before, ground.watch
        )
        refused = refusals(environment, changes, ground.others)
        outcome = make(deployment, changes, refused, held(environment, holds), say, waits, ends)
        outcome.steps, outcome.ended = steps, list(_ended(ground, steps))
        outcome.tried |= {model for model, step in steps.items() if step.does in (decision.WAIT, decision.WIDEN)}
        try:
            keep_in_mind(target, environment, actual, outcome)
        except (RegistryError, OSError) as error:  # what was done is told all the same
            outcome.problems += _told(error).problems
        return outcome


def keep_in_mind(target: Target, environment: Environment, actual: Mapping[str, Running], outcome: Outcome) -> None:
    """Let a target know later what of all that runs now somebody took away. `actual` ran before the changes."""
    moved = {model for model, step in outcome.steps.items() if step.does != decision.WAIT}
    seen = reconcile.unlike(actual, target.brought(), environment.pins)
    if changed := seen | moved | {one.model for one in outcome.made}:
        target.remember(changed)


def _aborted(ground: Ground, steps: Mapping[str, Step]) -> dict[str, Hold]:
    """Keep that versions are not to be tried again that were put back."""
    found = {}
    for model, step in steps.items():
        if step.does == decision.ABORT:
            pin = ground.environment.pins[model]
            found[model] = Hold(pin.version, pin.sha256, step.told, time.time())
            ground.target.hold(model, found[model])
    return found


def _ended(ground: Ground, steps: Mapping[str, Step]) -> Iterator[Ended]:
    for model, step in steps.items():
        if became := BECAME.get(step.does):
            pin = ground.environment.pins[model]
            commit = promotion.arrived(ground.root, ground.environment.name, pin, ground.commit)
            yield Ended(model, pin.version, became, step.told, commit)


def refusals(environment: Environment, changes: Iterable[Change], others: Others) -> dict[str, Problem]:
    """Return what is not done though it is planned, by model: foreign releases, drift that is only told."""
    drifted = [] if environment.heals else [one for one in changes if one.kind == "repair"]
    told = {one.model: _drift(environment.pins[one.model], one) for one in drifted}
    return told | foreign.refusals(environment, others)


def _drift(pin: Pin, change: Change) -> Problem:
    tag = versions.tag(pin.model, change.new)
    what = f"{tag} was taken away by somebody" if change.is_gone else f"what runs is not {tag} as it was deployed"
    text = f"{what}, and `drift: report` leaves it so"
    return pin.document.problem(f"{text}; put it right by hand, or write drift: heal into the environment")


def plan(
    environment: Environment, actual: Mapping[str, Running], holds: Mapping[str, Hold], known: Releases, prune: bool
) -> list[Change]:
    """Return what is to be done, but for what is held; raise RegistryError where all would go and nobody said so."""
    reconcile.guard(environment.name, environment.pins, actual, prune, environment.verb)
    pins = wanted(environment, actual, holds)
    left = held(environment, holds).keys() - pins.keys()  # of what is held there, nothing can be put right
    found = reconcile.plan(pins, {model: one for model, one in actual.items() if model not in left})
    return withdrawn.marked(found, known)


def wanted(environment: Environment, actual: Mapping[str, Running], holds: Mapping[str, Hold]) -> dict[str, Pin]:
    """Return what is to run, by model: what is pinned, but in place of what is held the version that is settled there."""
    found = dict(environment.pins)
    for model in held(environment, holds):
        settled = actual.get(model)
        if settled and settled.sha256 and not (settled.is_gone and _is(holds, settled, model)):
            found[model] = replace(found[model], version=settled.version, sha256=settled.sha256)
        else:
            del found[model]
    return found


def held(environment: Environment, holds: Mapping[str, Hold]) -> dict[str, Problem]:
    """Return why pinned versions are not tried again, and the ways out, by model."""
    pins = environment.pins.items()
    return {model: _held(environment, pin, holds[model]) for model, pin in pins if _is(holds, pin, model)}


def _is(holds: Mapping[str, Hold], one: Pin | Running, model: str) -> bool:
    return model in holds and holds[model].sha256 == one.sha256


def _held(environment: Environment, pin: Pin, hold: Hold) -> Problem:
    tag, when = versions.tag(pin.model, pin.version), time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(hold.since))
    text = f"{tag} is held since {when}: {hold.why}"
    again = f"try it again: `tox run -e {environment.verb} -- {environment.name} --apply --retry`"
    return pin.document.problem(f"{text}; pin another version, or {again}", "version")


def release(
    target: Target, environment: Environment, holds: Mapping[str, Hold], *, all_of_them: bool
) -> dict[str, Hold]:
    """Forget what is held for a pin that is another now, or all; return what is still held."""
    kept = {} if all_of_them else {model: hold for model, hold in holds.items() if _is_pinned(environment, model, hold)}
    for model in holds.keys() - kept.keys():
        target.hold(model, None)
    return kept


def _is_pinned(environment: Environment, model: str, hold: Hold) -> bool:
    pin = environment.pins.get(model)
    return pin is not None and pin.sha256 == hold.sha256


def make(
    deployment: Deployment, changes: Iterable[Change], refused: Mapping[str, Problem], holds: Mapping[str, Problem],
    say: Callable[[str], None], waits: Callable[[Change], bool] = lambda change: False,
    ends: Callable[[RegistryError], bool] = lambda error: False,
) -> Outcome:  # fmt: skip
    """Make changes, each told before it is made. One model's failure holds no other up, but a full disk does."""
    outcome = Outcome([*changes], problems=[*holds.values(), *refused.values()], holds=dict(holds))
    for change in outcome.changes:
        if waits(change):
            continue
        say(f"  {change}")
        if change.model in refused:
            continue
        try:
            if applying.apply(deployment, change):
                outcome.tried.add(change.model)
            outcome.made.append(change)
        except Unfit as error:
            if change.model in holds:  # it answers in place of what is held, and stays the best there is
                outcome.failed[change.model] = error
                outcome.problems += error.problems
                continue
            outcome.holds[change.model] = hold(deployment, change.model, error)
            outcome.problems.append(outcome.holds[change.model])
        except (RegistryError, OSError) as error:
            told = _told(error)
            outcome.failed[change.model] = told
            outcome.problems += told.problems
            if told is not error or ends(told):
                break
    return outcome


def _told(error: RegistryError | OSError) -> RegistryError:
    return console.explain(error) if isinstance(error, OSError) else error


def hold(deployment: Deployment, model: str, why: RegistryError) -> Problem:
    """Keep that the pinned version of a model is not to be tried again; return how that is told."""
    pin = deployment.environment.pins[model]
    text = one_line("; ".join(one.text for one in why.problems), LONGEST)
    found = Hold(pin.version, pin.sha256, text, time.time())
    deployment.target.hold(model, found)
    return _held(deployment.environment, pin, found)
