"""Verbs that talk to a hub, run in forks that don't wait long, and what can go wrong with each of their calls."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType

import forks
import rich.progress
import rich.table  # noqa: F401  what verbs import when they need it is here before they fork
from hub import KINDS, Hub

from registry import console
from registry.formats import schemas
from registry.github import retries

# Limits are told in one place, whatever the call: test_limits. After 502 the server may have acted, which is the worse.
EACH = [kind for kind in KINDS if kind not in ("403-rate", "403-secondary", "502-before")]

for name in ("environment", "model", "pin", "release", "report"):
    schemas._compiled(name)


@contextmanager
def hub_of(root: Path, folder: Path, **facts: object) -> Iterator[Hub]:
    """Yield a hub that holds a repository's main."""
    with Hub(folder, retry_after=0, **facts) as hub:
        hub.take(root)
        yield hub


def run(root: Path, hub: Hub, verb: ModuleType, *words: str, first: Callable[[], object] = int,
        **environment: str) -> tuple[int, str]:  # fmt: skip
    """Run a verb in a fork that talks to the hub and does not wait long."""

    def begin() -> None:
        for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "REGISTRY_TOKEN", "RUNNER_ENVIRONMENT"):
            os.environ.pop(name, None)
        os.environ.update(hub.environment | environment)
        retries.FIRST_WAIT = 0.001
        first()

    code, said = forks.run(root, partial(console.run, verb.main), *words, first=begin, alone=hub.alone)
    assert "Traceback" not in said, said
    assert not any(token in said for token in hub.tokens), said
    return code, said


def succeeds(root: Path, hub: Hub, verb: ModuleType, *words: str, **environment: str) -> str:
    code, said = run(root, hub, verb, *words, **environment)
    assert code == 0, said
    return said


def fails(root: Path, hub: Hub, verb: ModuleType, *words: str, **environment: str) -> str:
    code, said = run(root, hub, verb, *words, **environment)
    assert code == 1, said
    return said


class Trial:
    """A verb that is tried again and again: `reset` goes back to the start, `check` tells whether the end is right."""

    def __init__(self, root: Path, hub: Hub, verb: ModuleType, *words: str, reset: Callable[[], object],
                 check: Callable[[], object], again: Callable[[], object] = int, told: str | None = None,
                 **environment: str) -> None:  # fmt: skip
        """A run may end well and say by the words `told` what went wrong, which the next run puts right.

        `again` comes before that next run.
        """
        self.hub, self.check, self.reset, self.again, self.told = hub, check, reset, again, told
        self.name = verb.__name__
        self.run = partial(run, root, hub, verb, *words, **environment)

    def suffer(self) -> str:
        """Let each call go wrong in each way; return how many cases that made."""
        calls = self._calls()
        stopped = sum(self._strike(call, kind) for call in calls for kind in EACH)
        cases = len(calls) * len(EACH)
        return f"{self.name}: {len(calls)} calls, {len(EACH)} faults each: {cases} cases, {stopped} of them stopped it"

    def die(self) -> str:
        """Kill it after each call; return how many cases that made."""
        calls = self._calls()
        for call in calls:
            assert self._strike(call, "kill") == -signal.SIGKILL
        return f"{self.name}: killed after each of {len(calls)} calls"

    def _calls(self) -> range:
        """Run it undisturbed, and count its calls; they are held against GitHub's description this once."""
        self.reset()
        before = len(self.hub.calls.counted)
        self._succeed()
        self.hub.is_strict = False
        return range(1, len(self.hub.calls.counted) - before + 1)

    def _strike(self, place: int, kind: str) -> int:
        self.reset()
        note = self.hub.root / "pid"
        number = self.hub.calls.counted[-1].number + place
        fault = self.hub.faults.add(kind, call=number, pid=lambda: int(note.read_text()))
        code, said = self.run(first=lambda: note.write_text(str(os.getpid())))
        assert fault.struck, f"{kind} at call {place} struck nothing"
        assert code in (0, 1) or kind == "kill", said
        if code or (self.told is not None and self.told in said):
            self.again()
            self._succeed()
        self.hub.faults.clear()
        try:
            self.check()
        except AssertionError as error:
            raise AssertionError(f"after {kind} at call {place}, which ended with {code}: {said}") from error
        return code

    def _succeed(self) -> None:
        code, said = self.run()
        assert code == 0, said
