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

# Each call gets over these, so that all calls of a run get one, each the first time that it is made: one call after the
# other the next of a row. What comes before the server acted is the same to a verb; of what comes after, each call gets
# two.
BEFORE, AFTER = ["429", "500", "reset-before"], ["502-after", "slow", "truncated", "reset-after"]
SURVIVED = [BEFORE, AFTER, [*AFTER[2:], *AFTER[:2]]]
# One call after the other gets the next of these. Of a read that is refused only what may not be seen and what is not
# there mean more than that.
REFUSED = ["401", "403", "404", "409", "422"]
UNREAD = ["403", "404", "401", "403", "404", "409", "403", "404", "422"]
_ports = [0]  # the last hub's: what redone.py copies names it


@contextmanager
def hub_of(root: Path, folder: Path, **facts: object) -> Iterator[Hub]:
    """Yield a hub that holds a repository's main; of one process all have the same address, where it is free."""
    try:
        made = Hub(folder, retry_after=0, port=_ports[0], **facts)
    except OSError:
        made = Hub(folder, retry_after=0, **facts)
    with made as hub:
        _ports[0] = int(hub.api_base.rpartition(":")[2])
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
        for kinds in SURVIVED:
            self._survive(kinds, calls)
        cases = [*_refusals(calls), *_altered(calls, _read_again(calls))]
        stopped = sum(self._strike(kind, place) for place, kind in cases)
        return f"{self.name}: {len(calls)} calls, {len(cases)} faults of one, {stopped} of them stopped it; {SURVIVED} of all"

    def die(self) -> str:
        """Kill it after each call that leaves more than the one before; return how many cases that made."""
        calls = self._calls()
        places = [*_leaving(calls)]
        for place in places:
            assert self._strike("kill", place) == -signal.SIGKILL
        return f"{self.name}: killed after {len(places)} of {len(calls)} calls, but not between two that only read"

    def _calls(self) -> list[Call]:
        """Run it undisturbed, and return its calls; they are held against GitHub's description this once."""
        self.reset()
        before = len(self.hub.calls.counted)
        self._succeed()
        self.hub.is_strict = False
        return self.hub.calls.counted[before:]

    def _is_first_try(self, calls: list[Call]) -> Callable[[Call], bool]:
        """Return what says of a call whether it is made for the first time, as often as it is in an undisturbed run."""
        log, wanted = self.hub.calls, Counter(map(_what, calls))
        start = len(log)

        def is_first(call: Call) -> bool:
            struck = Counter(_what(one) for one in log[start:] if one.fault)
            same = (one for one in reversed(log[start:-1]) if _which(one) == _which(call))
            is_retry = any(one.fault and one.fault != "slow" for one in islice(same, 1))
            return struck[_what(call)] < wanted[_what(call)] and not is_retry

        return is_first

    def _survive(self, kinds: list[str], calls: list[Call]) -> None:
        """Let one call after the other go wrong in the next of some ways, which it has to get over."""
        self.reset()
        is_first, faults = self._is_first_try(calls), []
        for place, kind in enumerate(kinds):

            def is_next(call: Call, place: int = place) -> bool:
                return sum(len(one.struck) for one in faults) % len(kinds) == place and is_first(call)

            faults.append(self.hub.faults.add(kind, when=is_next, times=len(calls)))
        self._end(0, f"{kinds} of all calls")
        struck = sum(len(one.struck) for one in faults)
        assert struck == len(calls), f"{kinds} struck {struck} of {len(calls)} calls"

    def _strike(self, kind: str, place: int) -> int:
        """Let one call go wrong."""
        self.reset()
        note = self.hub.root / "pid"
        fault = self.hub.faults.add(kind, call=self._last + place, pid=lambda: int(note.read_text()))
        worst = -signal.SIGKILL if kind == "kill" else 1
        code = self._end(worst, f"{kind} at call {place}", lambda: note.write_text(str(os.getpid())))
        assert len(fault.struck) == 1, f"{kind} at call {place} struck {len(fault.struck)} times"
        return code

    @property
    def _last(self) -> int:
        return self.hub.calls.counted[-1].number

    def _end(self, worst: int, what: str, first: Callable[[], object] = int) -> int:
        """Run it as faults are planned, to an end that is well or this one, and again after what was left."""
        before = self._last
        code, said = self.run(first=first)
        assert code in (0, worst), said
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
            raise AssertionError(f"after {what}, which ended with {code}: {said}") from error
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
        kind = next(unread if call.method == "GET" else refused)
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


def _leaving(calls: list[Call]) -> Iterator[int]:
    """Yield which calls, from 1 on, a kill may leave more after than after the one before.

    Those that change something, or bring the bytes of a file, and the last one before: between reads nothing is made.
    """
    is_made = [call.method != "GET" or call.host == "storage" for call in calls]
    for place, is_this_one in enumerate(is_made, 1):
        if is_this_one or is_made[place : place + 1] != [False]:
            yield place
