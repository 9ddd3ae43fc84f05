"""Verbs run in forks of the test's process, with everything imported already: a hundred runs take seconds.

A run can be given faults of the machine first, and be stopped by SIGKILL before any of its steps on the file system.
"""

import gc
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import jsonschema  # noqa: F401  what verbs import late is here before they fork
import registries
import rich.progress
import rich.table  # noqa: F401
from registries import IDENTITY
from servers import ROOT

from registry import console
from registry.formats import schemas

PYTHON, SCRIPTS = sys.executable, ROOT / "scripts"
LIMIT = 100  # seconds for a verb
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
STEPS = {
    "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate", "os.utime",
    "ctypes.dlsym",
}  # fmt: skip
# Git changes nothing then: a kill before it leaves what a kill before the next step leaves.
READS = {
    "cat-file", "check-attr", "check-ignore", "diff-tree", "for-each-ref", "ls-files", "ls-tree", "rev-list",
    "rev-parse",
}  # fmt: skip

for document in ("environment", "model", "pin", "release", "report"):
    schemas._compiled(document)


def verb(root: Path, name: str, *words: str, code: int = 0) -> str:
    """Run a verb as `registries.verb` does, in a fork: for tests that look at what it does, not at how it starts."""
    main = importlib.import_module(name).main
    status, said = run(root, partial(console.run, main), *words, first=_as_a_process)
    assert (status, "Traceback" in said) == (code, False), said
    return said


def run(
    folder: Path,
    main: Callable[[], object],
    *words: str,
    first: Callable[[], object] = int,
    alone: AbstractContextManager = nullcontext(),
) -> tuple[int, str]:
    """Run a verb's `main` in a folder, `first` before it; return its exit status and what it printed.

    `alone` keeps other threads of the test from working while it forks: the fork would inherit their locks for ever.
    """
    reading, writing = os.pipe()
    with alone:
        process = os.fork()
    if process == 0:
        os.close(reading)
        _become(folder, writing, main, words, first)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said


def _as_a_process() -> None:
    os.environ.clear()
    os.environ.update(registries.ENVIRONMENT)


def survives(folder: Path, main: Callable[[], object], *words: str, steps: int) -> bool:
    """Run a verb that is killed before its next step after so many; say whether it needed no more. It must not fail."""
    status, said = run(folder, main, *words, first=partial(signal_after, steps, signal.SIGKILL))
    assert status in (0, -signal.SIGKILL), said
    return status == 0


def _become(folder: Path, output: int, main: Callable[[], object], words: tuple, first: Callable[[], object]) -> None:
    code: object = 70
    gc.freeze()  # else the first collection copies all of the test's memory
    signal.alarm(LIMIT)  # a fork beside threads may inherit a lock that nobody frees
    try:
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
        os.environ.update(IDENTITY, GIT_COMMITTER_DATE="2026-01-01T00:00:00Z")
        sys.argv = ["verb", *words]
        sys.stdout = sys.stderr = os.fdopen(output, "w")
        first()
        main()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def signal_after(steps: int, number: int) -> None:
    """Let this process get a signal before its next step after so many."""
    left = steps

    def count() -> None:
        nonlocal left
        left -= 1
        if left == -1:
            os.kill(os.getpid(), number)

    before_each_step(count)


def before_each_step(act: Callable[[], object]) -> None:
    """Let this process act before each of its steps, with all other steps waiting; what it does then is none."""
    lock, is_acting = threading.RLock(), False

    def hear(event: str, arguments: tuple) -> None:
        nonlocal is_acting
        if not _is_step(event, arguments):
            return
        with lock:
            if not is_acting:
                is_acting = True
                act()
                is_acting = False

    sys.addaudithook(hear)


def _is_step(event: str, arguments: tuple) -> bool:
    if event == "open":
        return bool(arguments[2] & WRITING)
    if event == "subprocess.Popen":
        return READS.isdisjoint(arguments[1])
    return event in STEPS
