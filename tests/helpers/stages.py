"""Targets of each kind with all that they need, so that one set of tests can go through all of them.

A stage is a repository whose environment `staging` has a target of a kind, versions that can be brought there, and what
serves: something that can be asked, damaged, and killed with the deploy.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import registries
import requests
import servers
import tensorserver
from registry import versions
from registry.artifacts import archive, golden, runtime
from registry.artifacts.archive import Artifact
from registry.artifacts.golden import Golden
from registry.deploying import onward, rounds
from registry.destinations import aiming, interface
from registry.deploying.applying import Deployment
from registry.destinations.interface import Delivery, Target
from registry.deploying.onward import Watch
from registry.destinations.unpacked import ROLLOUT
from registry.environments import manifests
from registry.environments.manifests import Environment, Pin
from registry.errors import raise_all
from registry.formats.reader import Document
from servers import ROOT, fixture, until

ROW = np.array([[[1, 2, 3], [4, 5, 6]]], np.float32)
MADE = {"1.0.0": ("double", 2), "1.1.0": ("triple", 3), "1.2.0": ("double", 5), "0.9.0": ("triple", 3)}  # 1.2.0 is wrong
WITHIN = 20  # seconds a version may take; of one that is known never to come it is less
ENVIRONMENT = "description: A test.\ntakes_from: releases\nhealth: {{within: {within}s}}\ntarget:\n{target}"


@cache
def artifact(version: str) -> tuple[Artifact, Path]:
    """Return the artifact of a version, whatever model it is of, and the file that it is: it times its input."""
    model, factor = MADE[version]
    folder = Path(tempfile.mkdtemp())
    saved = folder / "saved"
    (saved / "assets.extra").mkdir(parents=True)
    (saved / "saved_model.pb").write_text("J\nSavedModel")
    (saved / "assets.extra/model.tflite").write_bytes(fixture(model))
    golden.store(saved, Golden({"x": ROW}, {"y": factor * ROW}, np.array([0])))
    (saved / "version").write_text(version)
    tar = folder / f"model-{version}.tar"
    return archive.pack(saved, tar), tar


class Shelf:
    """A store with the versions of all models."""

    place, mend = "the shelf", ""

    def facts(self, tag: str) -> dict:
        model, version = versions.split(tag)
        asset = asdict(artifact(version)[0]) | {"name": versions.asset(model, version)}
        return {"assets": [asset], "commit": "c" * 40, "report": {"commit": "c" * 40, "runtime": "litert"}}

    def fetch(self, tag: str, artifact: Artifact, scratch: Path) -> Path:
        return made(versions.split(tag)[1])

    def withdrawn(self, model: str, version: str) -> None:
        return None


def made(version: str) -> Path:
    return artifact(version)[1]


class Stage:
    """A target of a kind in a repository of its own."""

    kind = ""
    stride = 1  # how many steps lie between two kills
    many = 100  # models, where only what changed may be touched

    def __init__(self, root: Path) -> None:
        self.root = registries.template(root / "répository")
        self._within = WITHIN
        self._closing = ExitStack()
        self.write()
        self.open()

    def target_text(self) -> str:
        """Return what stands in the environment about the target."""
        raise NotImplementedError

    def write(self, within: int = WITHIN) -> None:
        """Write the environment; a version may take so many seconds."""
        text = "".join(f"  {line}\n" for line in self.target_text().splitlines())
        (self.root / "environments/staging.yaml").write_text(ENVIRONMENT.format(within=within, target=text))

    def open(self) -> None:
        """Start what serves."""

    def close(self) -> None:
        self._closing.close()

    def environment(self) -> Environment:
        return manifests.find(self.root, "staging")

    def target(self) -> Target:
        """Return the target as a new process has it."""
        return aiming.find(self.root, self.environment(), is_asked=True)

    def pin(self, version: str | None, model: str = "digits") -> None:
        """Pin a version, or none."""
        file = self.root / f"environments/staging/{model}.yaml"
        file.parent.mkdir(exist_ok=True)
        if version is None:
            file.unlink()
        else:
            file.write_text(manifests.pin_text(version, artifact(version)[0].sha256))

    def delivery(self, version: str, model: str = "digits") -> Delivery:
        found = artifact(version)[0]
        pin = Pin(model, version, found.sha256, Document("", {}, {}))
        return Delivery(pin, found, Shelf().facts(versions.tag(model, version)), Shelf())

    def plan(self, prune: bool = False) -> list[str]:
        """Return the plan as it is read."""
        target, environment = self.target(), self.environment()
        return [str(one) for one in rounds.plan(environment, interface.look(target), target.holds(), {}, prune)]

    def deploy(self, prune: bool = False) -> list[str]:
        """Make it so, by the round of `deploy --apply`; return the changes."""
        target, environment, shelf = self.target(), self.environment(), Shelf()
        assert target.problems() == []
        with target.locked():
            pins = {model: pin.sha256 for model, pin in environment.pins.items()}
            onward.go_on(Watch(self.root, environment), target, target.running(), pins, {})
            holds = rounds.release(target, environment, target.holds(), all_of_them=False)
            actual = interface.look(target)
            changes = rounds.plan(environment, actual, holds, {}, prune)
            wanted, watch = rounds.wanted(environment, actual, holds), Watch(self.root, environment)
            deployment = Deployment(environment, wanted, target, actual, shelf, shelf.facts, {}, lambda pin: False, watch)
            refused, held = rounds.refusals(environment, changes, {}), rounds.held(environment, holds)
            outcome = rounds.make(deployment, changes, refused, held, lambda line: None)
            rounds.keep_in_mind(target, environment, actual, outcome)
            raise_all(outcome.problems)
        return [str(one) for one in changes]

    def runs(self, model: str = "digits") -> tuple[str, bool, tuple[str, float] | None]:
        """Return the version that is settled, whether all is well, and which one is tried on which share."""
        found = self.target().running()[model]
        return found.version, found.healthy, found.trial and (found.trial.version, found.trial.share)

    def factor(self, model: str = "digits") -> float | None:
        """Return by what the answers that all get are their input, None where there is no answer."""
        raise NotImplementedError

    def tried(self, model: str = "digits") -> float | None:
        """Return the same of the version that is tried on a share, else of what all get."""
        raise NotImplementedError

    def harm(self, model: str = "digits") -> None:
        """Let what runs be something else than what was deployed."""
        raise NotImplementedError

    def take_away(self, model: str = "digits") -> None:
        """Let nothing of a model be there any more."""
        raise NotImplementedError

    def fill(self, count: int) -> list[str]:
        """Let so many models run, as if each had been deployed; return their names."""
        self.pin("1.0.0")
        self.deploy()
        names = [f"model-{number:04}" for number in range(count - 1)]
        for name in names:
            self.pin("1.0.0", name)
        self.copy(names)
        return names

    def copy(self, names: list[str]) -> None:
        """Let models run as digits does."""
        raise NotImplementedError

    def check_start(self) -> None:
        """See that what serves could be started as all lies there now."""

    def settled_down(self) -> None:
        """Wait until what serves has followed."""


class DirectoryStage(Stage):
    kind = "directory"
    stride, many = 7, 1000  # tests/test_kills.py takes each step

    @property
    def folder(self) -> Path:
        return self.root / "deployments/staging"

    def target_text(self) -> str:
        return "type: directory\npath: deployments/staging\n"

    def _told(self, model: str, which: str) -> float | None:
        """What `serve` would answer: by the file beside the versions, where there is one, else the largest number."""
        folder = self.folder / model
        numbers = [int(one.name) for one in folder.glob("[0-9]*")]
        if not numbers:
            return None
        file = folder / ROLLOUT
        told = json.loads(file.read_text()) if file.exists() else {}
        number = told.get(which, told.get("stable", max(numbers)))
        return of(runtime.load(folder / str(number if number in numbers else max(numbers)))({"x": ROW})["y"])

    def factor(self, model: str = "digits") -> float | None:
        return self._told(model, "stable")

    def tried(self, model: str = "digits") -> float | None:
        return self._told(model, "trial")

    def copy(self, names: list[str]) -> None:
        for name in names:
            shutil.copytree(self.folder / "digits", self.folder / name)
        owner = self.folder / ".owner.json"
        owner.write_text(json.dumps(json.loads(owner.read_text()) | {"models": ["digits", *names]}))

    def harm(self, model: str = "digits") -> None:
        for one in (self.folder / model).glob("[0-9]*/version"):
            one.write_text("another")

    def take_away(self, model: str = "digits") -> None:
        shutil.rmtree(self.folder / model)


class TensorFlowServingStage(DirectoryStage):
    kind = "tensorflow-serving"
    stride, many = 5, 100
    flags = ("--allow_version_labels_for_unavailable_models",)
    wait = 0.01  # seconds between two looks at the file
    port = 0

    @property
    def config(self) -> Path:
        return self.root / "deployments/models config"

    def target_text(self) -> str:
        endpoint = getattr(self, "url", "http://127.0.0.1:9")
        text = f"type: tensorflow-serving\npath: deployments/staging\nconfig: deployments/models config\nendpoint: {endpoint}\n"
        return text + (f"seen_as: {self.seen_as}\n" if self.seen_as else "")

    seen_as = ""

    def open(self) -> None:
        self.config.parent.mkdir(exist_ok=True)
        if not self.config.exists():
            self.config.write_text("")
        command = [sys.executable, str(ROOT / "tests/helpers/tensorserver.py"), f"--model_config_file={self.config}",
                   f"--model_config_file_poll_wait_seconds={self.wait}", f"--file_system_poll_wait_seconds={self.wait or 1}", f"--rest_api_port={self.port}", *self.flags]  # fmt: skip
        self.server = self._closing.enter_context(servers.running(self.root.parent, *command))
        self.url, self.port = self.server.url, servers.address(self.server)[1]
        self.write()

    def copy(self, names: list[str]) -> None:
        super().copy(names)
        text = self.config.read_text()
        head, _, block = text[: text.rindex("}")].partition("  config {")
        blocks = [f"  config {{{block.replace('digits', name)}" for name in sorted(["digits", *names])]
        self.close()
        self.config.write_text(f"{head}{''.join(blocks)}}}\n")
        self.wait = 0.5  # a look at so many takes some time
        self.open()

    def restart(self) -> None:
        """Stop the server, and start it as all lies there now."""
        self._closing.close()
        self.open()

    def ask(self, path: str) -> float | None:
        answer = requests.post(f"{self.url}/v1/models/{path}:predict", json={"instances": ROW.tolist()}, timeout=20)
        return of(answer.json()["predictions"]) if answer.status_code == 200 else None

    def factor(self, model: str = "digits") -> float | None:
        return self.ask(f"{model}/labels/stable")

    def tried(self, model: str = "digits") -> float | None:
        return self.ask(f"{model}/labels/canary")

    def states(self, model: str = "digits") -> dict[str, str]:
        """Return the versions that the server has not unloaded."""
        found = requests.get(f"{self.url}/v1/models/{model}", timeout=20).json().get("model_version_status", [])
        return {one["version"]: one["state"] for one in found if one["state"] != "END"}

    def settled_down(self) -> None:
        def is_so() -> bool:
            wanted = {model.name: {one.name for one in model.glob("[0-9]*")} for model in self.folder.glob("[a-z]*")}
            return all({*self.states(model)} == numbers for model, numbers in wanted.items())

        until(is_so, "a server that has loaded what lies there, and nothing else")

    def check_start(self) -> None:
        if self.config.read_text():
            options = tensorserver.options(["--model_config_file", str(self.config), *self.flags])
            tensorserver.Core(options).start()


SCRIPT = '''\
"""A cloud in a folder: what a team's own command may look like."""

import json
import os
import sys

cloud = "deployments/cloud"
os.makedirs(cloud, exist_ok=True)
state = f"{cloud}/state.json"
plan = json.load(sys.stdin)
models = json.load(open(state)) if os.path.exists(state) else {}
if sys.argv[1] == "observe":
    for one in models.values():
        kept = [one[side]["sha256"] for side in ("settled", "trial") if one[side]]
        one["healthy"] = all(os.path.exists(f"{cloud}/{digest}/version") for digest in kept)
    print(json.dumps({"models": models}))
    sys.exit()
if plan["artifact"]:
    import tarfile  # most calls need none

    new = plan["trial"] or plan["settled"]
    with tarfile.open(plan["artifact"]) as tar:
        tar.extractall(f"{cloud}/{new['sha256']}", filter="data")
models[plan["model"]] = {side: plan[side] for side in ("settled", "trial", "hold")}
if not (plan["settled"] or plan["trial"] or plan["hold"]):
    del models[plan["model"]]
with open(f"{cloud}/state.new", "w") as beside:
    json.dump(models, beside)
os.replace(beside.name, state)
'''


class CommandStage(Stage):
    kind = "command"
    stride = 8

    def open(self) -> None:
        (self.root / "deploy").mkdir()
        (self.root / "deploy/cloud.py").write_text(SCRIPT)

    def target_text(self) -> str:
        command = f"[{sys.executable}, -S, deploy/cloud.py, {{}}]"
        return f"type: command\nobserve: {command.format('observe')}\napply: {command.format('apply')}\n"

    def _state(self) -> dict:
        file = self.root / "deployments/cloud/state.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def _told(self, model: str, sides: Iterable[str]) -> float | None:
        one = self._state().get(model, {})
        found = next((one[side] for side in sides if one.get(side)), None)
        folder = self.root / "deployments/cloud" / (found or {}).get("sha256", "none")
        return of(runtime.load(folder)({"x": ROW})["y"]) if folder.exists() else None

    def factor(self, model: str = "digits") -> float | None:
        trial = self._state().get(model, {}).get("trial")
        is_all = trial and trial["share"] == 1
        return self._told(model, ("trial", "settled") if is_all else ("settled", "trial"))

    def tried(self, model: str = "digits") -> float | None:
        return self._told(model, ("trial", "settled"))

    def copy(self, names: list[str]) -> None:
        state = self._state()
        file = self.root / "deployments/cloud/state.json"
        file.write_text(json.dumps({name: state["digits"] for name in ("digits", *names)}))

    def harm(self, model: str = "digits") -> None:
        (self.root / "deployments/cloud" / self._state()[model]["settled"]["sha256"] / "version").unlink()

    def take_away(self, model: str = "digits") -> None:
        state = self._state()
        (self.root / "deployments/cloud/state.json").write_text(json.dumps({name: one for name, one in state.items() if name != model}))


STAGES = {one.kind: one for one in (DirectoryStage, TensorFlowServingStage, CommandStage)}


def of(answer: object) -> float:
    """Return by what an answer is its input."""
    return float(np.ravel(answer)[0] / ROW.ravel()[0])

