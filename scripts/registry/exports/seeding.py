"""Whatever a model's code imports draws by its seed, and adds up in one order, however late it is imported."""

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np

THREADS = 1  # more share out the sums by their number, and some kernels then add in another order each time

Works = Mapping[str, Callable[[ModuleType], None]]


def fix_threads() -> None:
    """Let packages add up in one order, whatever the number of cores; they must not have computed anything before."""
    _now_or_later({"tensorflow": _fix_tensorflow, "torch": lambda torch: torch.set_num_threads(THREADS)})


def _fix_tensorflow(tensorflow: ModuleType) -> None:
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)


def settle(seed: int) -> None:
    """Make this process deterministic."""
    _now_or_later({"tensorflow": lambda tensorflow: tensorflow.config.experimental.enable_op_determinism()})
    sow(seed)


def sow(seed: int) -> None:
    """Let all that draws at random begin anew."""
    random.seed(seed)
    np.random.seed(seed)
    _now_or_later(
        {
            "tensorflow": lambda tensorflow: tensorflow.random.set_seed(seed),
            "keras": lambda keras: keras.utils.set_random_seed(seed),
            "torch": lambda torch: torch.manual_seed(seed),
        }
    )


def _now_or_later(works: Works) -> None:
    """Do what is to be done with packages: those that are imported now, all others as soon as they are."""
    for name, work in works.items():
        if name in sys.modules:
            work(sys.modules[name])
    if later := {name: work for name, work in works.items() if name not in sys.modules}:
        sys.meta_path.insert(0, _Finder(later))


class _Finder(MetaPathFinder):
    """Finds what others find, and does something with it once it is imported."""

    def __init__(self, works: Works) -> None:
        self._works = works

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to import one of the packages, None for any other."""
        if name not in self._works:
            return None
        others = sys.meta_path[sys.meta_path.index(self) + 1 :]
        spec = next(filter(None, (one.find_spec(name, path, target) for one in others)), None)
        if spec and spec.loader:
            spec.loader.exec_module = _followed(spec.loader.exec_module, self._works[name])
        return spec


def _followed(execute: Callable[[ModuleType], None], work: Callable[[ModuleType], None]) -> Callable:
    def executed(module: ModuleType) -> None:
        execute(module)
        work(module)

    return executed
