"""Trying checks.py of a model on its served model, by pytest, inside a process of its own. The one door to pytest."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from types import ModuleType

import numpy
import pytest

from registry.artifacts import archive, arrays, inference, runtime
from registry.artifacts.archive import Artifact
from registry.artifacts.arrays import Features
from registry.artifacts.runtime import Runtime
from registry.errors import one_line
from registry.examining.behaviour import ERROR, FAILED, FILE, PASSED, SKIPPED
from registry.exports import modelcode

MOST = 200
OPTIONS = (
    "-q", "-c", os.devnull, "-p", "no:cacheprovider", "--capture=no", "-o", f"python_files={FILE}",
    "-W", "error::pytest.PytestReturnNotNoneWarning",  # whoever returns what should hold forgot to assert it
)  # fmt: skip
SAID = (AssertionError, pytest.fail.Exception)  # what it says is all there is to know
WHERE = "\n +  where "  # in front of what pytest tells of where each value comes from, which the log has too


def attempt(folder: Path, place: str, tar: Path, artifact: Artifact, output: str | None, journal: Path) -> None:
    """Run the checks of a folder on a packed model, and tell a journal what happens."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with tempfile.TemporaryDirectory() as scratch, journal.open("a", buffering=1, encoding="utf-8") as file:
        with tar.open("rb") as stream:
            archive.unpack(stream, Path(scratch, "model"), artifact)
        served = runtime.load(Path(scratch, "model"))
        watch = Watch(folder, place, served, output, lambda **event: print(json.dumps(event), file=file))
        where = str(folder / FILE), f"--rootdir={folder}", f"--confcutdir={folder}"
        given = ModuleType("given")  # fixtures of what is no module or class live no longer than one test
        given.predict = pytest.fixture(scope="session", name="predict")(lambda: watch.ask)
        code = pytest.main([*OPTIONS, *where], [watch, given])
        watch.tell(code=int(code))


class Watch:
    """What pytest is told of a served model, and what is told of the checks that run on it."""

    def __init__(self, folder: Path, place: str, served: Runtime, output: str | None, tell: Callable) -> None:
        self._folder, self._place, self._served, self._output, self._tell = folder, place, served, output, tell
        self._process = os.getpid()
        self._found: dict[str, dict] = {}

    def tell(self, **event: object) -> None:
        """Write down what happened."""
        if os.getpid() != self._process:  # a copy of this process that a check forked and let go
            os._exit(1)
        self._tell(**event)

    def ask(self, features: Features) -> numpy.ndarray | inference.Arrays:
        """Return what the served model answers to features as load() returns them, a row for each.

        Of several outputs it is the one that is judged, or all by their names where none is named.
        """
        __tracebackhide__ = True
        named = {name: numpy.asarray(part) for name, part in arrays.parts(features).items()}
        try:
            given = inference.answers(self._served, named if isinstance(features, dict) else named[""])
        except ValueError as error:
            raise ValueError(str(error).replace("load() returns", "predict() got")) from None
        return given if len(given) > 1 and self._output is None else inference.judged(given, self._output)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note what there is to try."""
        if len(items) > MOST:
            self.tell(fault=f"has {len(items):,} checks, and {MOST} is the most; try fewer cases", line=0)
            items.clear()
        self.tell(found=[{"check": one.nodeid, "name": _name(one), "line": _line(one)} for one in items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note what is tried now."""
        self.tell(began=nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the worst of what comes of setting a check up, running it and clearing up behind it."""
        report = yield
        outcome = _outcome(report)
        known = self._found.get(item.nodeid, {"outcome": PASSED})["outcome"]
        if known in (PASSED, SKIPPED) and (outcome != PASSED or call.when == "call"):
            line, reason = (_line(item), "") if outcome == PASSED else self._reason(item, call, report)
            self._found[item.nodeid] = {"outcome": outcome, "line": line, "reason": reason}
        return report

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note what came of it."""
        self.tell(check=nodeid, **self._found[nodeid])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that the file leaves itself out."""
        if report.skipped:
            self.tell(fault="skips itself, so that nothing is checked; let one check run", line=0)

    def pytest_exception_interact(self, node: pytest.Collector | pytest.Item, call: pytest.CallInfo) -> None:
        """Note why the file can't be read."""
        if isinstance(node, pytest.Collector):
            error = call.excinfo.value.__cause__ or call.excinfo.value
            modelcode.leave(error, self._folder, self._place)
            line, text = self._at(error, 0, f"import: {_text(error)}")
            self.tell(fault=text, line=line)

    def _reason(self, item: pytest.Item, call: pytest.CallInfo, report: pytest.TestReport) -> tuple[int, str]:
        error = call.excinfo.value if call.excinfo else None
        if hasattr(report, "wasxfail"):
            text = f"must fail as yet: {report.wasxfail}".removesuffix(": ")
        else:
            text = _text(error) if error else "passed, and is marked as one that must fail"
        return self._at(error, _line(item), modelcode.shortened(text))

    def _at(self, error: BaseException | None, line: int, text: str) -> tuple[int, str]:
        """Return the line of checks.py at which an exception was raised, else another one, and a text.

        What was raised in another file of the model is told with that file and its line before the text.
        """
        places = modelcode.places(error, self._folder) if error else []
        own = [at for file, at in places if file == FILE]
        inner = f"{places[-1][0]}:{places[-1][1]}: " if places and places[-1][0] != FILE else ""
        return (own[-1] if own else line), f"{inner}{text}"


def _name(item: pytest.Item) -> str:
    return one_line(item.nodeid.partition("::")[2])


def _line(item: pytest.Item) -> int:
    return (item.location[1] or 0) + 1


def _outcome(report: pytest.TestReport) -> str:
    if report.failed:
        return FAILED if report.when == "call" else ERROR
    return SKIPPED if report.skipped else PASSED


def _text(error: BaseException) -> str:
    if isinstance(error, pytest.FixtureLookupError):
        return f"there is no {error.argname}; what a check is given is called predict, or is a fixture of its own file"
    if isinstance(error, SAID) and (told := modelcode.shortened(str(error).partition(WHERE)[0])):
        return told
    told = modelcode.explanation(error)
    return told if told and isinstance(error, pytest.skip.Exception) else f"{type(error).__name__}: {told}"
