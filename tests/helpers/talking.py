"""Verbs that talk to a hub, run in forks that don't wait long, and what can go wrong with each of their calls."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from types import ModuleType

import forks
import registries
from hub import Hub
from hub.calls import Call
from hub.faults import ACTED

from registry import console
from registry.github import retries

# Each call gets over these, so that all calls of a run get them, each the first time that it is made.
SURVIVED = ["429", "slow", "500", "reset-before", "reset-after", "502-after", "truncated"]
# One call after the other gets the next of these. Of a read that is refused only what may not be seen and what is not
# there mean more than that; what would have changed something is refused in two ways.
REFUSED = ["401", "403", "404", "409", "422"]
UNREAD = ["403", "404", "401", "403", "404", "409", "403", "404", "422"]


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
        self.root, self.hub, self.check, self.reset, self.again, self.told = root, hub, check, reset, again, told
        self.put_right: set[tuple] = set()  # what had been left where a later run ended well
        self.name = verb.__name__
        self.run = partial(run, root, hub, verb, *words, **environment)

    def suffer(self) -> str:
        """Let each call go wrong, and each way that there is; return how many cases that made."""
        calls = self._calls()
        for kind in SURVIVED:
            self._strike(kind, when=self._is_first_try(kind, calls), times=len(calls))
        again = _read_again(calls)
        cases = [*_refusals(calls), *_altered(calls, again)]
        stopped = sum(self._strike(kind, place) for place, kind in cases)
        return f"{self.name}: {len(calls)} calls, {len(cases)} faults of one, {stopped} of them stopped it; {SURVIVED} of all"

    def die(self) -> str:
        """Kill it after each call, but where it read again what it had read; return how many cases that made."""
        calls = self._calls()
        for place in sorted({*range(1, len(calls) + 1)} - _read_again(calls)):
            assert self._strike("kill", place) == -signal.SIGKILL
        return f"{self.name}: killed after each of {len(calls)} calls, but {len(_read_again(calls))} that read again"

    def _calls(self) -> list[Call]:
        """Run it undisturbed, and return its calls; they are held against GitHub's description this once."""
        self.reset()
        before = len(self.hub.calls.counted)
        self._succeed()
        self.hub.is_strict = False
        return self.hub.calls.counted[before:]

    def _is_first_try(self, kind: str, calls: list[Call]) -> Callable[[Call], bool]:
        """Return what says of a call whether it is made for the first time, as often as it is in an undisturbed run."""
        log, wanted = self.hub.calls, Counter(map(_what, calls))
        start = len(log)

        def is_first(call: Call) -> bool:
            struck = Counter(_what(one) for one in log[start:] if one.fault)
            same = (one for one in reversed(log[start:-1]) if _which(one) == _which(call))
            is_retry = kind != "slow" and any(one.fault for one in islice(same, 1))
            return struck[_what(call)] < wanted[_what(call)] and not is_retry

        return is_first

    def _strike(self, kind: str, place: int | None = None, **more: object) -> int:
        self.reset()
        note = self.hub.root / "pid"
        before = self.hub.calls.counted[-1].number
        number = place and before + place
        fault = self.hub.faults.add(kind, call=number, pid=lambda: int(note.read_text()), **more)
        code, said = self.run(first=lambda: note.write_text(str(os.getpid())))
        assert len(fault.struck) == fault.times, f"{kind} at call {place} struck {len(fault.struck)} times"
        assert code in ((0, 1) if place else (0,)) or kind == "kill", said
        self.hub.faults.clear()
        if code or (self.told is not None and self.told in said):
            left = self._left([call for call in self.hub.calls.counted if call.number > before])
            if left in self.put_right:
                return code
            self.again()
            self._succeed()
            self.put_right.add(left)
        try:
            self.check()
        except AssertionError as error:
            raise AssertionError(f"after {kind} at call {place}, which ended with {code}: {said}") from error
        return code

    def _left(self, calls: list[Call]) -> tuple:
        """Return what tells what a run left behind: where that is the same, a later run finds the same.

        One that changed nothing after what went wrong leaves a beginning of what an undisturbed one does.
        """
        changes = [call for call in calls if call.method != "GET" and _outcome(call)[-1] != "nothing"]
        last = next(call for call in reversed(calls) if call.fault)
        if any(call.number > last.number for call in changes):
            return tuple(map(_outcome, calls))
        return len(changes), last in changes and last.fault, registries.state(self.root)

    def _succeed(self) -> None:
        code, said = self.run()
        assert code == 0, said


def _refusals(calls: list[Call]) -> Iterator[tuple[int, str]]:
    """Yield which call is refused in which way: each in those whose turn it is, and in no way none."""
    unread, refused, missing = cycle(UNREAD), cycle(REFUSED), set(REFUSED)
    for place, call in enumerate(calls, 1):
        for kind in [next(unread)] if call.method == "GET" else [next(refused), next(refused)]:
            missing.discard(kind)
            yield place, kind
    yield from enumerate(sorted(missing), 1)


def _altered(calls: list[Call], again: set[int]) -> Iterator[tuple[int, str]]:
    """Yield which calls arrive with other bytes: all that can, the same once."""
    yield from ((place, "altered") for place, call in enumerate(calls, 1) if call.is_alterable and place not in again)


def _outcome(call: Call) -> tuple[str, str, str]:
    """Return what a call did: where all calls of two runs did the same, a later run finds the same."""
    done = call.fault if call.fault == "altered" else "nothing" if call.fault and call.fault not in ACTED else "all"
    return call.method, call.path, done


def _what(call: Call) -> tuple[str, str, str]:
    return call.host, call.method, call.template


def _which(call: Call) -> tuple:
    return call.host, call.method, call.path, tuple(call.query.items()), call.body


def _read_again(calls: list[Call]) -> set[int]:
    """Return which calls, from 1 on, read what an earlier one had read."""
    read = [call.method == "GET" and call.path for call in calls]
    return {place for place, path in enumerate(read, 1) if path and path in read[: place - 1]}
