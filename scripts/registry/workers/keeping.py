"""Processes that are kept to be copied, over several builds where they run no code of a model, which their copies do."""

from collections.abc import Callable, Hashable

from registry.workers import quota
from registry.workers.forking import Kept


class Pool:
    """Kept processes, each found again by what it is of: its kind, its Python, and what it imports."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Kept] = {}

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
            self._kept.pop(key).close()
        if key not in self._kept:
            self._kept[key] = start()
        return self._kept[key]

    def end(self) -> None:
        """End all of them."""
        for kept in self._kept.values():
            quota.end(kept.process)
            kept.process.wait()
            kept.close()
        self._kept.clear()
