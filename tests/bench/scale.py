"""A thousand models: how long `validate`, `changed` and a `deploy` with nothing to do take beyond Python's start."""

import shutil
import sys
from pathlib import Path

import pairs
import registries
from servers import ROOT

from registry import git
from registry.artifacts import archive
from registry.environments import directory, manifests
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.specs import models

COUNT = 1000
CHANGED = 10
PYTHON = [sys.executable, "-c", "pass"]


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    root = repository(folder)
    start = pairs.least(PYTHON, root)
    reading = sum(pairs.least(command, root) - start for command in (verb("validate"), verb("changed")))
    install(root, "staging")
    nothing = pairs.least([*verb("deploy"), "staging", "--apply"], root) - start
    return [row(f"validate + changed, {COUNT} models", reading), row(f"deploy, {COUNT} pins, nothing to do", nothing)]


def verb(name: str) -> list[str]:
    return [sys.executable, str(ROOT / f"scripts/{name}.py")]


def row(what: str, seconds: float) -> list[str]:
    return [what, f"{seconds:.2f} s beyond Python's start", "under 1 s", "yes" if seconds < 1 else "NO"]


def repository(root: Path) -> Path:
    """Make a registry of models with code of their own, each released, a few changed since."""
    spec = (registries.TEMPLATE / "models/digits/model.yaml").read_text()
    code = (registries.TEMPLATE / "models/digits/model.py").read_text()
    shutil.copytree(registries.TEMPLATE / "environments", root / "environments")
    shutil.copy(ROOT / ".gitignore", root)
    for number in range(COUNT):
        folder = root / f"models/model-{number:04}"
        folder.mkdir(parents=True)
        (folder / "model.yaml").write_text(spec.replace("seed: 7", f"seed: {number}"))
        (folder / "model.py").write_text(f"{code}\nNUMBER = {number}\n")
    registries.git(root, "init", "--quiet", ".")
    registries.commit(root)
    found = models.load(root, [])
    head = git.head(root)
    git.run(root, "fast-import", "--quiet", given="".join(tag(model, head) for model in found))
    for model in found[:: COUNT // CHANGED]:
        document = model.folder / "model.yaml"
        document.write_text(document.read_text().replace("1.0.0", "1.1.0").replace("epochs: 5", "epochs: 6"))
    return root


def tag(model: models.Model, head: str) -> str:
    """Return a release's tag as `git fast-import` reads it: a thousand processes would take too long."""
    release = Release(
        model.name, model.version, head, model.fingerprint, "a" * 64, 2_812_416, "pass", {"accuracy": 0.95}, "litert"
    )
    message = ledger.tag_message(release, f"{model.name} {model.version}", "A model of a thousand.")
    size = len(message.encode())
    return f"tag {release.tag}\nfrom {head}\ntagger bench <bench@example.org> 0 +0000\ndata {size}\n{message}\n"


def install(root: Path, place: str) -> None:
    """Pin each model in an environment and put it into its target, as deploy would."""
    pins = root / manifests.FOLDER / place
    pins.mkdir()
    target = directory.find(manifests.find(root, place).path)
    (root / "saved").mkdir()
    (root / "saved/saved_model.pb").write_text("a SavedModel")
    tar = root / "saved.tar"
    artifact = archive.pack(root / "saved", tar)
    for name in models.names(root):
        (pins / f"{name}.yaml").write_text(manifests.pin_text("1.0.0", artifact.sha256))
        target.install(name, "1.0.0", artifact, tar, lambda folder: None)
