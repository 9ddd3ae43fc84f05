"""Verbs that talk to a hub, run in forks that don't wait long, and what can go wrong with each of their calls."""

import itertools
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
from hub import Hub

from registry import console, github, schemas

# What the client can't tell apart, or handles in one place, stands in one row; each call gets one of each row, in turn.
LATER = ("429", "403-rate", "403-secondary", "500", "502-before", "reset-before")
ACTED = ("reset-after", "502-after", "truncated")
REFUSED = [("404", "422"), ("401", "403", "409")]
ODD = ("altered", "slow")
READING = [LATER + ACTED, *REFUSED, ODD]
WRITING = [LATER, ACTED, *REFUSED, ODD]

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
        github.FIRST_WAIT = 0.001
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
                 check: Callable[[], object], is_told: bool = False, **environment: str) -> None:  # fmt: skip
        """`is_told` says that a run may end well and tell of what went wrong, which the next run puts right."""
        self.hub, self.check, self.reset, self.is_told = hub, check, reset, is_told
        self.name = verb.__name__
        self.run = partial(run, root, hub, verb, *words, **environment)

    def calls(self) -> list[str]:
        """Run it undisturbed; return the methods of its calls."""
        self.reset()
        before = len(self.hub.calls.counted)
        self._succeed()
        return [call.method for call in self.hub.calls.counted[before:]]

    def suffer(self) -> None:
        """Let each call go wrong in each way once; print how many cases that made."""
        methods, cases, stopped = self.calls(), 0, 0
        turns = {row: itertools.cycle(row) for row in (*READING, *WRITING)}
        self.hub.is_strict = False  # the same calls again, which were all held against the description already
        for place, method in enumerate(methods, 1):
            for row in READING if method == "GET" else WRITING:
                code = self._strike(place, next(turns[row]))
                cases, stopped = cases + 1, stopped + code
        print(f"{self.name}: {len(methods)} calls, {cases} faults, of which {stopped} made it stop")

    def die(self) -> None:
        """Kill it after each call; print after how many."""
        methods = self.calls()
        self.hub.is_strict = False
        for place, _ in enumerate(methods, 1):
            assert self._strike(place, "kill") == -signal.SIGKILL
        print(f"{self.name}: killed after each of {len(methods)} calls")

    def _strike(self, place: int, kind: str) -> int:
        self.reset()
        note = self.hub.root / "pid"
        number = self.hub.calls.counted[-1].number + place
        fault = self.hub.faults.add(kind, call=number, pid=lambda: int(note.read_text()))
        code, said = self.run(first=lambda: note.write_text(str(os.getpid())))
        assert fault.struck, f"{kind} at call {place} struck nothing"
        assert code in (0, 1) or kind == "kill", said
        if code or self.is_told:
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
