"""Environments and their pins: environments/<name>.yaml and environments/<name>/<model>.yaml."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from registry import git, versions
from registry.environments import approving, freezing, placement, terms
from registry.environments.terms import Approvals, Health, Rollout
from registry.errors import Problem, RegistryError, did_you_mean, raise_all, refuse
from registry.formats import documents, reader
from registry.formats.reader import Document
from registry.images import naming
from registry.kube import objects
from registry.specs import runners

FOLDER = "environments"
RELEASES = "releases"
MODEL = "{model}"  # stands in an endpoint for the model's name
PLAIN = re.compile(  # nothing that YAML takes for a number, or the schema for no digest
    rb"version: ((?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2})\nsha256: (?=[0-9a-f]*[a-df])([0-9a-f]{64})\n"
)
LOCAL = re.compile(r"https?://(localhost|127\.[0-9.]+|0\.0\.0\.0|\[::1?\])(:|/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Pin:
    """The version of a model that an environment runs, the SHA-256 of its artifact, and why it moved in a freeze."""

    model: str
    version: str
    sha256: str
    document: Document = field(compare=False, repr=False)
    override: str = field(default="", compare=False)


@dataclass(frozen=True)
class Environment:
    """What an environment is, the folder that is its target, where it is one, and what it pins (model -> pin)."""

    name: str
    document: Document
    path: Path | None
    pins: dict[str, Pin]

    @property
    def kind(self) -> str:
        """The kind of its target."""
        return self.target["type"]

    @property
    def target(self) -> dict:
        """What its document says of the target."""
        return self.document.data["target"]

    @property
    def place(self) -> str:
        """What people call its target: a folder, a namespace of a cluster, or the command that asks it."""
        if self.path is not None:
            return str(self.path)
        if self.kind == "kubernetes":
            return f"the namespace {self.target['namespace']} of {self.target.get('context', 'the cluster')}"
        return f"what {' '.join(self.target['observe'])} tells of"

    @property
    def takes_from(self) -> str:
        """The environment where a version must run first, or `releases`."""
        return self.document.data["takes_from"]

    @property
    def is_automatic(self) -> bool:
        """Whether a workflow merges promotions, where the repository's rules allow it."""
        return self.document.data.get("promote") == "automatic"

    @property
    def soak(self) -> int:
        """How many seconds a version must have been pinned in `takes_from` first."""
        return terms.seconds(self.document.data.get("soak", "0m"))

    @property
    def health(self) -> Health:
        """When a version does well there."""
        return terms.health(self.document.data.get("health", {}))

    @property
    def rollout(self) -> Rollout | None:
        """How a new version gets its traffic; None where it gets all of it at once."""
        written = self.document.data.get("rollout")
        return terms.rollout(written) if written else None

    @property
    def freeze(self) -> list[dict]:
        """The windows in which no version goes forward, as they are written."""
        return self.document.data.get("freeze", [])

    @property
    def approvals(self) -> Approvals | None:
        """Who must approve a promotion; None where nobody is asked for."""
        written = self.document.data.get("approvals")
        return terms.approvals(written) if written else None

    @property
    def images(self) -> str | None:
        """Where its versions lie as OCI images: a registry and a path, without the model's name."""
        return self.document.data.get("images")

    @property
    def modelcar_base(self) -> str | None:
        """The image with a shell, by its digest, on which its images stand that KServe runs beside a server; or None."""
        return self.document.data.get("modelcar_base")

    @property
    def heals(self) -> bool:
        """Whether a deploy puts right what differs from what it deployed, and does not only say so."""
        return self.document.data.get("drift", "heal") == "heal"

    @property
    def requires_signatures(self) -> bool:
        """Whether the agent follows only commits whose signature Git verifies."""
        return self.document.data.get("require_signed_commits", False)

    @property
    def runs_on(self) -> str | list[str]:
        """The runner where deploy runs: a hosted runner's label, or all labels of one of the team's own."""
        return self.document.data.get("runs_on", runners.DEFAULT)

    @property
    def url(self) -> str:
        """The page that is linked at each deployment, or nothing: what is served on localhost nobody else can open."""
        endpoint = self.target.get("endpoint", "")
        is_for_all = not LOCAL.match(endpoint) and MODEL not in endpoint
        return self.document.data.get("url") or (endpoint if is_for_all else "")

    @property
    def is_elsewhere(self) -> bool:
        """Whether its target is on another machine: it is not here, and no deploy from this clone alone would make it.

        A relative path on a hosted runner is a folder of this clone: where that is missing, nothing was deployed.
        """
        if self.path is None:
            return True
        is_ours = isinstance(self.runs_on, str) and not os.path.isabs(self.target["path"])
        return not is_ours and not os.path.lexists(self.path)


def pin_place(environment: str, model: str) -> str:
    """Return the path of a pin, from the top of the repository."""
    return f"{FOLDER}/{environment}/{model}.yaml"


def pin_text(version: str, sha256: str, override: str = "") -> str:
    """Return the two lines of a pin, and a third with why it moves in a freeze, if it does."""
    return f"version: {version}\nsha256: {sha256}\n" + (f"override: {reader.inline(override)}\n" if override else "")


def load_all(root: Path) -> tuple[dict[str, Environment], list[Problem]]:
    """Return the environments that can be used and every problem of environments and pins, chains included.

    They come in the order in which a version passes through them.
    """
    found, problems = survey(root)
    broken = {problem.file.split("/")[1].removesuffix(".yaml") for problem in problems if "/" in problem.file}
    return {name: place for name, place in found.items() if name not in broken}, problems


def survey(root: Path) -> tuple[dict[str, Environment], list[Problem]]:
    """Return what `load_all` does, and environments that have problems too: as far as they can be read."""
    found: dict[str, Environment] = {}
    problems = list(_strays(root))
    known = names(root)
    for name in sorted(known):
        environment, more = _load(root, name)
        found |= {name: environment} if environment else {}
        problems += more
    problems += [*_chains(found, known), *_shared_targets(found), *_shared_configs(root, found), *_shared_images(found)]
    return {name: found[name] for name in in_order(_sources(found))}, problems


def names(root: Path) -> set[str]:
    """Return the environments that there are."""
    return {path.stem for path in (root / FOLDER).glob("*.yaml")}


def soaks(root: Path) -> bool:
    """Say whether versions have to run in some environment for a while before they may go on, as far as that can be read."""
    return any(_soaks(root, f"{FOLDER}/{name}.yaml") for name in names(root))


def _soaks(root: Path, file: str) -> bool:
    try:
        return "soak" in reader.parse(file, documents.contents(root, file)).data
    except RegistryError:
        return False


def first(places: Mapping[str, Environment]) -> list[Environment]:
    """Return the environments that take from releases: where a new version goes first."""
    return [place for place in places.values() if place.takes_from == RELEASES]


def find(root: Path, name: str) -> Environment:
    """Return an environment with its pins; raise RegistryError when it or one of its pins can't be used."""
    known = names(root)
    if name not in known:
        raise refuse(f"{FOLDER}/{name}.yaml", f"does not exist; {did_you_mean(name, known)}")
    environment, problems = _load(root, name)
    raise_all(problems)
    return environment


def _load(root: Path, name: str) -> tuple[Environment | None, list[Problem]]:
    """Return an environment with those of its pins that can be used, and every problem of it and of them."""
    file = f"{FOLDER}/{name}.yaml"
    if name == RELEASES:
        return None, [Problem(file, 0, "", "is a name that means every released version; choose another")]
    if not versions.NAME.fullmatch(name):
        text = "is no name for an environment; use lower-case letters, digits, - and _, a letter first"
        return None, [Problem(file, 0, "", text)]
    pins, problems = _load_pins(root, name)
    try:
        found = made(root, documents.read(root, file, "environment"), pins)
    except RegistryError as error:
        return None, [*error.problems, *problems]
    return found, [*problems, *_unnamed(found)]


def _unnamed(environment: Environment) -> Iterator[Problem]:
    for model in environment.pins if environment.kind == "kubernetes" else ():
        if fault := objects.fault(model):
            yield Problem(pin_place(environment.name, model), 0, "", fault)


def made(root: Path, document: Document, pins: dict[str, Pin]) -> Environment:
    """Return the environment that a document and pins make; raise RegistryError with all that is wrong with the document."""
    raise_all([*document.problems, *_alone(root, document)])
    target = document.data["target"]
    path = root / target["path"] if "path" in target else None
    return Environment(Path(document.file).stem, document, path, pins)


def _alone(root: Path, document: Document) -> Iterator[Problem]:
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
    if target["type"] == "kubernetes" and "images" not in document.data:
        text = "is missing: a cluster takes models from a registry; write one, for example ghcr.io/octo/models"
        yield document.problem(text, "images")
    if (target.get("serve_with") == "deployment") != ("image" in target):
        text = "the serving image and serve_with: deployment go together; write both or neither"
        yield document.problem(text, "target", "image" if "image" in target else "serve_with")


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


def _load_pins(root: Path, environment: str) -> tuple[dict[str, Pin], list[Problem]]:
    folder = root / FOLDER / environment
    pins: dict[str, Pin] = {}
    problems: list[Problem] = []
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        text = "is no folder; put <model>.yaml files into a folder of this name"
        return {}, [Problem(f"{FOLDER}/{environment}", 0, "", text)]
    names = os.listdir(folder) if folder.exists() else []
    for name in sorted(name for name in names if not name.startswith(".")):
        model, ending = os.path.splitext(name)
        try:
            pins[model] = _load_pin(root, f"{FOLDER}/{environment}/{name}", model, ending)
        except RegistryError as error:
            problems += error.problems
    return pins, problems


def _load_pin(root: Path, file: str, model: str, ending: str) -> Pin:
    check_name(file, model, ending)
    return parse_pin(file, documents.contents(root, file))


def check_name(file: str, model: str, ending: str) -> None:
    """Raise RegistryError for a file in a folder of pins whose name is no pin's."""
    if ending != ".yaml" or not versions.NAME.fullmatch(model):
        raise refuse(file, "is no pin; only <model>.yaml files belong here")


def pins_at(root: Path, revision: str, environment: str) -> dict[str, Pin]:
    """Return the pins that an environment had in a commit; raise RegistryError when there is no such commit."""
    if git.resolve(root, revision) is None:
        raise refuse(revision, "is no commit here; name one, or fetch the whole history")
    files = git.contents(root, revision, f"{FOLDER}/{environment}/")
    return {Path(file).stem: pin for file, raw in files.items() if (pin := past_pin(file, raw))}


def past_pin(file: str, raw: bytes | None) -> Pin | None:
    """Return the pin in a file as a commit holds it, or None: no file, and one that can't be read, pins nothing."""
    try:
        return None if raw is None else parse_pin(file, raw)
    except RegistryError:
        return None


def parse_pin(file: str, raw: bytes) -> Pin:
    """Return the pin in a file's bytes; raise RegistryError with all that is wrong when they are none."""
    document = _plain(file, raw) or documents.hold(reader.parse(file, raw), "pin")
    fault = versions.fault(document.data["version"]) if document.is_sound("version") else None
    raise_all([*document.problems, *([document.problem(fault, "version")] if fault else [])])
    model = file.rpartition("/")[2].removesuffix(".yaml")
    return Pin(model, document.data["version"], document.data["sha256"], document, document.data.get("override", ""))


def _plain(file: str, raw: bytes) -> Document | None:
    """Return a pin as `promote` writes it, as the reader would, at a hundredth of the time; None of any other."""
    if (found := PLAIN.fullmatch(raw)) is None:
        return None
    version, sha256 = (text.decode() for text in found.groups())
    return Document(
        file,
        {"version": version, "sha256": sha256},
        {(): (1, ""), ("version",): (1, version), ("sha256",): (2, sha256)},
    )


def _strays(root: Path) -> Iterator[Problem]:
    folder = root / FOLDER
    if not any(folder.glob("*.yaml")):
        yield Problem(FOLDER, 0, "", "holds no environment; write one, such as environments/staging.yaml")
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        file, text = path.relative_to(root).as_posix(), "holds pins of an environment that does not exist"
        if path.is_dir() and path.suffix != ".yaml" and not path.with_name(f"{path.name}.yaml").exists():
            yield Problem(file, 0, "", f"{text}; write {file}.yaml, or take them away: `git rm -r {file}`")
        elif path.is_file() and path.suffix == ".yml":
            yield Problem(file, 0, "", f"is not read; rename it to {path.stem}.yaml")


def _chains(found: dict[str, Environment], known: set[str]) -> Iterator[Problem]:
    sources = _sources(found)
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


def _sources(found: Mapping[str, Environment]) -> dict[str, str]:
    return {name: environment.takes_from for name, environment in found.items()}


def _chain(sources: Mapping[str, str], name: str) -> list[str]:
    chain = [name]
    while (source := sources[chain[-1]]) in sources and source not in chain[1:]:
        chain.append(source)
    return chain


def _shared_images(found: dict[str, Environment]) -> Iterator[Problem]:
    """Yield what asks for images in one place on two bases: they would have one tag."""
    bases: dict[str, tuple[str, str]] = {}
    for name, one in found.items():
        if one.images and one.modelcar_base:
            other, base = bases.setdefault(one.images, (name, one.modelcar_base))
            if base != one.modelcar_base:
                text = f"is another than {other} has for the same images; write the same, or give each its own images"
                yield one.document.problem(text, "modelcar_base")


def _shared_targets(found: dict[str, Environment]) -> Iterator[Problem]:
    paths = {name: Path(os.path.realpath(one.path)) for name, one in found.items() if one.path is not None}
    yield from _shared_places({name: one for name, one in found.items() if one.path is None})
    for name, path in paths.items():
        for other, above in paths.items():
            if path == above and other < name:
                yield found[name].document.problem(f"is the target of {other} too; give each its own", "target", "path")
            elif above in path.parents:
                text = f"lies inside the target of {other}; give each its own"
                yield found[name].document.problem(text, "target", "path")


def _shared_places(found: dict[str, Environment]) -> Iterator[Problem]:
    for name, one in found.items():
        if other := next((other for other in found if other < name and found[other].target == one.target), None):
            yield one.document.problem(f"is the target of {other} too; give each its own", "target")


def _shared_configs(root: Path, found: dict[str, Environment]) -> Iterator[Problem]:
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
