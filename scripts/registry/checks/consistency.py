"""What one document alone can't show: documents held against each other and against the releases."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from registry import git
from registry.checks import allowance, branches, foresight
from registry.environments import foreign, manifests
from registry.environments.manifests import Environment, Pin
from registry.errors import Problem, did_you_mean, raise_all
from registry.images import naming
from registry.releases import changes, ledger
from registry.releases.ledger import Others, Releases
from registry.specs import committed, models, sense
from registry.specs.models import Model

CANDIDATES = "candidates"  # judging.candidates knows it too, and takes long to import


def validate(root: Path, wanted: list[str]) -> tuple[list[Model], list[Environment], list[Problem]]:
    """Return the wanted models (all, when none is named), all environments, and what is worth knowing of them.

    Raises RegistryError with every problem at once.
    """
    known, others = ledger.survey(root)
    found, problems = models.load_some(root, wanted, {one.fingerprint for those in known.values() for one in those})
    places, more = manifests.survey(root)
    problems += more
    more, advice = committed.survey(root, found.values())
    problems += more
    problems += changes.version_problems(root, list(found.values()), known)
    problems += _pins(places.values(), set(models.names(root)), known, others)
    problems += _unnamed(places.values(), found.values())
    problems += _judged_already(root)
    problems += allowance.list_problems(root) or allowance.problems(root, found.values())
    raise_all(problems)
    advice += [*models.advice(root), *branches.problems(root), *ledger.problems(others.values())]
    advice += [one for place in places.values() for one in withdrawals(place, {}, known)]
    advice += [one for model in found.values() for one in _unlike(model)]
    advice += [one for model in found.values() for one in foresight.problems(root, model, known)]
    advice += changes.waiting(root, list(found.values()), known)
    return list(found.values()), list(places.values()), advice


def _unlike(model: Model) -> list[Problem]:
    return [*model.contents.missing(), *model.contents.differences(model.folder), *sense.void(model.document)]


def _unnamed(places: Iterable[Environment], found: Iterable[Model]) -> Iterator[Problem]:
    """Yield the models that could have no image, where an environment asks for images."""
    asks = next((place.name for place in places if place.images), None)
    for model in found if asks else []:
        if text := naming.model_fault(model.name):
            yield Problem(model.place, 0, "", f"{text}, since {asks} asks for images")


def _judged_already(root: Path) -> Iterator[Problem]:
    """Yield what of the repository would be taken for candidates that were judged here, however it is spelt."""
    magic = {"GIT_LITERAL_PATHSPECS": "0"}
    paths = git.run(root, "ls-files", "-z", "--", f":(icase,top){CANDIDATES}", within=magic).split("\0")[:-1]
    for name in sorted({path.split("/")[0] for path in paths}):
        text = "is a part of this repository, and its files would be published as if they had been judged"
        yield Problem(name, 0, "", f"{text}; run `git rm -r --cached {name}`, and commit that")


def withdrawals(environment: Environment, old: Mapping[str, Pin], known: Releases) -> list[Problem]:
    """Return the pins of withdrawn versions that are not among some older pins."""
    pins = {model: pin for model, pin in environment.pins.items() if pin != old.get(model)}
    return list(_withdrawn(pins.values(), known))


def _withdrawn(pins: Iterable[Pin], known: Releases) -> Iterator[Problem]:
    for pin in pins:
        release = ledger.find(known.get(pin.model, []), pin.version)
        if release and release.withdrawn is not None:
            text = f"{release.tag} is withdrawn: {release.withdrawn}; pin another version"
            yield pin.document.problem(text, "version")


def _pins(places: Iterable[Environment], names: set[str], known: Releases, others: Others) -> Iterator[Problem]:
    for pin in (pin for environment in places for pin in environment.pins.values()):
        release = ledger.find(known.get(pin.model, []), pin.version)
        if pin.model not in {*names, *known, *others}:
            yield pin.document.problem(f"pins a model nobody knows; {did_you_mean(pin.model, names)}")
        elif refused := foreign.refusal(pin, others):
            yield refused
        elif release is None:
            text = f"{pin.model} has no release {pin.version}; publish it first, or fetch its tag: `git fetch --tags`"
            yield pin.document.problem(text, "version")
        elif release.sha256 != pin.sha256:
            text = f"is not the digest of {release.tag}, which is {release.sha256}; write that, or promote again"
            yield pin.document.problem(text, "sha256")
