"""data.py or model.py, run: imported from its folder, its faults told in its own lines."""

import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.errors import RegistryError, refuse

LONGEST = 300
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # Keras has them in what it says
AROUND = ("Graph execution error", "Detected at node", "File ", "[[", "Stack trace for", "Original stack trace")


class ModelCode:
    """A file of a model's own code: data.py with load(), or model.py with train()."""

    def __init__(self, folder: Path, place: str, file: str = "model.py") -> None:
        self.folder = folder
        self.place = place
        self.file = file
        self._process = os.getpid()
        sys.path.insert(0, str(folder))
        with self.blamed("import"):
            name = file.removesuffix(".py")
            spec = importlib.util.spec_from_file_location(name, folder / file)
            self._module = importlib.util.module_from_spec(spec)
            sys.modules[name] = self._module
            spec.loader.exec_module(self._module)

    def load(self, path: Path):
        """Return what load(path) returns; raise RegistryError, at its line, for what it raises."""
        with self.blamed("load"):
            return self._module.load(path)

    def train(self, features, labels, arguments: dict):
        """Return what train() returns; raise RegistryError, at its line, for what it raises."""
        with self.blamed("train"):
            return self._module.train(features, labels, **arguments)

    def fault(self, function: str, text: str) -> RegistryError:
        """Return the error for what a function gave back."""
        code = getattr(inspect.unwrap(getattr(self._module, function)), "__code__", None)
        line = code.co_firstlineno if code else 0
        return refuse(f"{self.place}/{self.file}", text, line=line, field=function)

    @contextmanager
    def blamed(self, function: str) -> Iterator[None]:
        """Tell whatever is raised in the block as a fault of one of its functions, at its line."""
        try:
            yield
        except BaseException as error:  # whatever it is, it ends the work, and its author wants to know where
            raise self._explain(function, error) from error
        finally:
            if os.getpid() != self._process:  # a copy of this process that the model's code forked and let go
                os._exit(1)

    def _explain(self, function: str, error: BaseException) -> RegistryError:
        text = f"{type(error).__name__}: {explanation(error)}".removesuffix(": ")
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if self._is_own(frame.filename)]
        if isinstance(error, SyntaxError) and error.filename and self._is_own(error.filename):
            return refuse(self._name(error.filename), text, line=error.lineno or 0, field=function)
        if not own:
            return refuse(f"{self.place}/{self.file}", text, field=function)
        return refuse(self._name(own[-1].filename), text, line=own[-1].lineno, field=function)

    def _is_own(self, filename: str) -> bool:
        return Path(filename).is_relative_to(self.folder)

    def _name(self, filename: str) -> str:
        return f"{self.place}/{Path(filename).relative_to(self.folder).as_posix()}"


def explanation(error: BaseException) -> str:
    """Return what an exception says in one printable line, without the graph that TensorFlow tells with it."""
    try:
        lines = [line.strip() for line in COLOURS.sub("", str(error)).splitlines()]
    except Exception:  # even this is the author's code
        return ""
    text = " ".join(" ".join(line for line in lines if not line.startswith(AROUND)).split()) or " ".join(lines)
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
