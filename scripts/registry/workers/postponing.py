"""Modules that Keras, SciPy and scikit-learn import for what few ask for: run when somebody asks for something of them.

Together they would take a quarter of the seconds that Keras takes to begin, in each process that trains, and a fifth of
those that one takes to begin which judges.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

LATER = {
    "keras.wrappers", "keras._tf_keras.keras.wrappers",  # which take scikit-learn
    "matplotlib.pyplot", "numpy.f2py", "numpy.testing", "scipy.interpolate", "scipy.optimize",
}  # fmt: skip


def begin() -> None:
    """Postpone them in this process."""
    sys.meta_path.insert(0, _Finder)


class _Finder:
    """Finds these modules where Python does."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path, target) if name in LATER else None
        if found and found.loader:
            found.loader = _Later(found.loader)
        return found


class _Later(Loader):
    """Runs a module at the first name that it lacks; importlib's LazyLoader does when anybody lists all modules."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        def run(name: str) -> object:
            del module.__getattr__
            self._loader.exec_module(module)
            return getattr(module, name)

        module.__getattr__ = run
