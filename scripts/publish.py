"""Make candidates releases: artifact, release.json, report, model card, checksums and an annotated tag."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import console, files, git, tags, versions
from registry.environments import manifests
from registry.environments.manifests import Environment
from registry.errors import Problem, RegistryError, raise_all, refuse
from registry.images import pushing, supplying
from registry.images.naming import Base, Repository
from registry.images.supplying import Wanted
from registry.judging import candidates, released
from registry.publishing import publication
from registry.releases import choice, ledger
from registry.releases.ledger import Release, Releases, Taken
from registry.releases.storage import Store
from registry.specs.models import Model


def main() -> None:
    parser = console.parser(__doc__, "tox run -e publish -- digits")
    instead = choice.add_models(parser, "the models whose candidates to publish")
    text = "push what registries of images lack of what is pinned or newest, for environments with images"
    instead.add_argument("--images", action="store_true", help=text)
    parser.add_argument("--push", action="store_true", help="push the tags of releases that lie in a folder to origin")
    choice.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    store = choice.choose(root, options)
    if options.push:
        check_push(root, store)
    places, faults = manifests.load_all(root)
    wanted = wishes(places)
    problems: list[Problem] = []
    known, others = ledger.survey(root)
    if options.images:
        raise_all(faults)
        push_missing(root, store, needed(known, places), wanted, known)
        return
    found = choice.choose_models(root, options, known)
    late = left_behind(root, store, known) if options.push and options.unreleased else []
    if not (found or late):
        console.say("every model's version is released; nothing to publish")
    for tag in late:
        with gathering(problems):
            push(root, tag)
    for model in found:
        with gathering(problems):
            tag = versions.tag(model.name, model.version)
            those = [one.of(model.name) for one in wanted]
            made = publish(root, model, store, known.get(model.name, []), others.get(model.name, []))
            if options.push:
                push(root, tag)
            elif made and not store.site:
                console.say(f"next: `git push origin '{tag}'` makes the tag known elsewhere")
            if those:
                push_images(root, store, store.facts(tag), those)
            tell_next(model, store, manifests.first(places))
    console.advise(ledger.problems(others.get(model.name, []) for model in found))
    raise_all(problems)


@contextmanager
def gathering(problems: list[Problem]) -> Iterator[None]:
    """Add what fails to the problems: one model's failure holds no other up."""
    try:
        yield
    except RegistryError as error:
        problems += error.problems
    except OSError as error:
        if error.errno not in files.FULL:
            raise
        problems += console.explain(error).problems


def check_push(root: Path, store: Store) -> None:
    if store.site:
        raise refuse("--push", f"is for releases that lie in a folder, and {store.place} has its tags; leave it out")
    if not git.origin(root):
        raise refuse("--push", "has nowhere to push to, since this clone has no origin; run `git remote add origin …`")


def left_behind(root: Path, store: Store, known: Releases) -> list[str]:
    """Return the tags of published versions that origin has not, as a run leaves them that was stopped, or could not push."""
    missing = tags.unpushed(root, [release.tag for those in known.values() for release in those])
    return [tag for tag in missing if store.facts(tag)]


def push(root: Path, tag: str) -> None:
    tags.push(root, tag)
    console.say(f"{tag} is on origin, too")


def publish(root: Path, model: Model, store: Store, those: list[Release], taken: list[Taken]) -> bool:
    tag = versions.tag(model.name, model.version)
    if publication.finish(root, model, store, those, taken):
        console.say(f"{tag}: finished what a run that was stopped had drafted and tagged")
        made = True
    else:
        made = publication.publish(root, model, candidates.load(root, model.name), store, those, taken)
    if made:
        console.say(f"published {tag}: {store.where(tag)}")
        console.summarize(f"- published [{tag}]({store.where(tag)})")
    else:
        console.say(f"{tag} is published already with these bytes; nothing to do")
    return made


def wishes(places: dict[str, Environment]) -> list[Wanted]:
    """Return what environments ask for; one that stands on a base brings the one that does not along."""
    bases = {place.images: place.modelcar_base for place in places.values() if place.images and place.modelcar_base}
    return [Wanted(one, bases.get(one)) for one in dict.fromkeys(place.images for place in places.values()) if one]


def needed(known: Releases, places: dict[str, Environment]) -> list[Release]:
    """Return the newest release of each model, and those that are pinned anywhere."""
    pinned = {(pin.model, pin.version) for place in places.values() for pin in place.pins.values()}
    return [
        one
        for those in known.values()
        for one in those
        if one is ledger.newest(those) or (one.model, one.version) in pinned
    ]


def push_missing(root: Path, store: Store, those: list[Release], wanted: list[Wanted], known: Releases) -> None:
    problems: list[Problem] = []
    pushed = 0
    for release in those if wanted else []:
        with gathering(problems):
            facts = released.facts(root, store, known, release.tag)
            if facts is None:
                raise refuse(release.tag, f"is not in {store.place}; name where it is with --releases, or --repository")
            lacking = [
                (one, base)
                for one, base in (each.of(release.model) for each in wanted)
                if pushing.lacks(one, facts, base)
            ]
            pushed += push_images(root, store, facts, lacking) if lacking else 0
    if not (pushed or problems):
        console.say("no image is missing" if wanted else "no environment asks for images; nothing to push")
    raise_all(problems)


def push_images(root: Path, store: Store, facts: dict, those: list[tuple[Repository, Base | None]]) -> int:
    """Return how many were pushed now."""
    pushed = 0
    for image, is_new in supplying.supply(root, store, facts, those):
        pushed += is_new
        console.say(f"{'pushed' if is_new else 'is there already:'} {image}")
        if is_new:
            console.summarize(f"- pushed `{image}`")
    return pushed


def tell_next(model: Model, store: Store, first: list[Environment]) -> None:
    fetch = "git fetch --tags && " if store.site else ""
    for place in first:
        console.say(f"next: `{fetch}tox run -e promote -- {model.name} {place.name}`")


if __name__ == "__main__":
    console.run(main)
