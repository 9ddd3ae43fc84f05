"""A thousand models, ten thousand tags: how long verbs that run no model take beyond Python's start; GTO beside them."""

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy
import pairs
import peers
import registries
from servers import FIXTURES, ROOT

from registry import git
from registry.artifacts import archive, golden
from registry.destinations import directory, ownership
from registry.destinations.interface import Delivery
from registry.environments import manifests
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.specs import models

COUNT = 1000
CHANGED = 10
VERSIONS = 10
LIMITS = {"validate": 0.8, "changed": 0.5, "status": 0.5, "promote": 0.5}
PATIENCE = 60  # seconds for `gto show`, which takes minutes
PYTHON = [sys.executable, "-c", "pass"]


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    root = repository(folder)
    start = pairs.least(PYTHON, root)
    words = {name: [] for name in LIMITS} | {"promote": ["model-0003", "staging"]}
    took = {name: pairs.least([*verb(name), *words[name]], root) - start for name in LIMITS}
    shutil.rmtree(root / manifests.FOLDER / "staging")
    theirs = peer(root)
    install(root, "staging")
    nothing = pairs.least([*verb("deploy"), "staging", "--apply"], root) - start
    size = f"{COUNT} models, {COUNT * VERSIONS} tags"
    return [
        *(row(f"{name}, {size}", seconds, LIMITS[name]) for name, seconds in took.items()),
        [f"gto show, {size}", theirs, "the peer of status", "-"],
        row(f"deploy, {COUNT} pins, nothing to do", nothing, 1),
    ]


def peer(root: Path) -> str:
    """Return how long GTO takes to show the same repository."""
    command = [str(peers.environment("gto", root) / "bin/gto"), "show"]
    begun = time.perf_counter()
    try:
        subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"> {PATIENCE} s"
    return f"{time.perf_counter() - begun:.0f} s"


def verb(name: str) -> list[str]:
    return [sys.executable, str(ROOT / f"scripts/{name}.py")]


def row(what: str, seconds: float, most: float) -> list[str]:
    measured = f"{seconds:.2f} s beyond Python's start"
    return [what, measured, f"at most {most} s", "yes" if seconds <= most else "NO"]


def repository(root: Path, count: int = COUNT) -> Path:
    """Make a registry of models with code of their own, each released several times, a few changed since."""
    spec = (registries.TEMPLATE / "models/digits/model.yaml").read_text()
    code = (registries.TEMPLATE / "models/digits/model.py").read_text()
    shutil.copytree(registries.TEMPLATE / "environments", root / "environments")
    shutil.copy(ROOT / ".gitignore", root)
    for number in range(count):
        folder = root / f"models/model-{number:04}"
        folder.mkdir(parents=True)
        (folder / "model.yaml").write_text(spec.replace("seed: 7", f"seed: {number}"))
        (folder / "model.py").write_text(f"{code}\nNUMBER = {number}\n")
        shutil.copy(registries.TEMPLATE / "models/digits/data.py", folder)
    registries.git(root, "init", "--quiet", "--initial-branch=main", ".")
    registries.commit(root)
    found = models.load(root, [])
    head = git.head(root)
    made = (tag(model, head, number) for model in found for number in range(VERSIONS))
    git.run(root, "fast-import", "--quiet", given="".join(made))
    registries.git(root, "pack-refs", "--all")  # as a clone has them
    for model in found[:: max(count // CHANGED, 1)]:
        document = model.folder / "model.yaml"
        document.write_text(document.read_text().replace("1.0.0", "1.1.0").replace("epochs: 5", "epochs: 6"))
    return root


def tag(model: models.Model, head: str, age: int) -> str:
    """Return a release's tag as `git fast-import` reads it: a thousand processes would take too long.

    The newest release, of age 0, is of the model as it is.
    """
    version = f"0.{VERSIONS - age}.0" if age else model.version
    fingerprint = f"{age:064x}" if age else model.fingerprint
    release = Release(model.name, version, head, fingerprint, "a" * 64, 2_812_416, "pass", {"accuracy": 0.95}, "litert")
    message = ledger.tag_message(release, f"{model.name} {version}", "A model of a thousand.")
    size = len(message.encode())
    return f"tag {release.tag}\nfrom {head}\ntagger bench <bench@example.org> 0 +0000\ndata {size}\n{message}\n"


def install(root: Path, place: str, names: list[str] | None = None) -> None:
    """Pin each model, or some, in an environment and put it into its target, as deploy would."""
    pins = root / manifests.FOLDER / place
    pins.mkdir(exist_ok=True)
    tar = root / "saved.tar"
    artifact = packed(root / "saved", tar)
    for name in names or models.names(root):
        (pins / f"{name}.yaml").write_text(manifests.pin_text("1.0.0", artifact.sha256))
    environment = manifests.find(root, place)
    target = directory.find(root, environment)
    first, *others = environment.pins
    with target.locked():
        target.begin(Delivery(environment.pins[first], artifact, {}, Packed(tar)), 1.0)
        target.settle(first)
    owner = ownership.read(target.path)
    ownership.write(target.path, replace(owner, models=frozenset(environment.pins)))
    for name in others:  # each by itself, with all that a power cut must not take, would last minutes
        shutil.copytree(target.path / first, target.path / name)


class Packed:
    """A store in which all versions are one file."""

    def __init__(self, tar: Path) -> None:
        self._tar = tar

    def fetch(self, tag: str, artifact: archive.Artifact, scratch: Path) -> Path:
        return self._tar


def packed(saved: Path, tar: Path) -> archive.Artifact:
    """Pack a small LiteRT model with its golden predictions."""
    (saved / "assets.extra").mkdir(parents=True)
    (saved / "saved_model.pb").write_text("J\nSavedModel")
    shutil.copy(FIXTURES / "double.tflite", saved / "assets.extra/model.tflite")
    row = numpy.array([[[1, 2, 3], [4, 5, 6]]], numpy.float32)
    golden.store(saved, golden.Golden({registries.INPUT: row}, {registries.OUTPUT: 2 * row}, numpy.array([0])))
    return archive.pack(saved, tar)
