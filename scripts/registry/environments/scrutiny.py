"""What is wrong with environments that the schema can't say: of one alone, and between them."""

import os
import time
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from registry.environments import approving, freezing, placement, terms
from registry.environments.terms import LOCAL, MODEL, RELEASES, Environment
from registry.errors import Problem, did_you_mean, one_line
from registry.formats.reader import Document
from registry.images import naming
from registry.kube import objects
from registry.specs import runners


def problems(root: Path, document: Document) -> Iterator[Problem]:
    """Yield what the schema can't say of one environment: a soak without effect, a target or page where none may be."""
    if document.is_sound("takes_from", "soak") and document.data["takes_from"] == RELEASES:
        text = f"has no effect when takes_from is {RELEASES}; leave it out, or take from an environment"
        yield document.problem(text, "soak")
    if document.is_sound("runs_on") and (fault := runners.deploy_fault(document.data.get("runs_on", runners.DEFAULT))):
        yield document.problem(fault, "runs_on")
    if document.is_sound("url") and LOCAL.match(document.data["url"]):
        text = "is a page on the machine of whoever opens it; write an address that all can open, or leave it out"
        yield document.problem(text, "url")
    if document.is_sound("images") and (fault := naming.fault(document.data.get("images", naming.EXAMPLE))):
        yield document.problem(fault, "images")
    if document.is_sound("modelcar_base") and (text := document.data.get("modelcar_base")):
        if fault := naming.base_fault(text) or (
            "has no effect without images; write where those lie, or leave it out" * ("images" not in document.data)
        ):
            yield document.problem(fault, "modelcar_base")
    if document.is_sound("target"):
        yield from _target(root, document)
    if document.is_sound(freezing.FIELD):
        yield from freezing.problems(document, time.time())
    if document.is_sound(approving.FIELD):
        yield from approving.problems(document)
    if document.is_sound("rollout"):
        yield from _rollout(document)
    if document.is_sound("health") and "watch" not in (health := document.data["health"]):
        text = "has no effect without watch; write for how long it is watched, for example watch: 5m, or leave it out"
        yield from (document.problem(text, "health", name) for name in ("errors", "p99_ms") if name in health)
    if document.is_sound("target") and "endpoint" not in document.data["target"]:
        yield from _figureless(document)


def _figureless(document: Document) -> Iterator[Problem]:
    health = document.data["health"] if document.is_sound("health") else {}
    text = "goes by figures that nothing tells; write target.endpoint, for example http://localhost:8501"
    if document.is_sound("rollout") and "metrics" not in health:
        yield document.problem(text, "rollout")
    if "watch" in health and "metrics" not in health:
        yield document.problem(text, "health", "watch")


def _target(root: Path, document: Document) -> Iterator[Problem]:
    target = document.data["target"]
    if "path" in target and (fault := placement.fault(root, root / target["path"])):
        yield document.problem(f"{target['path']} {fault}", "target", "path")
    if "config" in target and (fault := _config_fault(root, root / target["path"], root / target["config"])):
        yield document.problem(f"{target['config']} {fault}", "target", "config")
    if set("?#{}") & {*target.get("endpoint", "").replace(MODEL, "")}:
        text = "is followed by paths, and knows {model} alone; leave out ? and #, and all else in braces"
        yield document.problem(f"{one_line(target['endpoint'])} {text}", "target", "endpoint")
    if target["type"] == "kubernetes" and "images" not in document.data:
        text = "is missing: a cluster takes models from a registry; write one, for example ghcr.io/octo/models"
        yield document.problem(text, "images")
    if (target.get("serve_with") == "deployment") != ("image" in target):
        text = "the serving image and serve_with: deployment go together; write both or neither"
        yield document.problem(text, "target", "image" if "image" in target else "serve_with")
    for path in objects.overridden(target) if target["type"] == "kubernetes" else ():
        text = "is not for overrides: deploy writes it, from the pin and the other fields; take it out"
        yield document.problem(text, "target", "overrides", *path)


def _config_fault(root: Path, path: Path, config: Path) -> str | None:
    """Say why TensorFlow Serving's file may not be at a path, and what to do, or return None."""
    place, models = Path(os.path.realpath(config)), Path(os.path.realpath(path))
    if models == place or models in place.parents:
        return "lies in target.path, where the models are; write a file beside that folder"
    return placement.fault(root, config)


def _rollout(document: Document) -> Iterator[Problem]:
    written = document.data.get("rollout", {})
    limits, is_shadow = written.get("abort", {}), bool(written.get("shadow"))
    if written and ("canary" in written) == is_shadow:
        yield document.problem("must have either canary or shadow: true; write one of them", "rollout")
    if "canary" in written and not 0 < terms.fraction(written["canary"]) < 1:
        text = f"{written['canary']} leaves nothing to try it on, or to hold it against; write a share such as 10%"
        yield document.problem(text, "rollout", "canary")
    if is_shadow:
        text = "has no effect with shadow: true, where only the comparison counts; write disagreement, or leave it out"
        yield from (document.problem(text, "rollout", "abort", name) for name in ("errors", "p99_ms") if name in limits)
    for name in ("errors", "disagreement"):
        if name in limits and not terms.fraction(limits[name]):
            text = f"{limits[name]} is kept for sure after no number of requests; write how many may, for example 1%"
            yield document.problem(text, "rollout", "abort", name)
    if document.is_sound("target") and document.data["target"]["type"] != "directory":
        yield from _uncompared(document, limits, is_shadow)
    if document.is_sound("target") and document.data["target"]["type"] == "kubernetes":
        yield from _unsplit(document, written.get("canary", "0%"))


def _uncompared(document: Document, limits: Mapping, is_shadow: bool) -> Iterator[Problem]:
    text = "works only with a target of the type directory, where serve compares answers"
    if is_shadow:
        yield document.problem(f"{text}; write canary, for example 10%", "rollout", "shadow")
    if "disagreement" in limits:
        yield document.problem(f"{text}; leave it out", "rollout", "abort", "disagreement")


def _unsplit(document: Document, canary: str) -> Iterator[Problem]:
    if document.data["target"].get("serve_with") == "deployment":
        text = (
            "has no effect on a plain Deployment, which splits no requests; leave it out, or write serve_with: kserve"
        )
        yield document.problem(text, "rollout")
    elif not float(canary[:-1]).is_integer():
        text = f"{canary} is no whole number, and KServe splits requests in whole percent; write one"
        yield document.problem(text, "rollout", "canary")


def between(root: Path, found: Mapping[str, Environment], known: Set[str]) -> Iterator[Problem]:
    """Yield what is wrong between environments: what they take from, and what two of them have; `known` are all names."""
    yield from _chains(found, known)
    yield from _shared_targets(found)
    yield from _shared_configs(root, found)
    yield from _shared_images(found)


def _chains(found: Mapping[str, Environment], known: Set[str]) -> Iterator[Problem]:
    sources = sources_of(found)
    for name, source in sources.items():
        environment = found[name]
        if source != RELEASES and source not in known:
            advice = did_you_mean(source, known - {name} | {RELEASES})
            yield environment.document.problem(f"{source} is no environment; {advice}", "takes_from")
        elif name in (chain := _chain(sources, name))[1:]:
            text = f"takes from itself: {' ← '.join(chain)}; let one of them take from {RELEASES}"
            yield environment.document.problem(text, "takes_from")


def in_order(sources: Mapping[str, str]) -> list[str]:
    """Return environments, each with what it takes from, in the order in which a version passes through them."""
    return sorted(sources, key=lambda name: len(_chain(sources, name)))


def sources_of(found: Mapping[str, Environment]) -> dict[str, str]:
    """Return what environments take from, by name."""
    return {name: environment.takes_from for name, environment in found.items()}


def _chain(sources: Mapping[str, str], name: str) -> list[str]:
    chain = [name]
    while (source := sources[chain[-1]]) in sources and source not in chain[1:]:
        chain.append(source)
    return chain


def _shared_images(found: Mapping[str, Environment]) -> Iterator[Problem]:
    """Yield what asks for images in one place on two bases: they would have one tag."""
    bases: dict[str, tuple[str, str]] = {}
    for name, one in found.items():
        if one.images and one.modelcar_base:
            other, base = bases.setdefault(one.images, (name, one.modelcar_base))
            if base != one.modelcar_base:
                text = f"is another than {other} has for the same images; write the same, or give each its own images"
                yield one.document.problem(text, "modelcar_base")


def _shared_targets(found: Mapping[str, Environment]) -> Iterator[Problem]:
    paths = {name: Path(os.path.realpath(one.path)) for name, one in found.items() if one.path is not None}
    yield from _shared_places({name: one for name, one in found.items() if one.path is None})
    for name, path in paths.items():
        for other, above in paths.items():
            if path == above and other < name:
                yield found[name].document.problem(f"is the target of {other} too; give each its own", "target", "path")
            elif above in path.parents:
                text = f"lies inside the target of {other}; give each its own"
                yield found[name].document.problem(text, "target", "path")


def _shared_places(found: Mapping[str, Environment]) -> Iterator[Problem]:
    for name, one in found.items():
        if other := next((other for other in found if other < name and found[other].target == one.target), None):
            yield one.document.problem(f"is the target of {other} too; give each its own", "target")


def _shared_configs(root: Path, found: Mapping[str, Environment]) -> Iterator[Problem]:
    paths = {name: Path(os.path.realpath(one.path)) for name, one in found.items() if one.path is not None}
    files = {
        name: Path(os.path.realpath(root / one.target["config"]))
        for name, one in found.items()
        if "config" in one.target
    }
    for name, file in files.items():
        if other := next((other for other in files if other < name and files[other] == file), None):
            yield found[name].document.problem(f"is the file of {other} too; give each its own", "target", "config")
        if other := next((other for other in paths if other != name and paths[other] in file.parents), None):
            text = f"lies inside the target of {other}; write a file outside"
            yield found[name].document.problem(text, "target", "config")
