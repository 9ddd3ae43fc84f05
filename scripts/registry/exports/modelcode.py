"""data.py or model.py, run: imported from its folder, its faults told in its own lines and left in the log whole."""

import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from registry.errors import RegistryError, refuse
from registry.specs import requirements

LONGEST = 300
OWN = ("data.py", "model.py")  # what runs with a model's own packages
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

    def load(self, path: Path, inputs: dict[str, str]):
        """Return what load(path) returns; raise RegistryError, at its line, for what it raises."""
        with self.blamed("load"):
            return self._module.load(path, **{name: Path(place) for name, place in inputs.items()})

    def each(self, function: str, found: Iterator) -> Iterator:
        """Yield what an iterator gives that a function returned; raise RegistryError, at its line, for what it raises."""
        end = object()
        while True:
            with self.blamed(function):
                one = next(found, end)
            if one is end:
                return
            yield one

    def takes(self, function: str, argument: str) -> bool:
        """Say whether a function has an argument of this name."""
        found = getattr(self._module, function, None)
        return callable(found) and argument in inspect.signature(found).parameters

    def train(self, features, labels, arguments: dict):
        """Return what train() returns, which takes no labels where they are None; raise RegistryError for what it raises."""
        given = [features] if labels is None else [features, labels]
        with self.blamed("train"):
            return self._module.train(*given, **arguments)

    def call(self, function: str, *given):
        """Return what a function returns for as many of some arguments as it takes; raise RegistryError for what it raises."""
        with self.blamed(function):
            called = getattr(self._module, function)
            taken = [
                one for one in inspect.signature(called).parameters.values() if one.kind <= one.POSITIONAL_OR_KEYWORD
            ]
            return called(*given[: len(taken)])

    def fault(self, function: str, text: str) -> RegistryError:
        """Return the error for what a function gave back; what is raised with it meanwhile goes into the log."""
        if error := sys.exception():
            leave(error, self.folder, self.place)
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
        leave(error, self.folder, self.place)
        text = f"{type(error).__name__}: {explanation(error)}".removesuffix(": ")
        if isinstance(error, ModuleNotFoundError) and self.file in OWN:
            text += f"; name its package in {self.place}/{requirements.WANTED}, and run `{requirements.command(self.place)}`"
        file, line = (places(error, self.folder) or [(self.file, 0)])[-1]
        return refuse(f"{self.place}/{file}", text, line=line, field=function)


def places(error: BaseException, folder: Path) -> list[tuple[str, int]]:
    """Return where in the files of a folder an exception was raised, each with its line, the innermost last."""
    frames = [(one.filename, one.lineno) for one in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno or 0))
    return [(Path(file).relative_to(folder).as_posix(), line) for file, line in frames if _is_in(folder, file)]


def leave(error: BaseException, folder: Path, place: str) -> None:
    """Print an exception's traceback for its author: the lines of their own files first, then all, libraries' too.

    It goes where the process was told to print to, whatever the author's code made of `sys.stderr`.
    """
    own = traceback.format_list(_own(error, folder, place))
    first = ["In the model's own files:\n", *own, *traceback.format_exception_only(error), "\n"] if own else []
    with suppress(OSError):  # it was closed
        os.write(2, "".join([*first, *traceback.format_exception(error)]).encode("utf-8", "replace"))


def _own(error: BaseException, folder: Path, place: str) -> list[traceback.FrameSummary]:
    return [traceback.FrameSummary(one.filename.replace(str(folder), place, 1), one.lineno, one.name, line=one.line)
            for one in traceback.extract_tb(error.__traceback__) if _is_in(folder, one.filename)]  # fmt: skip


def _is_in(folder: Path, file: str) -> bool:
    return Path(file).is_relative_to(folder)


def explanation(error: BaseException) -> str:
    """Return what an exception says in one printable line, without the graph that TensorFlow tells with it."""
    try:
        lines = [line.strip() for line in COLOURS.sub("", str(error)).splitlines()]
    except Exception:  # even this is the author's code
        return ""
    return shortened(
        " ".join(" ".join(line for line in lines if not line.startswith(AROUND)).split()) or " ".join(lines)
    )


def shortened(text: str) -> str:
    """Return a text as it can stand in a problem: on one line, printable, not too long."""
    text = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
