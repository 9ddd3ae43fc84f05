"""Processes that are kept to be copied, over several builds where they run no code of a model, which their copies do."""

import socket
import subprocess
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock

from registry.workers import quota
from registry.workers.forking import IMPORTS, Copy, Kept

# Run no code of a model: they last for the next one, and one that scores also judges.
LASTING = {"score": "judge", "judge": "judge", IMPORTS: IMPORTS}

Start = Callable[[socket.socket], subprocess.Popen | Copy]


def title(kind: str) -> str:
    """Return what a process is called that is kept for jobs of a kind."""
    return f"{LASTING.get(kind, kind)}-kept"


class Pool:
    """Kept processes, each found again by what it is of: its kind, its Python, and what it imports."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Kept] = {}
        self._died: list[Kept] = []

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pids(self) -> set[int]:
        """The processes, by their numbers."""
        return {kept.process.pid for kept in self._kept.values()}

    def find(self, key: Hashable, start: Callable[[], Kept]) -> Kept:
        """Return the process of a key, which is started where there is none, or none any more."""
        if key in self._kept and self._kept[key].process.poll() is not None:
            self._died.append(self._kept.pop(key))  # closed at the end: its copies would take that for the build's
        if key not in self._kept:
            self._kept[key] = start()
        return self._kept[key]

    def end(self) -> None:
        """End all of them."""
        for kept in self._kept.values():
            quota.end(kept.process)
            kept.process.wait()
        for kept in (*self._kept.values(), *self._died):
            kept.close()
        self._kept.clear()
        self._died.clear()


class Keeper:
    """What is kept for the jobs of one build, by their kinds: in a pool of its own, or in one that outlives it.

    `python` tells in which Python a kind runs. `start` begins a process of a kind: by its name, in a Python, with the
    socket for requests, and with modules to import. `place` tells of a copy, by kind and name, what Kept.copy() takes.
    """

    def __init__(
        self, pool: Pool | None, python: Callable[[str], Path], start: Callable[..., subprocess.Popen], place: Callable
    ) -> None:
        self._own = Pool()
        self._pool = pool or self._own
        self._python, self._start, self._place = python, start, place
        self._kept: dict[Hashable, Kept] = {}
        self._later: dict[str, Callable[[], Kept]] = {}
        self._finding = Lock()

    @property
    def lasting(self) -> set[int]:
        """The processes that outlive the build, by their numbers."""
        return self._pool.pids

    def keep(self, kind: str, modules: tuple[str, ...], beneath: tuple[str, ...]) -> None:
        """Let a process import some modules for jobs of a kind, or be a copy of one that imports those beneath them."""
        with self._finding:
            if kind in self._kept or kind in self._later:
                return
            self._later[kind] = partial(self._begun, kind, modules, beneath)
            if beneath:
                self._beneath(kind, beneath)
            else:
                self._found(kind)

    def found(self, kind: str) -> Kept | None:
        """Return the process that is kept for a kind, None where none is to be."""
        with self._finding:
            return self._found(kind)

    def give_up(self) -> None:
        """End all that import still."""
        for kept in [*self._kept.values()]:
            kept.give_up()

    def end(self) -> None:
        """End all but those of a pool that is given, where they can make copies."""
        self.give_up()
        self._own.end()
        self._kept.clear()
        self._later.clear()

    def _found(self, kind: str) -> Kept | None:
        if later := self._later.pop(kind, None):
            self._kept[kind] = later()
        return self._kept.get(kind)

    def _begun(self, kind: str, modules: tuple[str, ...], beneath: tuple[str, ...]) -> Kept:
        python, pool = self._python(kind), self._pool if kind in LASTING else self._own

        def start(requests: socket.socket) -> subprocess.Popen | Copy:
            copy = self._copied(kind, modules, self._beneath(kind, beneath), requests) if beneath else None
            return copy or self._start(kind, title(kind), python, requests, (*beneath, *modules))

        return self._asked(pool, kind, (python, beneath, modules), start)

    def _beneath(self, kind: str, modules: tuple[str, ...]) -> Kept:
        """Return the process of which that of a kind is a copy."""
        python = self._python(kind)

        def start(requests: socket.socket) -> subprocess.Popen:
            return self._start(IMPORTS, title(IMPORTS), python, requests, modules)

        self._kept[python, modules] = kept = self._asked(self._pool, IMPORTS, (python, modules), start)
        return kept

    def _asked(self, pool: Pool, kind: str, key: tuple, start: Start) -> Kept:
        def started() -> Kept:
            ours, theirs = socket.socketpair()
            with theirs:
                return Kept(start(theirs), ours, self._place(kind, title(kind))[1])

        return pool.find((title(kind), *key), started)

    def _copied(self, kind: str, modules: tuple[str, ...], imports: Kept, requests: socket.socket) -> Copy | None:
        """Return a copy that is to be kept in its turn, None where there can't be one."""
        with suppress(ChildProcessError):  # a process that imports all by itself tells why that can't be
            return imports.copy({"kind": kind, "modules": modules}, *self._place(kind, title(kind)), requests)
