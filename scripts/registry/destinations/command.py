"""The target `command`: whatever two commands of a team's own reach, one that tells what runs and one that changes it.

Both run without a shell in the repository's root, within a deadline, and are told as JSON on standard input what is
wanted. `observe` answers with JSON by scripts/schemas/observed.json; `apply` ends with 0 where it made it so.
"""

import json
import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from registry import files, git
from registry.artifacts import archive
from registry.destinations import holding
from registry.destinations.interface import Delivery, Unfit, blamed
from registry.environments import terms
from registry.environments.manifests import Environment
from registry.environments.reconcile import Hold, Running, Trial
from registry.errors import Problem, RegistryError, one_line
from registry.formats import documents

SCHEMA = "scripts/schemas/observed.json"
DEADLINE = "5m"
LARGEST = 8 * 1024 * 1024  # bytes that a command may print
LINES, LONGEST = 3, 200  # of its standard error that are told, and how much of each
SECRETS = ("GITHUB_TOKEN", "REGISTRY_TOKEN")  # deploy's own: a team's command has those of its own
SOON, SELDOM = 0.01, 1.0  # seconds between two looks


class Command:
    """A target that deploy knows by what a command tells of it. What it must become is told of one model at a time."""

    def __init__(self, root: Path, environment: Environment, patience: float = math.inf) -> None:
        """`patience` is how many seconds somebody waits at most who only looks."""
        self.place = environment.place
        self._endpoint = environment.target.get("endpoint")
        self._root = root
        self._environment = environment
        self._words = {name: environment.target[name] for name in ("observe", "apply")}
        self._deadline = terms.seconds(environment.target.get("deadline", DEADLINE))
        self._patience = patience
        self._told: dict[str, dict] | None = None  # before it was observed

    def problems(self) -> list[Problem]:
        """Return nothing: who may touch it is the commands' business."""
        return []

    def stranger(self) -> Problem | None:
        """Return None: whose it is only the commands know."""
        return None

    def strangers(self, models: Iterable[str]) -> dict[str, Problem]:
        """Return nothing: what is not deploy's own the commands don't tell of."""
        return {}

    def running(self) -> dict[str, Running]:
        """Return what `observe` tells; raise RegistryError for an answer that is none, which is never the same as nothing."""
        pins = {model: {"version": pin.version, "sha256": pin.sha256} for model, pin in self._environment.pins.items()}
        with self._run("observe", {"environment": self._environment.name, "pins": pins}) as answer:
            advice = f"print JSON by {SCHEMA} and nothing else"
            self._told = documents.load_json(answer, "observed", self._called("observe"), advice)["models"]
        return {model: found for model, one in self._told.items() if (found := _running(one))}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the target while the block runs; raise RegistryError where another deploy of this clone does."""
        with files.lock(git.shared(self._root) / f"deploy-{self._environment.name}.lock", "is being deployed to"):
            yield

    def begin(self, delivery: Delivery, share: float) -> None:
        """Let a version answer a share of the requests: fetched and verified, applied, seen there, and proven."""
        pin, before = delivery.pin, self._settled(delivery.pin.model)
        trial = Trial(pin.version, pin.sha256, time.time(), share)
        is_repair = before == (pin.version, pin.sha256)
        wanted = Running(*before, True, None if is_repair else trial)
        with tempfile.TemporaryDirectory() as scratch:
            tar, unpacked = delivery.fetch(Path(scratch)), Path(scratch) / "unpacked"
            with tar.open("rb", buffering=0) as stream:
                archive.unpack(stream, unpacked, delivery.artifact)
            try:
                self._apply("begin", pin.model, wanted, tar)
                self._await(pin.model, wanted)
                self._prove(unpacked, pin.model, delivery.tag, share)
            except RegistryError as error:
                raise self._undone(pin.model, before, error) from None

    def _undone(self, model: str, before: tuple[str, str], error: RegistryError) -> RegistryError:
        """Put back what ran before; return what went wrong, with that too where it did."""
        try:
            self._apply("put-back" if before[0] else "remove", model, Running(*before, True))
            return error
        except RegistryError as another:
            return type(error)(*dict.fromkeys([*error.problems, *another.problems]))

    def _prove(self, folder: Path, model: str, tag: str, share: float) -> None:
        """Hold a version against its golden predictions: where it answers all requests, else here.

        That nobody answers there is no fault of the version, as what its bytes do is.
        """
        from registry.artifacts import golden, runtime
        from registry.destinations.probing import Endpoint, Silence

        if not self._endpoint or share < 1:
            with blamed():
                return golden.check(folder, runtime.load(folder), tag)
        protocol = "v2" if runtime.kinds(folder)[-1:] == ["onnx"] else "v1"
        endpoint, known = Endpoint(self._endpoint), golden.read(folder)
        try:
            return self._patiently(lambda: endpoint.prove(known, model, protocol=protocol))
        except Silence:
            raise
        except RegistryError as error:
            raise Unfit(*error.problems) from error

    def _await(self, model: str, wanted: Running) -> None:
        """Wait until `observe` tells what was applied; raise Unfit where it tells something else, and what keeps it from that."""

        def look() -> None:
            found = self.running().get(model)
            if found is None or not found.healthy or _versions(found) != _versions(wanted):
                told = (
                    "nothing of it" if found is None else f"{found.newest[0]}{'' if found.healthy else ', not healthy'}"
                )
                text = f"after apply, {model} should be {wanted.newest[0]}, and observe tells {told}"
                raise Unfit(self._problem("observe", f"{text}; look at what both do"))

        self._patiently(look)

    def _patiently(self, look) -> None:
        """Look again and again, as long as a version may take until it answers, and raise what was wrong last."""
        end, pause = time.monotonic() + self._environment.health.within, SOON
        while True:
            try:
                return look()
            except RegistryError:
                if time.monotonic() > end:
                    raise
            time.sleep(pause)
            pause = min(SELDOM, 2 * pause)

    def widen(self, model: str) -> None:
        """Let the version that is tried answer all requests."""
        found = self._found(model)
        if found.trial:
            trial = replace(found.trial, since=time.time(), share=1.0)
            self._apply("widen", model, replace(found, trial=trial))

    def settle(self, model: str) -> None:
        """Make the version that is tried the settled one."""
        if trial := self._found(model).trial:
            self._apply("settle", model, Running(trial.version, trial.sha256, True))

    def put_back(self, model: str) -> None:
        """Let the settled version answer all requests."""
        self._apply("put-back", model, Running(*self._settled(model), True))

    def remove(self, model: str) -> None:
        """Take a model away, with what was kept in mind of it."""
        holding.remember(self._brought, [model], lambda model: None)
        self._apply("remove", model, Running("", "", True))

    def holds(self) -> dict[str, Hold]:
        """Return what the commands were told to keep and tell, by model."""
        return {model: Hold(**one["hold"]) for model, one in self._seen.items() if one.get("hold")}

    def hold(self, model: str, hold: Hold | None) -> None:
        """Tell `apply` to keep that a version of a model is held, or that none is any more."""
        self._apply("hold", model, self._found(model), hold=hold)

    def brought(self) -> dict[str, Running]:
        """Return what `remember` kept in mind, by model: in this clone, since only the commands know another place."""
        return holding.brought(self._brought)

    def remember(self, models: Iterable[str]) -> None:
        """Keep in mind what is there now of some models."""
        holding.remember(self._brought, models, lambda model: _running(self._seen.get(model, {})))

    @property
    def _brought(self) -> Path:
        return git.shared(self._root) / f"model-registry/brought-{self._environment.name}.json"

    @property
    def _seen(self) -> dict[str, dict]:
        """What was told of the models when that was asked last, and became of them since."""
        if self._told is None:
            self.running()
        return self._told

    def _found(self, model: str) -> Running:
        if model not in self._seen:
            self.running()
        return _running(self._seen.get(model, {})) or Running("", "", True)

    def _settled(self, model: str) -> tuple[str, str]:
        found = self._found(model)
        return found.version, found.sha256

    def _apply(self, step: str, model: str, wanted: Running, tar: Path | None = None, hold: Hold | None = None) -> None:
        """Tell `apply` what a model must become, and of a version that is new there where its artifact lies."""
        kept = self._seen.get(model, {}).get("hold") if step != "hold" else hold and asdict(hold)
        model_is = {
            "settled": {"version": wanted.version, "sha256": wanted.sha256} if wanted.version else None,
            "trial": wanted.trial and asdict(wanted.trial),
            "hold": None if step == "remove" else kept,
        }
        plan = {"environment": self._environment.name, "step": step, "model": model, "artifact": tar and str(tar)}
        with self._run("apply", plan | model_is):
            self._seen[model] = model_is | {"healthy": True}

    @contextmanager
    def _run(self, name: str, plan: dict) -> Iterator[Path]:
        """Run a command with a plan on its standard input, and yield the file of what it printed."""
        with tempfile.TemporaryDirectory() as folder:
            given, printed, said = (Path(folder) / one for one in ("given", "printed", "said"))
            given.write_text(json.dumps(plan, sort_keys=True) + "\n", "utf-8")
            with given.open("rb") as stdin, printed.open("wb") as stdout, said.open("wb") as stderr:
                process = self._start(name, stdin, stdout, stderr)
                try:
                    self._wait(name, process, [printed, said])
                finally:
                    if process.poll() is None:  # what it started goes with it
                        os.killpg(process.pid, signal.SIGKILL)
                        process.wait()
            if process.returncode:
                raise self._failed(name, f"ended with {_how(process.returncode)}", said)
            yield printed

    def _start(self, name: str, stdin, stdout, stderr) -> subprocess.Popen:
        known = {key: value for key, value in os.environ.items() if key not in SECRETS}
        try:
            return subprocess.Popen(self._words[name], cwd=self._root, env=known, stdin=stdin, stdout=stdout, stderr=stderr,
                                    start_new_session=True)  # fmt: skip
        except OSError as error:
            text = f"{self._called(name)} can't be started: {(error.strerror or str(error)).lower()}"
            raise RegistryError(
                self._problem(name, f"{text}; name a program on the PATH, or in the repository")
            ) from None

    def _wait(self, name: str, process: subprocess.Popen, outputs: list[Path]) -> None:
        end, pause, is_over = time.monotonic() + min(self._deadline, self._patience), SOON, False
        while not is_over:
            try:
                process.wait(pause)
                is_over = True
            except subprocess.TimeoutExpired:
                pause = min(SELDOM, 2 * pause)
            if not is_over and time.monotonic() > end:
                raise self._failed(name, self._late(), outputs[-1])
            if any(one.stat().st_size > LARGEST for one in outputs):
                raise self._failed(name, f"printed more than {LARGEST:,} bytes and was ended", outputs[-1])

    def _late(self) -> str:
        if self._patience < self._deadline:
            longer = f"`tox run -e {self._environment.verb} -- {self._environment.name}` waits longer"
            return f"took more than {self._patience:g} s and was ended; {longer}"
        text = f"took more than {self._deadline} s and was ended"
        return f"{text}; raise target.deadline, or find out what it waits for"

    def _failed(self, name: str, how: str, said: Path) -> RegistryError:
        lines = _last_lines(said)
        last = f"; it said last: {' / '.join(lines)}" if lines else ", and said nothing"
        return RegistryError(self._problem(name, f"{self._called(name)} {how}{last}"))

    def _called(self, name: str) -> str:
        return one_line(" ".join(self._words[name]), LONGEST)

    def _problem(self, name: str, text: str) -> Problem:
        return self._environment.document.problem(text, "target", name)


def _running(one: dict) -> Running | None:
    """Return what is told of a model; None where no version of it is there."""
    settled, trial = one.get("settled") or {"version": "", "sha256": ""}, one.get("trial")
    found = Running(settled["version"], settled["sha256"], one.get("healthy", True), Trial(**trial) if trial else None)
    return found if settled["version"] or trial else None


def _versions(found: Running) -> tuple:
    trial = found.trial
    return found.version, found.sha256, trial and (trial.version, trial.sha256, trial.share)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _last_lines(said: Path) -> list[str]:
    with said.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LINES * LONGEST * 4))
        lines = file.read().decode("utf-8", "replace").split("\n")
    return [one_line(line.strip(), LONGEST) for line in lines if line.strip()][-LINES:]
